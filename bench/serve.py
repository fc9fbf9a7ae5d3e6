"""The service over HTTP: how long questions and searches take with 1, 8 and 64 clients, memory, a sync under load.

A handbook is served by `homeground serve` to eight people with tokens; the clients are another process. Questions are
those of the dev sets, each asked once, so that nothing that was kept flatters. While the eight keep asking, the filings
are read; documents that were changed before, and are deleted meanwhile, must not be answered from.

    python bench/serve.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from served import Served, start, until_ready

from homeground import Workspace

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("HOMEGROUND_DATA", ROOT.parent / "shared" / "data"))
HANDBOOK = DATA / "handbooks" / "sourcegraph"
SETS = ("retrieval/scifact", "retrieval/cranfield", "retrieval/cisi", "retrieval/hotpotqa-small")
PARTS = ("ask", "search", "memory", "sync", "restart")
PEOPLE = 8
LOCKERS = 12
CODE = re.compile(r"\b(?:old|new)code\d+\b")


@dataclass(frozen=True)
class Size:
    """How much is done."""

    files: int  # of the handbook
    asks: dict[int, int]  # clients → questions
    searches: dict[int, int]
    requests: int  # of a mixed kind, over which memory is watched
    filings: int


QUICK = Size(60, {1: 10, 8: 48, 64: 64}, {1: 20, 8: 40, 64: 64}, 200, 4)
WHOLE = Size(2_000, {1: 100, 8: 400, 64: 512}, {1: 200, 8: 400, 64: 512}, 10_000, 99)


# -- The workspace ---------------------------------------------------------------------------------


@contextmanager
def service(folder: Path, tokens: Sequence[str]) -> Iterator[Served]:
    """The service, ready; ended at the end."""
    served = start(folder, tokens)
    try:
        until_ready(served)
        yield served
    finally:
        served.process.send_signal(signal.SIGTERM)
        served.process.wait(60)


def build(folder: Path, size: Size, asks: int) -> list[str]:
    """A workspace with the handbook and the lockers, read, and people; returns their tokens, the owner's first."""
    files = folder / "files"
    for path in sorted(HANDBOOK.rglob("*.md"))[: size.files]:
        target = files / path.relative_to(HANDBOOK)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    for number in range(LOCKERS):
        write_locker(files, number, "old")
    with Workspace.create(folder) as workspace:
        workspace.add(files)
        tokens = []
        for number in range(PEOPLE):
            role = "owner" if number == 0 else "reader"
            workspace.people.add(f"person{number}", role=role)
            permissions = ("read", "write", "admin") if number == 0 else ("read",)
            tokens.append(workspace.tokens.create(f"person{number}", "bench", permissions)[1])
    settings = folder / "homeground.toml"
    settings.write_text(settings.read_text().replace("[serve]\n", f"[serve]\nrate_per_minute = 0\nasks = {asks}\n"))
    return tokens


def write_locker(files: Path, number: int, age: str) -> None:
    """A document that says one code of one locker."""
    files.joinpath("lockers").mkdir(parents=True, exist_ok=True)
    text = f"# Locker {number}\n\nThe code of locker number {number} is {age}code{number}.\n"
    files.joinpath("lockers", f"locker-{number}.md").write_text(text)


def questions() -> list[str]:
    """Distinct questions of the dev sets."""
    lines = (DATA / "financebench-dev" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line)["question"] for line in lines]
    for name in SETS:
        lines = (DATA / name / "queries.jsonl").read_text(encoding="utf-8").splitlines()
        found += [json.loads(line)["text"] for line in lines]
    order = np.random.default_rng(0).permutation(len(found))
    return list(dict.fromkeys(found[at][:2000] for at in order))


# -- What is out of date --------------------------------------------------------------------------


