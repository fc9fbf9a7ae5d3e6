"""Learn the constants of the verifier: src/homeground/answer/verifier.json.

A ridge-penalised logistic regression over the features of ``answer/entail.py``, fitted with numpy on one half of the
pairs of ``verifier_cases.py``. Each family of pairs weighs the same, and so do both sides. The sign of a feature is given:
more words covered never speak against a statement, a missing number never for it; one that comes out the other way is
left out. The other half chooses the threshold, which is moved to a score of 0.5. Nothing marked *measure* is looked at.

Usage: python tools/fit_verifier.py [--quick]      --quick only shows that it works and writes nothing
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from verifier_cases import Pair, all_pairs

from homeground.answer.entail import NAMES, look, measure
from homeground.models.encoder import Encoder, load_encoder

WEIGHTS = Path(__file__).resolve().parent.parent / "src/homeground/answer/verifier.json"
FOR = frozenset(
    "words full cover cover_best cover_two cover_clause pairs cosine close cosine_all cosine_two cosine_clause agree"
    " loose_cover".split()
)
AGAINST = frozenset("rarest lacking numbers dates names negation contrary talk asks surer patched gap".split())
RIDGE, LOOKS_AT_ONCE = 1.0, 400
Table = NDArray[np.float64]


def table_of(pairs: Sequence[Pair], encoder: Encoder) -> Table:
    """The features of each pair, shape (pairs, features)."""
    rows = []
    for start in range(0, len(pairs), LOOKS_AT_ONCE):
        looks = [look(pair.text, pair.evidence) for pair in pairs[start : start + LOOKS_AT_ONCE]]
        texts = list(dict.fromkeys(text for each in looks for text in each.texts))
        vectors = dict(zip(texts, encoder.encode(texts), strict=True))
        rows += [measure(each, np.array([vectors[text] for text in each.texts])) for each in looks]
    return np.array(rows)


def balance(pairs: Sequence[Pair]) -> Table:
    """What each pair counts: families, both sides of each, and the sources of a side weigh the same."""
    sizes = Counter((pair.family, pair.supported, pair.source) for pair in pairs)
    sources = Counter((family, side) for family, side, _ in sizes)
    counts = [
        1 / sizes[(pair.family, pair.supported, pair.source)] / sources[(pair.family, pair.supported)] for pair in pairs
    ]
    return np.array(counts) * len(pairs) / sum(counts)


def fit(table: Table, labels: Table, counts: Table) -> Table:
    """Weights with the signs that they must have."""
    signs = np.array([float(name in FOR) - float(name in AGAINST) for name in NAMES])
    used = np.ones(len(NAMES), dtype=bool)
    while True:
        weights = np.zeros(len(NAMES))
        weights[used] = _logistic(table[:, used], labels, counts)
        wrong = np.where(weights * signs < 0, np.abs(weights) * table.std(0), 0.0)
        if not wrong.any():
            return weights
        used[int(np.argmax(wrong))] = False


def _logistic(table: Table, labels: Table, counts: Table) -> Table:
    centre, spread = table.mean(0), table.std(0) + 1e-9
    centre[0], spread[0] = 0.0, 1.0
    scaled, weights = (table - centre) / spread, np.zeros(table.shape[1])
    ridge = np.full(len(weights), RIDGE)
    ridge[0] = 0.0
    for _ in range(40):  # Newton's steps
        chance = 1 / (1 + np.exp(-scaled @ weights))
        gradient = scaled.T @ (counts * (chance - labels)) + ridge * weights
        curve = (scaled * (counts * chance * (1 - chance))[:, None]).T @ scaled + np.diag(ridge + 1e-9)
        weights = weights - np.linalg.solve(curve, gradient)
    weights = weights / spread
    weights[0] -= float(weights[1:] @ centre[1:])
    return weights


def best_threshold(scores: Table, labels: Table, counts: Table) -> float:
    """The score from which on a statement counts as supported, so that the balanced accuracy is highest."""
    order = np.argsort(-scores)
    hits = np.cumsum(counts[order] * labels[order]) / (counts * labels).sum()
    errors = np.cumsum(counts[order] * (1 - labels[order])) / (counts * (1 - labels)).sum()
    place = int(np.argmax(hits - errors))
    return float(scores[order[place : place + 2]].mean())


def main() -> None:
    """Collect, learn, choose, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few pairs of each kind; writes nothing")
    quick = parser.parse_args().quick
    encoder = load_encoder("all-minilm-l6-v2-int8")
    pairs = all_pairs(encoder, 0.1 if quick else 1.0)
    table, labels = table_of(pairs, encoder), np.array([float(pair.supported) for pair in pairs])
    first = np.array([pair.half == 0 for pair in pairs])
    one, other = [p for p in pairs if p.half == 0], [p for p in pairs if p.half == 1]
    weights = fit(table[first], labels[first], balance(one))
    weights[0] -= best_threshold(table[~first] @ weights, labels[~first], balance(other))
    right = (table[~first] @ weights >= 0) == (labels[~first] == 1)
    print(f"{len(pairs)} pairs; balanced accuracy on the other half {np.average(right, weights=balance(other)):.3f}")
    for source in sorted({(pair.source, pair.supported) for pair in other}):
        mine = np.array([(pair.source, pair.supported) == source for pair in other])
        print(f"  {source[0]:28s} {'supported' if source[1] else 'not':10s} {mine.sum():5d} {right[mine].mean():.3f}")
    if not quick:
        learnt = json.loads(WEIGHTS.read_text(encoding="utf-8"))
        learnt["weights"] = dict(zip(NAMES, (round(float(each), 4) for each in weights), strict=True))
        WEIGHTS.write_text(json.dumps(learnt, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
