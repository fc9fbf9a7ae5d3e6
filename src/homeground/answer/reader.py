"""The built-in reader: picks the sentences and table rows that answer, and quotes them. No generator is needed.

question + hits → sentences → features → learnt rank and support → quotes with checked spans
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from homeground.answer.asked import take_apart
from homeground.answer.candidates import candidates, shortlist
from homeground.answer.cite import PageText, cite
from homeground.answer.conflict import conflicts, newest_first
from homeground.answer.features import Evidence, measure
from homeground.answer.scorer import Weights, rank, shipped_weights, support
from homeground.answer.wording import wording
from homeground.types import Hit, Statement

READ_HITS = 8  # passages looked into
SPARE = 5  # candidates beyond the limit: some quotes do not hold, some say the same again
SENTENCES = 20  # that get a vector, some 4 ms of one core each: more find nothing more (docs/lab-log.md)


class Encoder(Protocol):
    """Texts → unit vectors, shape (texts, dimension)."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...  # noqa: D102


class Statistics(Protocol):
    """How many visible passages there are, and how many of them hold each term."""

    @property
    def passages(self) -> int: ...  # noqa: D102
    @property
    def frequency(self) -> Mapping[str, int]: ...  # noqa: D102


class CountTerms(Protocol):
    """Statistics of these terms over the passages that the principal may read."""

    def __call__(self, terms: Collection[str]) -> Statistics: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader found: statements (best first, except that of conflicting ones the newer leads), how well the
    best one is supported in [0, 1], and notes for the person who asks."""

    statements: tuple[Statement, ...]
    support: float
    notes: tuple[str, ...] = ()


NOTHING = Reading((), 0.0)


class Reader:
    """Reads hits with an encoder and learnt weights; holds no state of a question."""

    def __init__(self, encoder: Encoder, weights: Weights | None = None) -> None:
        self._encoder = encoder
        self._weights = weights or shipped_weights()

    def read(
        self, question: str, hits: Sequence[Hit], page_text: PageText, count_terms: CountTerms, limit: int = 3
    ) -> Reading:
        """Pick at most ``limit`` statements from ``hits``; each holds a citation that was checked on its page."""
        evidence, vectors = look(self._encoder, question, hits, count_terms)
        if not evidence.candidates:
            return NOTHING
        table = measure(evidence)
        scores = rank(table, self._weights)
        order = [int(place) for place in np.argsort(-scores, kind="stable")]
        order, notes = _settle(evidence, order, vectors, limit)
        looked = order[: limit + SPARE]
        supports = {place: support(evidence, table, scores, self._weights, place) for place in looked}
        made = (_statement(evidence, place, supports[place], page_text) for place in looked)
        statements = _said_once(statement for statement in made if statement is not None)[:limit]
        return Reading(statements, max((s.support for s in statements), default=0.0), notes)


def look(
    encoder: Encoder, question: str, hits: Sequence[Hit], count_terms: CountTerms
) -> tuple[Evidence, NDArray[np.float32]]:
    """What there is to choose from, and the vectors of the candidates, shape (candidates, dimension)."""
    asked = take_apart(question)
    counted = count_terms(asked.terms)
    weights = {term: idf(counted, term) for term in asked.terms}
    unseen = frozenset(term for term in asked.terms if not counted.frequency.get(term))
    found = shortlist(candidates(hits[:READ_HITS]), weights, SENTENCES)
    vectors = encoder.encode([asked.text, *(candidate.text for candidate in found)])
    return Evidence(asked, weights, unseen, hits, found, vectors[1:] @ vectors[0]), vectors[1:]


def idf(counted: Statistics, term: str) -> float:
    """Weight of a term: rare among the visible passages is heavy (Robertson & Sparck Jones 1976)."""
    frequency = counted.frequency.get(term, 0)
    return math.log(1 + (max(counted.passages - frequency, 0) + 0.5) / (frequency + 0.5))


def _settle(
    evidence: Evidence, order: list[int], vectors: NDArray[np.float32], limit: int
) -> tuple[list[int], tuple[str, ...]]:
    """Bring what contradicts the best candidate up beside it, the newer document first."""
    found = conflicts(evidence.asked, order[:10], evidence.candidates, evidence.hits, vectors)[: max(limit - 1, 0)]
    if not found:
        return order, ()
    both = [order[0], *(conflict.other for conflict in found)]
    names = dict.fromkeys(_named(evidence, place) for place in newest_first(both, evidence.candidates, evidence.hits))
    note = f"The documents differ; the newer comes first: {', '.join(names)}."
    settled = newest_first(both, evidence.candidates, evidence.hits)
    return settled + [place for place in order if place not in both], (note,)


def _said_once(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Statements in the same words become one, in the place of the first, with the citations of all."""
    said: dict[str, Statement] = {}
    for each in statements:
        first = said.setdefault(each.text, each)
        said[each.text] = replace(first, citations=tuple(dict.fromkeys(first.citations + each.citations)))
    return tuple(said.values())


def _named(evidence: Evidence, place: int) -> str:
    hit = evidence.hits[evidence.candidates[place].hit]
    return f"{hit.document} ({hit.date:%Y-%m-%d})" if hit.date else hit.document


def _statement(evidence: Evidence, place: int, supported: float, page_text: PageText) -> Statement | None:
    """The candidate in words, with its quote first and, for a row of a table, that of its column names."""
    candidate = evidence.candidates[place]
    hit = evidence.hits[candidate.hit]
    citation = cite(hit, candidate.start, candidate.end, candidate.text, page_text)
    if citation is None:
        return None
    page = page_text(hit.document, hit.revision, hit.page)
    worded = wording(candidate, evidence.asked, page)
    spans = [worded.header] if worded.header else []
    headers = [cite(hit, start, end, page[start:end], page_text) for start, end in spans]
    return Statement(worded.text, "retrieved", supported, (citation, *filter(None, headers)))
