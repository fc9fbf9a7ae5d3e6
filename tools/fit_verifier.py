"""Learn the constants of the verifier: src/homeground/answer/verifier.json.

A ridge-penalised logistic regression over the features of ``answer/entail.py``, fitted with numpy on one half of the
pairs of ``verifier_cases.py``; the other half chooses the threshold, which is moved to a score of 0.5. Each family of
pairs weighs the same, and so do both sides. Planted errors take no part: the exact checks are there for them. Printed
first is what each family gets from constants of the other families: how the choice of features was made. Nothing marked
*measure* is looked at.

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
from verifier_cases import Pair, all_pairs, common_terms, proper_terms

from homeground.answer.common import NAMES, shipped
from homeground.answer.entail import look, measure
from homeground.models.encoder import Encoder, load_encoder

WEIGHTS = Path(__file__).resolve().parent.parent / "src/homeground/answer/verifier.json"
RIDGE, LOOKS_AT_ONCE = 3.0, 400
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


def learnable(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs without planted errors."""
    return [pair for pair in pairs if pair.family != "planted"]


def balance(pairs: Sequence[Pair]) -> Table:
    """What each pair counts: families, both sides of each, and the sources of a side weigh the same."""
    sizes = Counter((pair.family, pair.supported, pair.source) for pair in pairs)
    sources = Counter((family, side) for family, side, _ in sizes)
    counts = [
        1 / sizes[(pair.family, pair.supported, pair.source)] / sources[(pair.family, pair.supported)] for pair in pairs
    ]
    return np.array(counts) * len(pairs) / sum(counts)


def fit(table: Table, labels: Table, counts: Table) -> Table:
    """Weights of the features, the bias first; it is not penalised."""
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


def transfer(pairs: Sequence[Pair], table: Table, labels: Table, left_out: str) -> float:
    """Balanced accuracy on a family from constants and threshold of the other families."""
    place = {
        (mine, half): np.array([(pair.family == left_out) == mine and pair.half == half for pair in pairs])
        for mine in (True, False)
        for half in (0, 1)
    }
    chosen = {key: [pair for pair, on in zip(pairs, rows, strict=True) if on] for key, rows in place.items()}
    learn, choose, test = place[False, 0], place[False, 1], place[True, 1]
    weights = fit(table[learn], labels[learn], balance(chosen[False, 0]))
    limit = best_threshold(table[choose] @ weights, labels[choose], balance(chosen[False, 1]))
    right = (table[test] @ weights >= limit) == (labels[test] == 1)
    return float(np.average(right, weights=balance(chosen[True, 1])))


def main() -> None:
    """Collect, learn, choose, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few pairs of each kind; writes nothing")
    quick = parser.parse_args().quick
    if not quick:
        common = common_terms()
        learnt = json.loads(WEIGHTS.read_text(encoding="utf-8")) | {"common": " ".join(common)}
        learnt["proper"] = " ".join(proper_terms(common))
        WEIGHTS.write_text(json.dumps(learnt, indent=1) + "\n", encoding="utf-8")
        shipped.cache_clear()
    encoder = load_encoder("all-minilm-l6-v2-int8")
    pairs = learnable(all_pairs(encoder, 0.1 if quick else 1.0))
    table, labels = table_of(pairs, encoder), np.array([float(pair.supported) for pair in pairs])
    for family in sorted({pair.family for pair in pairs}):
        print(f"{family:14s} from the other families: {transfer(pairs, table, labels, family):.3f}")
    first = np.array([pair.half == 0 for pair in pairs])
    one, other = [p for p in pairs if p.half == 0], [p for p in pairs if p.half == 1]
    weights = fit(table[first], labels[first], balance(one))
    weights[0] -= best_threshold(table[~first] @ weights, labels[~first], balance(other))
    right = (table[~first] @ weights >= 0) == (labels[~first] == 1)
    print(f"{len(pairs)} pairs; balanced accuracy on the other half {np.average(right, weights=balance(other)):.3f}")
    if not quick:
        learnt["weights"] = dict(zip(NAMES, (round(float(each), 4) for each in weights), strict=True))
        WEIGHTS.write_text(json.dumps(learnt, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
