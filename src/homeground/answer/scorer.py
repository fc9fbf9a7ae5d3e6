"""The learnt part of the reader: two linear models whose constants lie in ``weights.json``.

``tools/fit_reader.py`` learns such constants; those that ship were learnt by the same recipe over a simpler retrieval
(docs/lab-log.md). ``bench/reader.py`` and ``bench/refusal.py`` measure them.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from homeground.answer import features
from homeground.answer.features import NAMES, Evidence, weigh
from homeground.answer.words import terms_in

# Kinds whose answers have a form: without a date there is no answer to "when".
STRICT_KINDS = frozenset(("date", "number", "percent", "money", "person"))
SUPPORT_NAMES = (
    "bias", "cosine", "covered", "covered_like", "covered_near", "covered_hit", "window", "pairs", "near", "names",
    "numbers", "names_hit", "numbers_hit", "typed", "head", "sure", "lead", "unknown", "rarest", "terms", "rarest_hit",
    "untyped", "other_year", "precise", "row", "label", "bare",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weights:
    """Constants of the ranker (in the order of ``features.NAMES``) and of the support (of ``SUPPORT_NAMES``)."""

    ranker: NDArray[np.float64]
    support: NDArray[np.float64]


@lru_cache(maxsize=1)
def shipped_weights() -> Weights:
    """The constants that come with the package; a feature that was not learnt weighs nothing."""
    learnt = json.loads(files("homeground.answer").joinpath("weights.json").read_text(encoding="utf-8"))
    return Weights(
        ranker=np.array([learnt["ranker"].get(name, 0.0) for name in NAMES]),
        support=np.array([learnt["support"].get(name, 0.0) for name in SUPPORT_NAMES]),
    )


def rank(table: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    """A score per candidate; only differences within one question mean something."""
    return np.asarray(table @ weights.ranker, dtype=np.float64)


def support(
    evidence: Evidence,
    table: NDArray[np.float64],
    scores: NDArray[np.float64],
    weights: Weights,
    place: int,
) -> float:
    """How likely it is that candidate number ``place`` answers the question, in [0, 1] (logistic, fitted)."""
    logit = float(support_features(evidence, table, scores, place) @ weights.support)
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))


def support_features(
    evidence: Evidence,
    table: NDArray[np.float64],
    scores: NDArray[np.float64],
    place: int,
) -> NDArray[np.float64]:
    """What the support is judged by, in the order of ``SUPPORT_NAMES``."""
    row = dict(zip(NAMES, table[place].tolist(), strict=True))
    share = np.exp(scores - scores.max())
    share /= share.sum()
    hit = evidence.candidates[place].hit
    others = [s for s, c in zip(scores.tolist(), evidence.candidates, strict=True) if c.hit != hit]
    total = sum(evidence.weights.values()) or 1.0
    own = terms_in(evidence.candidates[place].text)
    missing = [weight for term, weight in evidence.weights.items() if term not in own]
    in_hit = features.terms_of_hit(evidence.hits[hit])
    missing_hit = [weight for term, weight in evidence.weights.items() if term not in in_hit]
    return np.array(
        [
            1.0,
            row["cosine"],
            row["covered"],
            row["covered_like"],
            row["covered"] + row["covered_before"],
            row["covered_hit"],
            row["window"],
            row["pairs"],
            row["near"],
            row["names"],
            row["numbers"],
            row["names_hit"],
            row["numbers_hit"],
            max(row[f"typed_{kind}"] for kind in features.KINDS),
            row["head"],
            float(share[place]),
            math.tanh((scores[place] - max(others, default=scores[place] - 3.0)) / 3),
            weigh(evidence.unseen, evidence.weights) / total,
            max(missing, default=0.0) / total,
            math.log1p(len(evidence.weights)),
            max(missing_hit, default=0.0) / total,
            float(evidence.asked.kind in STRICT_KINDS and not row[f"typed_{evidence.asked.kind}"]),
            row["other_year"],
            row["precise"],
            row["row"],
            row["label"],
            row["bare"],
        ]
    )
