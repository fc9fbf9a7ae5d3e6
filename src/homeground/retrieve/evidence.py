"""What is known about a question's candidates: both legs' exact scores, from visible rows and statistics only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from homeground.index.contract import Candidate
    from homeground.index.statistics import CollectionStatistics

# Robertson and Zaragoza 2009, "The probabilistic relevance framework: BM25 and beyond"; the usual values.
_SATURATION = 1.2
_LENGTH = 0.75


@dataclass(frozen=True, slots=True)
class Evidence:
    """One question and its candidates; every array is in the order of `candidates` (document, page, start).

    Shapes: weights (terms,), counts (candidates, terms), lexical and dense (candidates,), vectors (candidates,
    dimension).
    """

    question: str
    terms: tuple[str, ...]
    weights: NDArray[np.float32]
    candidates: tuple[Candidate, ...]
    counts: NDArray[np.float32]
    lexical: NDArray[np.float32]
    dense: NDArray[np.float32]
    vectors: NDArray[np.float32]

    def only(self, places: Sequence[int]) -> Evidence:
        """The candidates at these places alone."""
        return replace(
            self,
            candidates=tuple(self.candidates[at] for at in places),
            counts=self.counts[places],
            lexical=self.lexical[places],
            dense=self.dense[places],
            vectors=self.vectors[places],
        )


def gather(
    question: str,
    terms: Collection[str],
    vector: NDArray[np.float32],
    candidates: Sequence[Candidate],
    statistics: CollectionStatistics,
) -> Evidence:
    """Scores every candidate exactly by both legs: BM25 of `terms` (repetitions count) and the cosine to `vector`."""
    distinct = tuple(dict.fromkeys(terms))
    ordered = tuple(sorted(candidates, key=place))
    counts = _counts(ordered, distinct)
    weights = _weights(distinct, terms, statistics)
    vectors = np.array([row.vector for row in ordered], np.float32).reshape(len(ordered), len(vector))
    return Evidence(
        question=question,
        terms=distinct,
        weights=weights,
        candidates=ordered,
        counts=counts,
        lexical=_bm25(counts, weights, ordered, statistics),
        # Not BLAS: each sum by itself, bit for bit.
        dense=np.asarray(np.einsum("cd,d->c", vectors, vector), np.float32),
        vectors=vectors,
    )


def place(row: Candidate) -> tuple[int, int, int]:
    """Where a passage stands: the order among equals."""
    return row.document, row.page, row.start


def heaviest(terms: Collection[str], statistics: CollectionStatistics, limit: int) -> list[str]:
    """The terms that tell most about a long question: at most `limit` distinct ones, repetitions kept."""
    distinct = tuple(dict.fromkeys(terms))
    if len(distinct) <= limit:
        return list(terms)
    weights = _weights(distinct, terms, statistics)
    kept = {distinct[at] for at in np.argsort(-weights, kind="stable")[:limit]}
    return [term for term in terms if term in kept]


def _counts(candidates: Sequence[Candidate], terms: Sequence[str]) -> NDArray[np.float32]:
    column = {term: at for at, term in enumerate(terms)}
    counts = np.zeros((len(candidates), len(terms)), np.float32)
    for row, candidate in enumerate(candidates):
        for at in map(column.get, candidate.terms):
            if at is not None:
                counts[row, at] += 1
    return counts


def _weights(distinct: Sequence[str], terms: Collection[str], statistics: CollectionStatistics) -> NDArray[np.float32]:
    """Inverse passage frequency times occurrences in the question, for each of the distinct terms."""
    repeated = Counter(terms)
    frequency = np.array([statistics.frequency.get(term, 0) for term in distinct], np.float32)
    without = np.maximum(statistics.passages - frequency + 0.5, 0.5)
    occurrences = np.array([repeated[term] for term in distinct], np.float32)
    return np.asarray(np.log1p(without / (frequency + 0.5)) * occurrences, np.float32)


def _bm25(
    counts: NDArray[np.float32],
    weights: NDArray[np.float32],
    candidates: Sequence[Candidate],
    statistics: CollectionStatistics,
) -> NDArray[np.float32]:
    lengths = np.array([len(row.terms) for row in candidates], np.float32)
    damping = _SATURATION * (1 - _LENGTH + _LENGTH * lengths / max(statistics.mean_length, 1.0))
    saturated = counts * (_SATURATION + 1) / (counts + damping[:, None])
    return np.asarray(np.einsum("ct,t->c", saturated, weights), np.float32)
