"""Is the answer in what the reader quotes? XQuAD English, all 240 paragraphs in one index.

Counts a question when an accepted answer lies inside the first quote (the first citation of the first statement), and
inside one of the first three statements' quotes. Refusal is switched off (refuse_below = 0): this measures what would
be quoted; refusal.py measures whether it would be shown. Articles with an even number chose the constants of the
reader, the others report.

Usage: python bench/reader.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from answering import QuestionSet, holds, reader_of, rgb, shelve, xquad

from homeground import Answer


def found(answer: Answer, accepted: tuple[str, ...]) -> tuple[bool, bool]:
    """Is an accepted answer in the first quote; in one of the first three?"""
    quotes = [statement.citations[0].quote for statement in answer.statements[:3]]
    hits = [holds(quote, accepted) for quote in quotes]
    return hits[:1] == [True], any(hits)


def ask_all(questions: QuestionSet, folder: Path) -> list[tuple[bool, bool]]:
    """Every question of the set, in order."""
    workspace = shelve(questions, folder)
    return [found(workspace.ask(one.text, reader_of()), one.answers) for one in questions.questions]


def shares(results: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    """Share in the first quote, share in the first three."""
    return sum(first for first, _ in results) / len(results), sum(three for _, three in results) / len(results)


def main() -> None:
    """Print the table, and as last line the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one question a paragraph")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        english, web = xquad(quick=quick), rgb(distractors=True, quick=quick)
        results = ask_all(english, Path(folder) / "xquad")
        other = ask_all(web, Path(folder) / "rgb")
    halves = [[r for r, q in zip(results, english.questions, strict=True) if q.half == half] for half in (0, 1)]
    rows = {
        "choosing half": halves[0],
        "reported half": halves[1],
        "whole": results,
        f"{web.name} (measured only)": other,
    }
    print(f"{'xquad-en':36s} {'questions':>9s} {'first':>7s} {'first three':>12s}")
    for name, chosen in rows.items():
        first, three = shares(chosen)
        print(f"{name:36s} {len(chosen):9d} {first:7.3f} {three:12.3f}")
    print(f"{'start: cosine + BM25 over sentences':36s} {'':9s} {0.76:7.2f} {0.90:12.2f}")
    figures = dict(zip(("first", "first_three"), shares(results), strict=True))
    figures |= dict(zip(("first_reported_half", "first_three_reported_half"), shares(halves[1]), strict=True))
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
