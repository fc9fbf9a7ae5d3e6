"""Whole ingest through the public way: the 37 real filings from PDF to searchable, pages per second and peak memory.

Memory is what all processes of the ingest hold together, sampled ten times a second: PSS where the system tells it
(pages that processes share count once), else RSS. A fresh process per measurement, model loading and index building
included.

    python bench/ingest.py [--quick]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("HOMEGROUND_DATA", ROOT.parent / "shared" / "data"))
PDFS = DATA / "financebench-dev" / "pdfs"
QUICK = 5
SAMPLE_S = 0.1


def ingest(folder: Path, workspace: Path) -> None:
    """Runs in a process of its own: reports as one JSON line."""
    from homeground import Workspace

    began = time.perf_counter()
    with Workspace.create(workspace) as made:
        report = made.add(folder)
        seconds = time.perf_counter() - began
        again = made.sync()
    spent = os.times()  # that of the reading processes, which have ended, too
    figures = {"seconds": seconds, "resync_s": again.seconds, "unread": len(report.unread)}
    figures["cpu_s"] = spent.user + spent.system + spent.children_user + spent.children_system
    print(json.dumps(figures | {"documents": report.added, "pages": report.pages, "passages": report.passages}))


class Memory:
    """The most that a process and its descendants held together, in bytes."""

    def __init__(self, pid: int) -> None:
        self.pid, self.peak, self.main = pid, 0, 0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._done = threading.Event()

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_S):
            held = [_held(pid) for pid in _family(self.pid)]
            self.peak = max(self.peak, sum(held))
            self.main = max(self.main, held[0] if held else 0)


def _family(pid: int) -> list[int]:
    """A process and all below it, itself first."""
    below: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            below.setdefault(parent, []).append(int(entry.name))
    family = [pid]
    for each in family:
        family.extend(below.get(each, ()))
    return family


def _held(pid: int) -> int:
    for name, field in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            lines = (Path("/proc") / str(pid) / name).read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith(field):
                return int(line.split()[1]) * 1024
    return 0


def measure(pdfs: list[Path]) -> dict[str, float]:
    """One fresh ingest of these files."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "filings"
        folder.mkdir()
        for pdf in pdfs:
            (folder / pdf.name).write_bytes(pdf.read_bytes())
        command = [sys.executable, __file__, "--child", str(folder), str(Path(scratch) / "workspace")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child, Memory(child.pid) as memory:
            said, _ = child.communicate()
        if child.returncode:
            sys.exit("the ingest failed")
        figures: dict[str, float] = json.loads(said.splitlines()[-1])
    pages = figures["pages"] / figures["seconds"]
    rates = {"pages_per_s": round(pages, 1), "passages_per_s": round(figures["passages"] / figures["seconds"], 1)}
    peaks = {"peak_gb": round(memory.peak / 1e9, 2), "peak_main_gb": round(memory.main / 1e9, 2)}
    return {key: round(value, 2) for key, value in figures.items()} | rates | peaks


def main() -> None:
    """Measure, print the table and the figures."""
    parser = argparse.ArgumentParser(description="whole ingest of real filings")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} filings only")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        ingest(*map(Path, options.child))
        return
    pdfs = sorted(PDFS.glob("*.pdf"))
    if not pdfs:
        sys.exit(f"no PDFs in {PDFS}: set HOMEGROUND_DATA")
    figures = measure(pdfs[:QUICK] if options.quick else pdfs)
    for key, value in figures.items():
        print(f"{key:<16}{value:>10}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
