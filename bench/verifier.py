"""Does the verifier know what a text supports, and does it catch planted errors?

Balanced accuracy on four sets that people labelled (measured only; supported or not), beside two base-lines: the share
of the statement's words that the text holds, and the cosine of the statement to the nearest sentence of the text. All
thresholds were chosen on the same pairs (half 1 of tools/verifier_cases.py), none on these sets; "own best" is what a
base-line would get with the best threshold of each set, which nobody can know beforehand.

Then errors planted in right statements over financial reports and handbooks (bench/planting.py), and how often a right
one is flagged: whatever the exact checks find missing. Half 0 was looked at while the checks were written; figures are
of half 1.

Usage: python bench/verifier.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from grounded import SETS
from numpy.typing import NDArray
from planting import Claim, planted_claims, right_claims

from homeground.answer.entail import look, measure, score
from homeground.answer.exact import missing
from homeground.answer.units import units
from homeground.answer.words import terms_in
from homeground.models.encoder import Encoder, load_encoder

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from fit_verifier import balance, best_threshold, learnable
from verifier_cases import all_pairs

AT_ONCE = 200
Table = NDArray[np.float64]


class Judged(Protocol):
    """A statement with its evidence."""

    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def evidence(self) -> tuple[str, ...]: ...  # noqa: D102


def scores(statements: Sequence[Judged], encoder: Encoder) -> Table:
    """Of each statement: the verifier's score, the share of words, the best cosine; shape (statements, 3)."""
    rows = []
    for start in range(0, len(statements), AT_ONCE):
        looks = [look(each.text, each.evidence) for each in statements[start : start + AT_ONCE]]
        sources = [units(each.evidence) for each in statements[start : start + AT_ONCE]]
        texts = dict.fromkeys(text for each in looks for text in each.texts)
        texts |= dict.fromkeys(unit.text for each in sources for unit in each)
        vectors = dict(zip(texts, encoder.encode(list(texts)), strict=True))
        for each, cut in zip(looks, sources, strict=True):
            mine = score(measure(each, np.array([vectors[text] for text in each.texts]))) if each.near else 0.0
            own, there = terms_in(each.text), frozenset(term for unit in cut for term in unit.terms)
            cosines = [float(vectors[each.text] @ vectors[unit.text]) for unit in cut]
            rows.append((mine, len(own & there) / max(len(own), 1), max(cosines, default=0.0)))
    return np.array(rows)


def balanced(predicted: NDArray[np.bool_], labels: NDArray[np.bool_]) -> float:
    """The mean of both sides' accuracy."""
    return float((predicted[labels].mean() + (~predicted[~labels]).mean()) / 2)


def oracle(values: Table, labels: NDArray[np.bool_]) -> float:
    """The balanced accuracy at the best threshold of the set itself."""
    return max(balanced(values >= each, labels) for each in np.unique(values)[:: max(1, len(np.unique(values)) // 400)])


def compare(encoder: Encoder, quick: bool) -> dict[str, float]:
    """The table of the labelled sets."""
    pairs = [pair for pair in learnable(all_pairs(encoder, 0.15 if quick else 1.0)) if pair.half == 1]
    chosen, labels = scores(pairs, encoder), np.array([float(pair.supported) for pair in pairs])
    thresholds = [0.5, *(best_threshold(chosen[:, each], labels, balance(pairs)) for each in (1, 2))]
    print(f"{'':16s} {'n':>5s} {'supported':>9s}   verifier  words  cosine   own best: verifier  words  cosine")
    figures: dict[str, float] = {}
    for name, load in SETS.items():
        statements = list(load())[:: 4 if quick else 1]
        table, truth = scores(statements, encoder), np.array([each.supported for each in statements])
        at = [balanced(table[:, each] >= thresholds[each], truth) for each in range(3)]
        own = [oracle(table[:, each], truth) for each in range(3)]
        print(
            f"{name:16s} {len(truth):5d} {truth.mean():9.2f}   {at[0]:8.3f}  {at[1]:5.3f}  {at[2]:6.3f}"
            f"             {own[0]:8.3f}  {own[1]:5.3f}  {own[2]:6.3f}"
        )
        figures |= {f"balanced_{name}": at[0], f"words_{name}": at[1], f"cosine_{name}": at[2]}
    for key, of in (("macro", "balanced"), ("macro_words", "words"), ("macro_cosine", "cosine")):
        figures[key] = float(np.mean([figures[f"{of}_{name}"] for name in SETS]))
    print(
        f"{'macro':16s} {'':15s}   {figures['macro']:8.3f}  {figures['macro_words']:5.3f}"
        f"  {figures['macro_cosine']:6.3f}"
    )
    return figures


def errors(quick: bool) -> dict[str, float]:
    """The table of the planted errors."""
    claims = [claim for claim in right_claims(60 if quick else 300) if claim.half == 1]
    untouched, planted = _flagged(claims, "way"), _flagged(list(planted_claims(claims)), "planted")
    print(f"\n{'right statements':28s} {'n':>5s}  flagged")
    _show(untouched)
    print(f"\n{'planted':28s} {'n':>5s}  caught")
    _show(planted)
    kinds = {f"caught_{kind.replace(' ', '_')}": float(np.mean(each)) for kind, each in planted.items()}
    return {"planted_caught": _mean(planted), "untouched_flagged": _mean(untouched)} | kinds


def _flagged(claims: Sequence[Claim], by: str) -> dict[str, list[bool]]:
    found = defaultdict(list)
    for claim in claims:
        found[getattr(claim, by)].append(bool(missing(claim.text, claim.evidence)))
    return found


def _show(found: dict[str, list[bool]]) -> None:
    for kind, flags in found.items():
        print(f"{kind:28s} {len(flags):5d}  {np.mean(flags):.3f}")
    print(f"{'all':28s} {sum(map(len, found.values())):5d}  {_mean(found):.3f}")


def _mean(found: dict[str, list[bool]]) -> float:
    return float(np.mean([flag for flags in found.values() for flag in flags]))


def main() -> None:
    """Print both tables, and as last line the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one statement in four, and fewer planted errors")
    quick = parser.parse_args().quick
    figures = compare(load_encoder("all-minilm-l6-v2-int8"), quick) | errors(quick)
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
