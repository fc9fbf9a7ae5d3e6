"""Does the page with the evidence come back? Questions over company filings, all filings in one index, the public way.

Every filing is added to one workspace; each question is searched by `Workspace.search`; its hits are taken as pages in
their order. page_at_k is the share of questions with an evidence page among the first k distinct pages. Each leg alone
and their plain reciprocal rank fusion (Cormack et al. 2009) are taken from the same index in the same run.

Defaults were chosen on the questions about half of the companies (drawn with a fixed seed); the other half is reported.
The set may be used to measure only.

    python bench/filings.py            all filings (minutes for the first run; the workspace is kept in bench/.cache)
    python bench/filings.py --quick    the filings of a few companies
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from homeground import Principal, Workspace
from homeground.access.policy import scope_of
from homeground.index.analyser import analyse
from homeground.index.contract import Row
from homeground.index.lance import LanceIndex
from homeground.ingest.rebuild import made

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("HOMEGROUND_DATA", ROOT / ".." / "shared" / "data")) / "financebench-dev"
CACHE = ROOT / "bench" / ".cache"
ME = Principal("bench")
DEPTHS = (1, 5, 10, 20)
PASSAGES = 200  # fetched, so that twenty distinct pages are among them
QUICK_COMPANIES = 4

Page = tuple[str, int]


@dataclass(frozen=True)
class Question:
    """A question, the company it is about, and the pages that hold its evidence."""

    text: str
    company: str
    evidence: frozenset[Page]


@dataclass(frozen=True)
class Line:
    """A line of the table: which questions found their page by which rank."""

    name: str
    ranks: np.ndarray

    def shares(self, chosen: np.ndarray) -> list[float]:
        """page_at_k for each depth, over the chosen questions."""
        return [float((self.ranks[chosen] <= depth).mean()) if chosen.any() else 0.0 for depth in DEPTHS]


def questions_of(companies: int | None) -> list[Question]:
    """The questions about the first `companies` of a shuffled list; all for None. Our pages count from 1."""
    lines = [json.loads(line) for line in (DATA / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    kept = set(shuffled({each["company"] for each in lines})[:companies])
    return [
        Question(
            each["question"],
            each["company"],
            frozenset((one["document"], one["page_index"] + 1) for one in each["evidence"]),
        )
        for each in lines
        if each["company"] in kept
    ]


def shuffled(companies: Iterable[str]) -> list[str]:
    """The companies in an order that is the same each time."""
    ordered = sorted(companies)
    random.Random(13).shuffle(ordered)
    return ordered


def workspace_over(files: list[Path]) -> Workspace:
    """A workspace over `files`, kept by their content and by the code that reads and embeds them."""
    digest = hashlib.sha256()
    for file in [*files, *sorted((ROOT / "src" / "homeground").rglob("*.py"))]:
        if "retrieve" not in file.parts and "answer" not in file.parts and "cli" not in file.parts:
            digest.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    home = CACHE / f"filings-{digest.hexdigest()[:16]}"
    if (home / "done").exists():
        return Workspace.open(home / "workspace")
    for old in CACHE.glob(f"filings-*-{len(files)}"):
        shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)
    shelf = home / "filings"
    shelf.mkdir(parents=True)
    for file in files:
        shutil.copyfile(file, shelf / file.name)
    workspace = Workspace.create(home / "workspace")
    report = workspace.add(shelf)
    print(f"read {report.pages:,} pages, {report.passages:,} passages in {report.seconds:.0f} s")
    (home / "done").touch()
    return workspace


# -- Ranking pages ------------------------------------------------------------------------------


def rank_of(question: Question, pages: Iterable[Page]) -> float:
    """The rank of the first evidence page among the distinct pages; infinite when it is not among them."""
    distinct = list(dict.fromkeys(pages))
    return next((at for at, page in enumerate(distinct, 1) if page in question.evidence), float("inf"))


def by_homeground(workspace: Workspace) -> Callable[[Question], list[Page]]:
    """The pages of the hits, in the order of the hits."""
    return lambda asked: [
        (Path(hit.document).stem, hit.page) for hit in workspace.search(asked.text, ME, limit=PASSAGES)
    ]


def by_legs(workspace: Workspace) -> dict[str, Callable[[Question], list[Page]]]:
    """Each leg of the index alone, and their reciprocal rank fusion."""
    now = made(workspace.catalogue)
    if now is None:
        raise SystemExit("nothing was read")
    index = LanceIndex.open(str(workspace.folder / ".homeground" / now.name), now.dimension)
    scope = scope_of(ME, workspace.catalogue, None)
    names = workspace.catalogue.names(scope.access)

    def lexical(asked: Question) -> list[Row]:
        terms = sorted(set(analyse(asked.text)))
        return index.read(lambda snapshot: snapshot.rows(snapshot.lexical(terms, scope, PASSAGES)))

    def dense(asked: Question) -> list[Row]:
        vector = workspace.parts.encoder.encode([asked.text])[0]
        return index.read(lambda snapshot: snapshot.rows(snapshot.dense(vector, scope, PASSAGES)))

    def fused(asked: Question) -> list[Row]:
        scores: dict[tuple[int, int], float] = {}
        rows: dict[tuple[int, int], Row] = {}
        for leg in (lexical(asked), dense(asked)):
            for rank, row in enumerate(leg, 1):
                key = row.document, row.ordinal
                rows[key] = row
                scores[key] = scores.get(key, 0.0) + 1 / (60 + rank)
        return [rows[key] for key in sorted(scores, key=lambda key: -scores[key])]

    def pages(leg: Callable[[Question], list[Row]]) -> Callable[[Question], list[Page]]:
        return lambda asked: [(Path(names[row.document].name).stem, row.page) for row in leg(asked)]

    return {"BM25": pages(lexical), "dense": pages(dense), "rank fusion": pages(fused)}


# -- Showing ------------------------------------------------------------------------------------


def show(lines: list[Line], questions: list[Question]) -> dict[str, float]:
    """Prints the table; the figures of the last line, for the whole and for the reported half."""
    chosen_on = set(shuffled({question.company for question in questions})[::2])
    choosing = np.array([question.company in chosen_on for question in questions])
    parts = {"whole": np.ones(len(questions), bool), "choosing half": choosing, "reported half": ~choosing}
    print(f"{'':14}" + "".join(f"{name + f' ({int(kept.sum())})':>28}" for name, kept in parts.items()))
    print(f"{'page at':14}" + "".join(f"{depth:>{13 if depth == 1 else 5}}" for _ in parts for depth in DEPTHS))
    for line in lines:
        shown = (
            f"{share:>{13 if at == 0 else 5}.2f}" for kept in parts.values() for at, share in _numbered(line, kept)
        )
        print(f"{line.name:14}" + "".join(shown))
    best = lines[-1]
    figures = {f"page_at_{depth}": share for depth, share in zip(DEPTHS, best.shares(parts["whole"]), strict=True)}
    reported = best.shares(parts["reported half"])
    return figures | {f"page_at_{d}_reported_half": s for d, s in zip(DEPTHS, reported, strict=True)}


def _numbered(line: Line, kept: np.ndarray) -> Iterable[tuple[int, float]]:
    return enumerate(line.shares(kept))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the filings of a few companies only")
    quick = parser.parse_args().quick
    questions = questions_of(QUICK_COMPANIES if quick else None)
    needed = {document for question in questions for document, _ in question.evidence}
    files = sorted(file for file in (DATA / "pdfs").glob("*.pdf") if not quick or file.stem in needed)
    with workspace_over(files) as workspace:
        ways = by_legs(workspace) | {"homeground": by_homeground(workspace)}
        lines = [Line(name, np.array([rank_of(one, way(one)) for one in questions])) for name, way in ways.items()]
        started = time.perf_counter()
        for question in questions:
            workspace.search(question.text, ME, limit=10)
        milliseconds = (time.perf_counter() - started) / len(questions) * 1000
        print(f"{len(files)} filings, {len(questions)} questions, {milliseconds:.0f} ms a search\n")
        figures = show(lines, questions)
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
