"""question → terms and vector → both legs under the scope → exact scores → fuse → rerank → the best."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from homeground.index.analyser import analyse
from homeground.retrieve.evidence import Evidence, gather, heaviest, place
from homeground.retrieve.fuse import fuse
from homeground.retrieve.names import Naming, visible_names
from homeground.retrieve.rerank import likely_documents, rerank

if TYPE_CHECKING:
    from homeground.index.contract import Candidate, PassageIndex, Scope, Snapshot
    from homeground.index.statistics import CollectionStatistics

_POOL = 100  # candidates per leg
_SPARE = 1.5  # times as many are fetched by words, so that the pool is right by visible statistics
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
        within = _scopes(scope, likely_documents(question, names), max(limit, _POOL))
        evidence = self._index.read(lambda snapshot: self._evidence(snapshot, question, within))
        scores = rerank(evidence, fuse(evidence), names)
        best = np.argsort(-scores, kind="stable")[:limit]
        return [_scored(evidence, scores, int(at)) for at in best]

    def _evidence(self, snapshot: Snapshot, question: str, within: Sequence[tuple[Scope, int]]) -> Evidence:
        """What both legs find in each scope, as many as are asked for there.

        The index ranks by statistics over all rows, hidden ones included: so more are fetched by words, and the best by
        visible statistics kept.
        """
        analysed = analyse(question)
        statistics = self._catalogue.statistics(within[0][0].access, set(analysed))
        terms = heaviest(analysed, statistics, _LONGEST_QUESTION)
        with ThreadPoolExecutor(1) as beside:  # the words do not wait for the vector
            words = beside.submit(_found_by_words, snapshot, list(dict.fromkeys(terms)), within)
            vector = self._encoder.encode([question])[0]
            meant = [snapshot.dense(vector, each, most) for each, most in within]
        worded = words.result()
        addresses = _distinct([*worded, *meant])
        rows = dict(zip(addresses, snapshot.rows(addresses), strict=True))
        ordered = sorted(rows, key=lambda address: place(rows[address]))
        evidence = gather(question, terms, vector, [rows[address] for address in ordered], statistics)
        places = {address: at for at, address in enumerate(ordered)}
        kept = {places[address] for leg in meant for address in leg}
        for leg, (_, most) in zip(worded, within, strict=True):
            kept |= _best_by_words(evidence, [places[address] for address in leg], most)
        return evidence.only(sorted(kept))


def _scopes(scope: Scope, likely: frozenset[int], pool: int) -> list[tuple[Scope, int]]:
    """Where candidates are looked for, and how many by each leg; a third as many among documents that are named."""
    if not likely:
        return [(scope, pool)]
    among = likely if scope.documents is None else likely & scope.documents
    return [(scope, pool), (replace(scope, documents=among), pool // 4)]


def _found_by_words(snapshot: Snapshot, terms: Sequence[str], within: Sequence[tuple[Scope, int]]) -> list[list[int]]:
    """Also reads the rows, while the other leg is still looking; the snapshot keeps them."""
    legs = [snapshot.lexical(terms, scope, int(_SPARE * most)) for scope, most in within]
    snapshot.rows(_distinct(legs))
    return legs


def _distinct(legs: Iterable[Sequence[int]]) -> list[int]:
    return list(dict.fromkeys(address for leg in legs for address in leg))


def _best_by_words(evidence: Evidence, places: Collection[int], most: int) -> set[int]:
    """Those of `places` with the highest exact BM25, equals in their order."""
    found = np.array(sorted(places), np.intp)
    best: list[int] = found[np.argsort(-evidence.lexical[found], kind="stable")[:most]].tolist()
    return set(best)


def _scored(evidence: Evidence, scores: NDArray[np.float32], at: int) -> ScoredCandidate:
    return ScoredCandidate(
        evidence.candidates[at], float(scores[at]), float(evidence.lexical[at]), float(evidence.dense[at])
    )
