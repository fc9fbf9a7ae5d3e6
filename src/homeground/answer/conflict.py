"""Passages that answer the same question differently: both are shown, the newer document first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeground.answer.asked import Asked
from homeground.answer.candidates import Candidate
from homeground.answer.kinds import places
from homeground.types import Hit

# Two sentences are about the same thing when their vectors are this near, or when this much of their words (without
# figures and names) is shared.
SAME_COSINE = 0.80
SAME_WORDS = 0.60
_TYPED = frozenset({"date", "number", "money", "percent", "person", "place", "name"})


@dataclass(frozen=True, slots=True)
class Conflict:
    """Candidate ``other`` says something else than candidate ``best`` where the question asks."""

    best: int
    other: int


def conflicts(
    asked: Asked, ranked: Sequence[int], found: Sequence[Candidate], hits: Sequence[Hit], vectors: NDArray[np.float32]
) -> list[Conflict]:
    """Candidates among ``ranked`` (best first) of other documents that contradict the first one."""
    if not ranked:
        return []
    best = ranked[0]
    mine = _values(asked, found[best])
    return [
        Conflict(best, other)
        for other in ranked[1:]
        if hits[found[other].hit].document != hits[found[best].hit].document
        and _same_subject(asked, found[best], found[other], float(vectors[best] @ vectors[other]))
        and _differ(mine, _values(asked, found[other]))
    ]


def newest_first(places_: Sequence[int], found: Sequence[Candidate], hits: Sequence[Hit]) -> list[int]:
    """The same candidates, the newest document first; documents of one day, or without a date, keep their order.

    Days, not seconds: files that were copied together differ by moments that mean nothing.
    """
    return sorted(places_, key=lambda place: _day(hits[found[place].hit]), reverse=True)


def _day(hit: Hit) -> date:
    return hit.date.date() if hit.date else date.min


def _values(asked: Asked, candidate: Candidate) -> frozenset[str]:
    """What the sentence offers as an answer: its figures, or its names, that the question does not give."""
    starts = set(places(asked.kind if asked.kind in _TYPED else "number", candidate.text, candidate.words, asked.terms))
    return frozenset(
        w.text.casefold() for w in candidate.words if any(w.start <= s < w.end or s == w.start - 1 for s in starts)
    )


def _differ(mine: Collection[str], theirs: Collection[str]) -> bool:
    """Both offer something, and neither says all that the other says."""
    return bool(set(mine) - set(theirs)) and bool(set(theirs) - set(mine))


def _same_subject(asked: Asked, one: Candidate, other: Candidate, cosine: float) -> bool:
    """Do both hold the same words of the question, and much the same words beside them?"""
    first, second = _plain_terms(one), _plain_terms(other)
    wanted = frozenset(asked.terms)
    if _terms(one) & wanted != _terms(other) & wanted:
        return False
    shared = len(first & second) / max(len(first | second), 1)
    return shared >= SAME_WORDS or (cosine >= SAME_COSINE and shared >= SAME_WORDS / 2)


def _terms(candidate: Candidate) -> frozenset[str]:
    return frozenset(term for word in candidate.words for term in word.terms)


def _plain_terms(candidate: Candidate) -> frozenset[str]:
    """Terms of the words that are neither figures nor, past the first word, written like names."""
    plain = [w for i, w in enumerate(candidate.words) if w.text[:1].islower() or (i == 0 and w.text[:1].isalpha())]
    return frozenset(term for word in plain for term in word.terms)
