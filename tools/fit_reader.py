"""Learn the constants of the reader: src/homeground/answer/weights.json.

The ranker is a conditional logit over the candidates of a question (McFadden 1974; several may be right), the support a
logistic regression on whether the question is answerable at all. Both are standardised, ridge-penalised and fitted with
numpy only. Nothing that is marked *measure* is looked at.

Usage: python tools/fit_reader.py [--quick]      --quick only shows that it works and writes nothing
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from reader_cases import Case, all_cases

from homeground.answer.features import NAMES, measure
from homeground.answer.scorer import SUPPORT_NAMES, support_features

WEIGHTS = Path(__file__).resolve().parent.parent / "src/homeground/answer/weights.json"
SHARES = {"xquad": 1.0, "covid": 0.5, "tatqa": 0.5}  # how much a question of each set counts
MISLEADING = 0.5  # how much a case counts whose document is still there, without the sentences that answer
RIDGE_RANKER, RIDGE_SUPPORT, STEPS = 5.0, 1.0, 3000
Table = NDArray[np.float64]


def fit_ranker(cases: Sequence[Case]) -> Table:
    """Weights that make it likely that one of the right candidates comes first."""
    chosen = [case for case in cases if case.answerable and case.right.any()]
    tables = [measure(case.evidence) for case in chosen]
    stacked, right = np.vstack(tables), np.concatenate([case.right for case in chosen])
    centre, spread = stacked.mean(0), stacked.std(0) + 1e-6
    scaled, sizes = (stacked - centre) / spread, np.array([len(table) for table in tables])
    starts, owner = np.r_[0, np.cumsum(sizes)[:-1]], np.repeat(np.arange(len(sizes)), sizes)
    counts = np.array([SHARES[case.name] for case in chosen])

    def slope(weights: Table) -> Table:
        scores = scaled @ weights
        grown = np.exp(scores - np.maximum.reduceat(scores, starts)[owner])
        share = grown / np.add.reduceat(grown, starts)[owner]
        held = np.maximum(np.add.reduceat(share * right, starts), 1e-12)
        return scaled.T @ ((share - share * right / held[owner]) * counts[owner]) + RIDGE_RANKER * weights

    return _descend(slope, scaled.shape[1], counts.sum()) / spread


def _descend(slope: Callable[[Table], Table], size: int, scale: float) -> Table:
    """Adam (Kingma & Ba 2015) with a falling step: smooth and nearly convex, so any start does."""
    weights, first, second = np.zeros(size), np.zeros(size), np.zeros(size)
    for step in range(1, STEPS + 1):
        gradient = slope(weights) / scale
        first, second = 0.9 * first + 0.1 * gradient, 0.99 * second + 0.01 * gradient**2
        rate = 0.02 * (1 - step / (STEPS + 1))
        weights = weights - rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-9)
    return weights


def fit_support(cases: Sequence[Case], ranker: Table) -> Table:
    """Logistic regression: is the question answerable? Both sides weigh the same in sum."""
    rows = np.array([_support_row(case, ranker) for case in cases])
    labels = np.array([float(case.answerable) for case in cases])
    counts = np.array([SHARES[case.name] * (1.0 if case.whole else MISLEADING) for case in cases])
    counts[labels == 1] *= counts[labels == 0].sum() / counts[labels == 1].sum()
    centre, spread = rows.mean(0), rows.std(0) + 1e-9
    centre[0], spread[0] = 0.0, 1.0
    scaled, weights = (rows - centre) / spread, np.zeros(rows.shape[1])
    ridge = np.full(len(weights), RIDGE_SUPPORT)
    ridge[0] = 0.0
    for _ in range(50):  # Newton's steps
        chance = 1 / (1 + np.exp(-scaled @ weights))
        gradient = scaled.T @ (counts * (chance - labels)) + ridge * weights
        curve = (scaled * (counts * chance * (1 - chance))[:, None]).T @ scaled + np.diag(ridge + 1e-9)
        weights = weights - np.linalg.solve(curve, gradient)
    weights = weights / spread
    weights[0] -= float(weights[1:] @ centre[1:])
    return weights


def _support_row(case: Case, ranker: Table) -> Table:
    table = measure(case.evidence)
    scores = table @ ranker
    return support_features(case.evidence, table, scores, int(np.argmax(scores)))


def main() -> None:
    """Collect, learn, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few questions of each set; nothing is written")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        cases = list(all_cases(Path(folder), quick))
    ranker = fit_ranker(cases)
    support = fit_support(cases, ranker)
    found = {"ranker": zip(NAMES, ranker, strict=True), "support": zip(SUPPORT_NAMES, support, strict=True)}
    learnt = {part: {name: round(float(value), 4) for name, value in pairs} for part, pairs in found.items()}
    if quick:
        print(f"{len(cases)} cases\n{json.dumps(learnt, indent=1)}")
        return
    WEIGHTS.write_text(json.dumps(learnt, indent=1) + "\n", encoding="utf-8")
    print(f"{len(cases)} cases → {WEIGHTS.name}")


if __name__ == "__main__":
    main()
