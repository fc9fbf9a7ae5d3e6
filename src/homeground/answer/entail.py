"""How likely is it that the evidence says what a statement says? Words and vectors, with three learnt constants.

statement + evidence → the weakest clause's share of words, and the cosine to the nearest unit → score in [0, 1]

Constants and the weights of common terms lie in ``verifier.json``, made by ``tools/fit_verifier.py`` and measured by
``bench/verifier.py``. Some thirty features were tried; these two alone carry over to kinds of text that were not learnt
from (docs/lab-log.md). What can be checked exactly is not in the score: it is in ``missing``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from homeground.answer.common import shipped
from homeground.answer.exact import missing
from homeground.answer.units import units
from homeground.answer.words import terms_in

UNITS = 8  # of the evidence that get a vector, beside the statement: about 20 ms of one core
_CLAUSE = re.compile(
    r"(?<=[.!?;])\s+|,?\s+(?:and|but|which|who|whose|where|while|although|because|so)\s+|,\s+|[。；，！？]",
    re.IGNORECASE,
)


class Encoder(Protocol):
    """Texts → unit vectors, shape (texts, dimension)."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Support:
    """How well evidence supports a statement: ``score`` in [0, 1], and in words what of it the evidence does not say.

    ``missing`` holds figures, dates, codes and names as the statement writes them, "negation" where it says the
    opposite, and words whose contrary is said. Empty does not mean supported, nor does a high score alone: a wrong
    figure changes neither words nor vectors much. From 0.5 on the score speaks for support.
    """

    score: float
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What of a statement and its evidence the score needs: a share of words, and texts whose vectors are compared."""

    text: str
    cover: float
    near: tuple[str, ...]

    @property
    def texts(self) -> list[str]:
        """The statement, then the sentences of the evidence that share most of its words."""
        return [self.text, *self.near]


def support(text: str, evidence: Sequence[str], encoder: Encoder) -> Support:
    """How far ``evidence`` (quotes or passages) supports the statement ``text``; embeds at most nine sentences."""
    seen = look(text, evidence)
    absent = missing(text, evidence)
    return Support(score(measure(seen, encoder.encode(seen.texts))) if seen.near else 0.0, absent)


def look(text: str, evidence: Sequence[str]) -> Look:
    """The share of the words of the statement's weakest clause that the evidence holds, and the nearest sentences."""
    sources, own = units(tuple(evidence)), terms_in(text)
    whole = frozenset(term for unit in sources for term in unit.terms)
    cover = min(_share(terms_in(clause), whole) for clause in clauses(text))
    ranked = sorted(sources, key=lambda unit: -_share(own, unit.terms))
    return Look(text, cover, tuple(dict.fromkeys(unit.text for unit in ranked[:UNITS])))


def measure(seen: Look, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The features that `common.NAMES` names; ``vectors`` are those of ``seen.texts``, shape (texts, dimension)."""
    return np.array([1.0, seen.cover, float((vectors[1:] @ vectors[0]).max())])


def score(features: NDArray[np.float64]) -> float:
    """Logistic, in [0, 1]."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, float(features @ shipped().weights)))))


def clauses(text: str) -> list[str]:
    """The parts of a statement that each say something (two terms or more), or all of it."""
    return [part for part in _CLAUSE.split(text) if len(terms_in(part)) >= 2] or [text]


def _share(wanted: frozenset[str], there: frozenset[str]) -> float:
    """Weighted share of the wanted terms that are there; 1 when none is wanted."""
    weights = shipped().commonness
    total = sum(weights.get(term, 1.0) for term in wanted)
    return sum(weights.get(term, 1.0) for term in wanted & there) / total if total else 1.0
