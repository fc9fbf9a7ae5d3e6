"""How much of what speaks to a model is flagged, and how often is a real page flagged that does not?

Recall is measured on patterns written for this (bench/cases/injections.jsonl): the choosing half was in view while the
search was made, the reported half was written afterwards and changed nothing. False flags are counted on the pages of
real filings, handbooks and office files, none of which was written to steer a model: each flagged page counts as false.

Usage: python bench/injection.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from answering import DATA

from homeground.errors import HomegroundError
from homeground.ingest.injection import find
from homeground.ingest.parse import parse
from homeground.settings import IngestSettings

CASES = Path(__file__).with_name("cases") / "injections.jsonl"
SETS = {"filings": "financebench-dev/pdfs", "handbooks": "handbooks", "files": "files"}
LARGEST = 30_000_000  # bytes of a file; the larger ones are long lists of figures
QUICK_FILES = 40


def pages_of(path: Path) -> list[str]:
    """The pages of a file as ingest reads them, without OCR; none of a file that cannot be read."""
    try:
        return [page.text for page in parse(path, IngestSettings(ocr="off")).pages]
    except (HomegroundError, ValueError, OSError):
        return []


def look(path: Path) -> tuple[int, Counter[str], float, list[str]]:
    """Pages, flagged pages by kind, CPU seconds of the search, and what was flagged."""
    kinds, shown, pages = Counter[str](), [], pages_of(path)
    before = time.process_time()
    found = [(page, find(page)) for page in pages]
    seconds = time.process_time() - before
    for page, flags in found:
        kinds.update({flag.kind for flag in flags})
        kinds["any"] += bool(flags)
        shown += [f"{flag.kind}: {' '.join(page[flag.start : flag.end].split())[:70]}" for flag in flags[:1]]
    return len(pages), kinds, seconds, shown


def files(folder: str, quick: bool) -> list[Path]:
    """The files of a set; an even sample of them when quick."""
    every = sorted(path for path in (DATA / folder).rglob("*") if path.is_file() and path.name != "SOURCE")
    every = [path for path in every if path.stat().st_size <= LARGEST]
    return every[:: max(1, len(every) // QUICK_FILES)] if quick else every


def recall() -> Iterator[tuple[str, float]]:
    """Flagged shares of the written patterns and of the sentences that only look like them, by half and kind."""
    cases = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    for half, name in ((0, "choosing"), (1, "reported")):
        evil = [each for each in cases if each["half"] == half and each["kind"]]
        plain = [each for each in cases if each["half"] == half and not each["kind"]]
        caught = [bool(find(each["text"])) for each in evil]
        yield f"recall_{name}", sum(caught) / len(caught)
        yield f"false_{name}", sum(bool(find(each["text"])) for each in plain) / len(plain)
        print(f"{name:10s} {sum(caught)} of {len(evil)} patterns, ", end="")
        print(f"{sum(bool(find(each['text'])) for each in plain)} of {len(plain)} plain sentences flagged")
        by_kind = Counter(each["kind"] for each in evil)
        held = Counter(each["kind"] for each, hit in zip(evil, caught, strict=True) if hit)
        print("           " + ", ".join(f"{kind} {held[kind]}/{count}" for kind, count in by_kind.items()))


def main() -> None:
    """Print the tables, and as last line the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"about {QUICK_FILES} files of each set")
    quick = parser.parse_args().quick
    figures = dict(recall())
    print(f"\n{'set':10s} {'files':>6s} {'pages':>7s} {'flagged':>8s} {'ms/page':>8s}")
    seconds = total = flagged = 0.0
    for name, folder in SETS.items():
        chosen = files(folder, quick)
        with ProcessPoolExecutor(2) as pool:
            looked = list(pool.map(look, chosen, chunksize=4))
        pages, wrong = sum(each[0] for each in looked), sum(each[1]["any"] for each in looked)
        cpu = sum(each[2] for each in looked)
        print(f"{name:10s} {len(chosen):6d} {pages:7d} {wrong:8d} {1000 * cpu / max(pages, 1):8.2f}")
        for words in [each for one in looked for each in one[3]][:5]:
            print(f"    {words}")
        figures[f"flagged_{name}"] = wrong / max(pages, 1)
        seconds, total, flagged = seconds + cpu, total + pages, flagged + wrong
    figures |= {"false_pages": flagged / max(total, 1), "ms_per_page": 1000 * seconds / max(total, 1)}
    print(json.dumps({name: round(value, 5) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
