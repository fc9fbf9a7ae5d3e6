"""question → terms and vector → both legs under the scope → exact scores → fuse → rerank → the best."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from homeground.index.analyser import analyse
from homeground.retrieve.evidence import Evidence, best_by_words, gather, heaviest
from homeground.retrieve.fuse import fuse
from homeground.retrieve.names import Naming, visible_names
from homeground.retrieve.rerank import likely_documents, rerank

if TYPE_CHECKING:
    from homeground.index.contract import Candidate, PassageIndex, Scope
    from homeground.index.statistics import CollectionStatistics

_POOL = 100  # candidates per leg
_SPARE = 2  # times as many are fetched by words, so that the pool is right by visible statistics
_LONGEST_QUESTION = 64  # distinct terms that are searched for


class QuestionEncoder(Protocol):
    """The part of an embedder that search needs."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, (texts, dimension)."""


class Facts(Naming, Protocol):
    """The part of the catalogue that search needs."""

    def statistics(self, access: Collection[int], terms: Collection[str]) -> CollectionStatistics:
        """Exact term statistics over what these access classes hold."""


@dataclass(frozen=True, slots=True)
class ScoredCandidate:
    """A passage with its score in [0, 1], and the two legs' own scores (BM25, cosine)."""

    candidate: Candidate
    score: float
    lexical: float
    dense: float


class Searcher:
    """Searches one index. Hits and scores depend only on passages that the scope may see."""

    def __init__(self, index: PassageIndex, encoder: QuestionEncoder, catalogue: Facts) -> None:
        self._index = index
        self._encoder = encoder
        self._catalogue = catalogue

    def search(self, question: str, scope: Scope, limit: int) -> list[ScoredCandidate]:
        """The best passages for `question`, best first; ties in the order of document, page and place."""
        names = visible_names(self._catalogue, scope.access)
        evidence = self._evidence(question, scope, likely_documents(question, names), max(limit, _POOL))
        scores = rerank(evidence, fuse(evidence), names)
        best = np.argsort(-scores, kind="stable")[:limit]
        return [_scored(evidence, scores, int(at)) for at in best]

    def _evidence(self, question: str, scope: Scope, likely: frozenset[int], pool: int) -> Evidence:
        analysed = analyse(question)
        statistics = self._catalogue.statistics(scope.access, set(analysed))
        terms = heaviest(analysed, statistics, _LONGEST_QUESTION)
        scopes = [(scope, pool)]
        if likely:
            among = likely if scope.documents is None else likely & scope.documents
            scopes.append((replace(scope, documents=among), pool // 2))
        with ThreadPoolExecutor(1) as beside:  # the words do not wait for the vector
            worded = beside.submit(lambda: [self._by_words(terms, statistics, each, most) for each, most in scopes])
            vector = self._encoder.encode([question])[0]
            meant = [self._index.dense(vector, each, most) for each, most in scopes]
        found = [row for leg in (*worded.result(), *meant) for row in leg]
        return gather(question, terms, vector, found, statistics)

    def _by_words(
        self, terms: Sequence[str], statistics: CollectionStatistics, scope: Scope, pool: int
    ) -> list[Candidate]:
        """The index ranks by statistics over all rows, hidden ones included: so more are asked for, and ranked anew."""
        distinct = list(dict.fromkeys(terms))
        rows = self._index.lexical(distinct, scope, _SPARE * pool) if distinct else []
        return best_by_words(rows, terms, statistics, pool)


def _scored(evidence: Evidence, scores: NDArray[np.float32], at: int) -> ScoredCandidate:
    return ScoredCandidate(
        evidence.candidates[at], float(scores[at]), float(evidence.lexical[at]), float(evidence.dense[at])
    )
