"""How long a search takes at 20,000 and 200,000 passages, an answer in a warm process, and the first answer of all.

The passages are real: pages of the filings, read, cut and embedded by homeground itself, then copied with other digits
and jittered vectors until there are enough. They go into catalogue and index by the same commit that a sync uses. A
third of the documents is hidden from the one who asks, whose questions are FinanceBench's.

    python bench/latency.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homeground import Principal, Workspace
from homeground.catalogue import NewRevision, Stamp, TermCounts
from homeground.catalogue.records import Source
from homeground.ingest.batch import Cut, Entry, commit, count_terms, cut_document
from homeground.ingest.parse import parse
from homeground.ingest.plan import Job
from homeground.ingest.rebuild import Made, recipe
from homeground.ingest.sources import add_source
from homeground.ingest.survey import Found
from homeground.ingest.walk import File

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("HOMEGROUND_DATA", ROOT.parent / "shared" / "data")) / "financebench-dev"
ME = Principal("bench")
JITTER = 0.3  # length of the noise added to vectors of length 1
BATCH = 4_000
STARTS = 7


@dataclass(frozen=True)
class Real:
    """A document as it was read, and its vectors (passages, dimension)."""

    name: str
    cut: Cut
    vectors: NDArray[np.float32]


# -- Building ---------------------------------------------------------------------------------------


def real_documents(workspace: Workspace, pages: int) -> list[Real]:
    """The first `pages` pages of each filing."""
    settings, cuts = workspace.settings.ingest, {}
    for path in sorted((DATA / "pdfs").glob("*.pdf")):
        parsed = parse(path, settings)
        parsed = replace(parsed, pages=parsed.pages[:pages])
        revision = NewRevision(0, "", Stamp(), "bench", parsed, TermCounts())
        cuts[path.name] = cut_document(revision, 0, 0, path.name, settings)
    vectors = workspace.parts.encoder.encode([text for cut in cuts.values() for text in cut.texts])
    ends = np.cumsum([len(cut.texts) for cut in cuts.values()])[:-1]
    return [Real(name, cut, some) for (name, cut), some in zip(cuts.items(), np.split(vectors, ends), strict=True)]


def copy_of(real: Real, number: int, source: Source, rng: np.random.Generator) -> tuple[Entry, NDArray[np.float32]]:
    """The document with every digit moved on by one to nine, and vectors nearby; number 0 is the original."""
    move = str.maketrans("0123456789", "".join(str((digit + number) % 10) for digit in range(10)))
    parsed = real.cut.revision.parsed
    assert parsed is not None
    pages = tuple(replace(page, text=page.text.translate(move)) for page in parsed.pages)
    terms = tuple(tuple(term.translate(move) for term in passage) for passage in real.cut.terms)
    passages = tuple(replace(each, text=each.text.translate(move)) for each in real.cut.passages)
    revision = replace(
        real.cut.revision,
        sha256=f"{number:064x}",
        parsed=replace(parsed, pages=pages),
        terms=count_terms(terms),
    )
    name = f"{source.name}/{number}/{real.name}"
    path = f"{number}/{real.name}".encode()
    job = Job(Found(source.id, path, name, File(name, Path(name), name, 0, 0, 0, 0)))
    noise = rng.standard_normal(real.vectors.shape).astype(np.float32) * np.float32(
        JITTER * bool(number) / real.vectors.shape[1] ** 0.5
    )
    vectors = real.vectors + noise
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Entry(job, Cut(revision, source.id, source.access, passages, real.cut.texts, terms)), vectors


def copies(
    documents: Sequence[Real], sources: Sequence[Source], passages: int
) -> Iterator[tuple[Entry, NDArray[np.float32]]]:
    """Whole documents, together `passages` passages at least; every third document goes to the last source."""
    rng = np.random.default_rng(0)
    made = number = 0
    while True:
        for at, real in enumerate(documents):
            yield copy_of(real, number, sources[-1] if (at + number) % 3 == 0 else sources[0], rng)
            made += len(real.cut.passages)
            if made >= passages:
                return
        number += 1


def fill(workspace: Workspace, documents: Sequence[Real], passages: int) -> None:
    """Makes `passages` passages true, in the batches of a large sync."""
    folder, catalogue, home = workspace.folder, workspace.catalogue, workspace.folder / ".homeground"
    for name in ("open", "board"):
        (folder / name).mkdir()
    sources = [
        add_source(catalogue, home, str(folder / "open"), name="open"),
        add_source(catalogue, home, str(folder / "board"), name="board", grants=("group:board",)),
    ]
    encoder = workspace.parts.encoder
    now = Made("passages-1", encoder.digest, encoder.dimension, recipe(encoder, workspace.settings.ingest))
    catalogue.set(**now.facts())
    index = workspace.parts.index()
    batch: list[tuple[Entry, NDArray[np.float32]]] = []
    for one in copies(documents, sources, passages):
        batch.append(one)
        if sum(len(vectors) for _, vectors in batch) >= BATCH:
            commit(catalogue, index, [entry for entry, _ in batch], [vectors for _, vectors in batch])
            batch = []
    if batch:
        commit(catalogue, index, [entry for entry, _ in batch], [vectors for _, vectors in batch])
    index.maintain()
    catalogue.set(index_version=str(index.version), synced_at="now")


# -- Measuring --------------------------------------------------------------------------------------


def milliseconds(work: Callable[[str], object], questions: Sequence[str]) -> NDArray[np.float64]:
    """What each question took, asked once: no row that it finds was kept for itself."""
    taken = []
    for question in questions:
        began = time.perf_counter()
        work(question)
        taken.append((time.perf_counter() - began) * 1000)
    return np.array(taken)


def first_answers(folder: Path, question: str, starts: int) -> list[float]:
    """Seconds of `homeground ask` as a process, from its start to its end."""
    taken = []
    for _ in range(starts):
        began = time.perf_counter()
        command = [sys.executable, "-m", "homeground", "ask", "--json", "--workspace", str(folder), question]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - began)
    return taken


def measure(folder: Path, passages: int, pages: int, questions: Sequence[str], starts: int) -> dict[str, float]:
    """Builds a workspace, asks, and prints the rows of the table: a third of the questions each to warm up, to time
    searches, and to time answers."""
    figures: dict[str, float] = {}
    with Workspace.create(folder) as workspace:
        began = time.perf_counter()
        fill(workspace, real_documents(workspace, pages), passages)
        built = time.perf_counter() - began
        visible, everything = workspace.status(ME).passages, workspace.parts.index().count()
        print(f"{everything:,} passages, {visible:,} of them visible; built in {built:.0f} s", flush=True)
        milliseconds(lambda question: workspace.ask(question, ME), questions[::3])
        found = milliseconds(lambda question: workspace.search(question, ME), questions[1::3])
        figures |= figure(f"search_{passages}", found)
        if starts:
            figures |= figure("ask", milliseconds(lambda question: workspace.ask(question, ME), questions[2::3]))
    if starts:
        cold = first_answers(folder, questions[0], starts)
        figures |= {"cold_start_s": float(np.median(cold)), "cold_start_best_s": min(cold)}
        print(f"{'cold start of ask':24}  median {np.median(cold):7.2f} s    best {min(cold):7.2f} s")
    return figures


def figure(name: str, taken: NDArray[np.float64]) -> dict[str, float]:
    """Prints one row; returns p50 and p95."""
    p50, p95 = np.percentile(taken, [50, 95])
    print(f"{name:24}  p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   best {taken.min():7.1f} ms", flush=True)
    return {f"{name}_p50_ms": round(float(p50), 1), f"{name}_p95_ms": round(float(p95), 1)}


def main() -> None:
    """Prints a table, and the figures as one JSON object on the last line."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="20,000 passages only")
    quick = arguments.parse_args().quick
    lines = (DATA / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    figures: dict[str, float] = {"load_at_start": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as scratch:
        pages = 4 if quick else 25
        figures |= measure(Path(scratch) / "20000", 20_000, pages, questions, 3 if quick else STARTS)
        if not quick:
            figures |= measure(Path(scratch) / "200000", 200_000, pages, questions, 0)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
