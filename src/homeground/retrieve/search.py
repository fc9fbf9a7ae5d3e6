"""question → analyse, encode → both legs under the scope → exact scores → fuse → rerank → the best."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from homeground.index.analyser import analyse
from homeground.retrieve.evidence import Evidence, gather, heaviest, place
from homeground.retrieve.fuse import fuse

if TYPE_CHECKING:
    from homeground.catalogue.records import DocumentName
    from homeground.index.contract import Candidate, PassageIndex, Scope
    from homeground.index.statistics import CollectionStatistics

_POOL = 100  # candidates per leg
_LONGEST_QUESTION = 64  # distinct terms that are searched for


class QuestionEncoder(Protocol):
    """The part of an embedder that search needs."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, (texts, dimension)."""


class Facts(Protocol):
    """The part of the catalogue that search needs."""

    def statistics(self, access: Collection[int], terms: Collection[str]) -> CollectionStatistics:
        """Exact term statistics over what these access classes hold."""

    def describe(self, documents: Collection[int]) -> Mapping[int, DocumentName]:
        """Names, titles, dates and sources of documents."""


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
        evidence = self._evidence(question, scope)
        scores = fuse(evidence)
        best = np.argsort(-scores, kind="stable")[:limit]
        return [
            ScoredCandidate(
                evidence.candidates[at], float(scores[at]), float(evidence.lexical[at]), float(evidence.dense[at])
            )
            for at in best
        ]

    def _evidence(self, question: str, scope: Scope) -> Evidence:
        analysed = analyse(question)
        statistics = self._catalogue.statistics(scope.access, set(analysed))
        terms = heaviest(analysed, statistics, _LONGEST_QUESTION)
        vector = self._encoder.encode([question])[0]
        return gather(question, terms, vector, self._candidates(terms, vector, scope), statistics)

    def _candidates(self, terms: Sequence[str], vector: NDArray[np.float32], scope: Scope) -> list[Candidate]:
        distinct = list(dict.fromkeys(terms))
        found = self._index.lexical(distinct, scope, _POOL) if distinct else []
        return list({place(row): row for row in [*found, *self._index.dense(vector, scope, _POOL)]}.values())
