"""Fuses the two legs of a search by their scores: arrays in, arrays out. Measured by bench/ranking.py.

1. Each leg's scores are standardised over the candidates and added: unlike ranks they keep how far the best stands out.
2. Where the legs disagree about what the words found, the words get more say: an embedder that does not know the
   language of the question spreads its scores at random.
3. Candidates that resemble other good candidates gain (the cluster hypothesis: van Rijsbergen 1979; score
   regularisation: Diaz 2005), by vector and, independently, by words.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from homeground.retrieve.evidence import Evidence

Scores = NDArray[np.float32]

_LEXICAL_SHARE = 0.5
_MOST_LEXICAL = 0.85
_AGREEMENT = 0.3  # correlation of the legs below which the dense leg loses weight
_DISTRUST = 0.75  # share lost per unit of missing correlation
_JUDGED = 60  # the best candidates, which vote for each other
_NEIGHBOURS = 10
_VOTE = 0.12
_VOTER = 1.0  # a voter stands at least one deviation above the mean


def fuse(evidence: Evidence) -> Scores:
    """The relevance of each candidate in [0, 1], in the order of `evidence.candidates`."""
    if not evidence.candidates:
        return np.zeros(0, np.float32)
    share = lexical_share(evidence.lexical, evidence.dense)
    fused = share * standardised(evidence.lexical) + (1 - share) * standardised(evidence.dense)
    best = np.argsort(-fused, kind="stable")[:_JUDGED]
    words = by_words([evidence.candidates[at].terms for at in best])
    meaning = by_meaning(evidence.vectors[best]) ** 2
    votes = _VOTE * 2 * share * standardised(votes_of(fused[best], words))
    votes += _VOTE * 2 * (1 - share) * standardised(votes_of(fused[best], meaning))
    gain = np.full_like(fused, votes.min())  # those behind were not voted on
    gain[best] = votes
    fused += gain
    return np.asarray(1 / (1 + np.exp(-fused)), np.float32)


def standardised(scores: Scores) -> Scores:
    """Mean 0, deviation 1. Who sees no difference between the candidates says nothing about any of them."""
    deviation = float(scores.std())
    return (scores - scores.mean()) / np.float32(deviation) if deviation > 1e-6 else np.zeros_like(scores)


def lexical_share(lexical: Scores, dense: Scores) -> float:
    """The lexical leg's weight: larger where, among what it found, the dense leg's scores do not follow its own."""
    found = np.argsort(-lexical, kind="stable")[:100]
    found = found[lexical[found] > 0]
    if len(found) < 3 or min(lexical[found].std(), dense[found].std()) < 1e-6:
        return _LEXICAL_SHARE
    agreement = float(np.mean(standardised(lexical[found]) * standardised(dense[found])))
    return min(_MOST_LEXICAL, _LEXICAL_SHARE + _DISTRUST * max(0.0, _AGREEMENT - agreement))


def by_meaning(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosines between passages, 0 with themselves and where negative; (n, dimension) → (n, n)."""
    return _without_self(np.maximum(_products(vectors), 0))


def by_words(passages: Sequence[Sequence[str]]) -> NDArray[np.float32]:
    """Cosines of tf-idf between passages, idf among these passages alone; 0 with themselves; (n, n)."""
    column: dict[str, int] = {}
    places = [column.setdefault(term, len(column)) for terms in passages for term in terms]
    if not places:
        return np.zeros((len(passages), len(passages)), np.float32)
    owners = np.repeat(np.arange(len(passages)), [len(terms) for terms in passages])
    cells, counts = np.unique(owners * len(column) + np.array(places), return_counts=True)
    row, term = np.divmod(cells, len(column))
    frequency = np.bincount(term)
    weight = np.log1p(counts) * np.log1p((len(passages) - frequency + 0.5) / (frequency + 0.5))[term]
    weight /= np.sqrt(np.bincount(row, weight**2, len(passages)))[row] + 1e-9
    shared = np.flatnonzero(frequency > 1)  # a term of one passage makes it like no other
    weighted = np.zeros((len(passages), len(column)), np.float32)
    weighted[row, term] = weight
    return _without_self(_products(weighted[:, shared]))


def votes_of(scores: Scores, similarity: NDArray[np.float32]) -> Scores:
    """For each passage, the mean lead of its nearest passages over the voters' threshold, weighted by similarity."""
    if len(scores) > _NEIGHBOURS + 1:
        threshold = np.partition(similarity, -_NEIGHBOURS - 1, axis=1)[:, -_NEIGHBOURS - 1 : -_NEIGHBOURS]
        similarity = np.where(similarity > threshold, similarity, 0)
    lead = np.maximum(scores - _VOTER, 0)
    return np.asarray(similarity @ lead / (similarity.sum(axis=1) + 1e-9), np.float32)


def _products(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each sum by itself, whatever the other rows; and not BLAS, whose threads cost 10 ms here on busy cores."""
    return np.asarray(np.einsum("it,jt->ij", vectors, vectors), np.float32)


def _without_self(similarity: NDArray[np.float32]) -> NDArray[np.float32]:
    np.fill_diagonal(similarity, 0)
    return similarity