class Watch:
    """Asks for codes of lockers while a job runs, deletes lockers meanwhile, and counts answers that were out of date.

    The first half of the lockers was changed on disk before the job; of the rest one after the other is deleted.
    """

    def __init__(self, served: Served) -> None:
        self._served = served
        self._gone: set[int] = set()
        self._renewed: set[int] = set()
        self.stale = self.asked = 0

    def run(self, job: str) -> None:
        """Until the job has ended, and once round after that."""
        state, at = "queued", 0
        while state in ("queued", "running"):
            self._ask(at % LOCKERS)
            at += 1
            if at % 4 == 0 and len(self._gone) < LOCKERS // 2:
                self._delete(LOCKERS // 2 + len(self._gone))
            state = self._served.call("GET", f"/api/jobs/{job}")[1]["state"]
        assert state == "done", state
        self._renewed |= set(range(LOCKERS // 2))
        for number in range(LOCKERS):
            self._ask(number)

    def _ask(self, number: int) -> None:
        gone, renewed = number in self._gone, number in self._renewed
        status, answer = self._served.call("POST", "/api/ask", {"question": f"What is the code of locker {number}?"})
        if status != 200:
            return
        self.asked += 1
        said = set(CODE.findall(json.dumps(answer)))
        self.stale += (gone and bool(said & {f"oldcode{number}", f"newcode{number}"})) or (
            renewed and f"oldcode{number}" in said
        )
        if f"newcode{number}" in said:
            self._renewed.add(number)

    def _delete(self, number: int) -> None:
        status, _ = self._served.call("DELETE", f"/api/document?name=files/lockers/locker-{number}.md")
        if status == 200:
            self._gone.add(number)


# -- Measuring ----------------------------------------------------------------------------------


class Bench:
    """Measures, and keeps the figures."""

    def __init__(self, served: Served, size: Size) -> None:
        self.served, self.size = served, size
        self.figures: dict[str, float] = {"load_at_start": round(os.getloadavg()[0], 2)}
        self._questions = questions()
        self._at = 0

    def some(self, count: int, path: str = "/api/ask") -> list[Any]:
        """The next questions as requests."""
        found = [self._questions[(self._at + at) % len(self._questions)] for at in range(count)]
        self._at += count
        return [["POST", path, {"question": each}] for each in found]

    def warm(self) -> None:
        """Enough questions to have everything in its place."""
        self.served.taken(self.served.clients(4, self.some(24)))

    def ask(self) -> None:
        """Questions of one client, of some and of many."""
        for clients, count in self.size.asks.items():
            self._time(f"ask_{clients}", clients, self.some(count))

    def search(self) -> None:
        """Searches likewise."""
        for clients, count in self.size.searches.items():
            self._time(f"search_{clients}", clients, self.some(count, "/api/search"))

    def _time(self, name: str, clients: int, requests: Sequence[Any]) -> None:
        began, used = time.perf_counter(), self.served.cpu_s()
        taken = self.served.taken(self.served.clients(clients, requests))
        self._row(name, taken, time.perf_counter() - began)
        each = (self.served.cpu_s() - used) / len(taken) * 1000
        print(f"{'':14} {each:6.0f} ms of processor time each", flush=True)

    def _row(self, name: str, taken: Sequence[tuple[float, float, int]], seconds: float) -> None:
        good = [ms for _, ms, status in taken if status == 200]
        p50, p95 = np.percentile(good, [50, 95])
        busy = sum(status == 429 for _, _, status in taken)
        rate = len(good) / seconds
        print(
            f"{name:14} p50 {p50:7.0f} ms   p95 {p95:7.0f} ms   {rate:6.1f} /s   {busy} told to come back", flush=True
        )
        what, _, clients = name.rpartition("_")
        for key, value in (("p50_ms", p50), ("p95_ms", p95), ("per_s", rate)):
            self.figures[f"{what}_{key}_{clients}"] = round(float(value), 1)

    def memory(self) -> None:
        """Memory over many requests of a mixed kind, after a tenth of them."""
        kinds = [self.some(1), *(self.some(1, "/api/search") for _ in range(3)), [["GET", "/api/documents", None]]]
        rounds = [each for _ in range(self.size.requests // 5) for each in self._round(len(kinds))]
        first = len(rounds) // 10
        self.served.taken(self.served.clients(8, rounds[:first]))
        before = self.served.memory_mb()
        self.served.taken(self.served.clients(8, rounds[first:]))
        grown = self.served.memory_mb() - before
        print(f"memory         {before:.0f} MB, {grown:+.1f} MB over {len(rounds) - first:,} requests", flush=True)
        self.figures |= {"rss_mb": round(before, 1), "rss_growth_mb": round(grown, 1)}

    def _round(self, count: int) -> list[Any]:
        return [*self.some(1), *self.some(count - 2, "/api/search"), ["GET", "/api/documents?limit=20", None]]

    def sync(self) -> None:
        """The filings are read while eight ask; what was changed and deleted is asked for as well."""
        if "ask_p95_ms_8" not in self.figures:
            self._time("ask_8", 8, self.some(self.size.asks[8]))
        files, filings = self.served.folder / "files", self.served.folder / "filings"
        filings.mkdir()
        pdfs = sorted((DATA / "financebench-dev" / "pdfs").glob("*.pdf"), key=lambda path: path.stat().st_size)
        for path in pdfs[: self.size.filings]:
            shutil.copyfile(path, filings / path.name)
        for number in range(LOCKERS // 2):
            write_locker(files, number, "new")
        process = self.served.clients(8, self.some(2_000), endless=True)
        status, job = self.served.call("POST", "/api/sources", {"path": str(filings), "name": "filings"})
        assert status == 202, job
        watch, began = Watch(self.served), time.time()
        watch.run(job["id"])
        ended = time.time()
        taken = [each for each in self.served.taken(process) if began <= each[0] and each[0] + each[1] / 1e3 <= ended]
        self._row("sync_8", taken, ended - began)
        ratio = self.figures["sync_p95_ms_8"] / self.figures["ask_p95_ms_8"]
        print(f"sync           {ended - began:.0f} s, p95 {ratio:.1f} times idle, {watch.stale} stale answers")
        self.figures |= {"sync_s": round(ended - began, 1), "sync_p95_ratio": round(ratio, 2), "stale": watch.stale}

    def restart(self) -> None:
        """Seconds from the start of a server whose predecessor was killed, until it answers questions."""
        self.served.process.kill()
        self.served.process.wait()
        began = time.perf_counter()
        again = start(self.served.folder, self.served.tokens)
        self.served.process, self.served.url = again.process, again.url
        until_ready(self.served)
        self.figures["restart_s"] = round(time.perf_counter() - began, 2)
        print(f"restart        {self.figures['restart_s']:.2f} s after kill -9", flush=True)


def main() -> None:
    """Prints a table, and the figures as one JSON object on the last line."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="a small workspace, and less of everything")
    arguments.add_argument("--only", default="", help=f"of {', '.join(PARTS)}: those, with commas")
    arguments.add_argument("--asks", type=int, default=0, help="questions that are worked on at once")
    given = arguments.parse_args()
    size = QUICK if given.quick else WHOLE
    wanted = given.only.split(",") if given.only else PARTS
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        tokens = build(folder, size, given.asks)
        with service(folder, tokens) as served:
            bench = Bench(served, size)
            bench.warm()
            for each in PARTS:
                if each in wanted:
                    getattr(bench, each)()
            bench.figures["errors"] = served.errors
    print(json.dumps(bench.figures))


if __name__ == "__main__":
    main()
