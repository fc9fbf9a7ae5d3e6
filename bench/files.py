"""Every real office file of shared/data/files through the reading processes: each is read, or reported with a reason.

Usage: python bench/files.py [--quick]      --quick takes every fourth file
Prints a table by format, the reports, and as its last line one JSON object: files read, reported, and those over which
a reading process crashed, hung or grew too large.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter, defaultdict
from pathlib import Path

from homeground.ingest.workers import Parsed, ParserPool
from homeground.settings import IngestSettings

DATA = Path(os.environ.get("HOMEGROUND_DATA", Path(__file__).parents[1] / ".." / "shared" / "data"))
FOLDERS = ("files/markitdown", "files/unstructured")


def main() -> None:
    """Read, print, sum up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="every fourth file")
    quick = parser.parse_args().quick
    files = sorted(path for folder in FOLDERS for path in (DATA / folder).rglob("*") if path.is_file())
    if not files:
        raise SystemExit(f"no files under {DATA}; set HOMEGROUND_DATA to the folder that holds the shared data")
    started = time.perf_counter()
    with ParserPool(IngestSettings()) as pool:
        results = list(pool.parse_all(files[:: 4 if quick else 1]))
    seconds = time.perf_counter() - started
    _table(results)
    _reports(results)
    pages = sum(len(one.document.pages) for one in results if one.document)
    read = sum(_read(one) for one in results)
    print(f"\n{len(results)} files, {pages} pages in {seconds:.1f} s; slowest:")
    for one in sorted(results, key=lambda one: -one.seconds)[:3]:
        print(f"  {one.seconds:6.1f} s  {one.path.name}")
    figures = {"read": read, "reported": len(results) - read, "crashed": sum(one.crashed for one in results)}
    print(json.dumps(figures))


def _read(one: Parsed) -> bool:
    return one.document is not None and any(page.text for page in one.document.pages)


def _table(results: list[Parsed]) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in results:
        pages = one.document.pages if one.document else ()
        counts[one.path.suffix.lower() or "(none)"] += Counter(
            files=1,
            read=_read(one),
            pages=len(pages),
            characters=sum(len(page.text) for page in pages),
            tables=sum(len(page.tables) for page in pages),
            headings=sum(len(page.headings) for page in pages),
        )
    columns = ("files", "read", "pages", "characters", "tables", "headings")
    print(f"{'format':8}" + "".join(f"{column:>12}" for column in columns))
    for suffix, count in sorted(counts.items()):
        print(f"{suffix:8}" + "".join(f"{count[column]:12}" for column in columns))


def _reports(results: list[Parsed]) -> None:
    """Every file that was not read, or not in full, with its reasons."""
    print("\nNot read, or only in part:")
    for one in sorted(results, key=lambda one: (_read(one), one.path)):
        pages = one.document.pages if one.document else ()
        reasons = Counter([*(one.document.problems if one.document else ()), *(p.problem for p in pages if p.problem)])
        words = [f"{reason} ({count} pages)" if count > 1 else reason for reason, count in reasons.items()]
        if not _read(one) and not words:
            words = [one.problem or "it contains no text"]
        if words:
            print(f"  {'part' if _read(one) else 'none'}  {one.path.name}: {'; '.join(words)}")


if __name__ == "__main__":
    main()
