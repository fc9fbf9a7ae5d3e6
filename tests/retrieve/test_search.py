"""Search over an index in memory: what is found, in which order, and what may not show."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from homeground.catalogue.records import DocumentName
from homeground.index.analyser import analyse
from homeground.index.contract import Candidate, Row, Scope
from homeground.index.statistics import CollectionStatistics
from homeground.retrieve.search import ScoredCandidate, Searcher

OPEN, SECRET = 1, 2
PUBLIC = Scope(access=frozenset({OPEN}))


class TrigramEncoder:
    """A deterministic embedder: texts that share groups of three letters are near each other."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), 64), np.float32)
        for row, text in enumerate(texts):
            for at in range(max(1, len(text) - 2)):
                vectors[row, zlib.crc32(text[at : at + 3].lower().encode()) % 64] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


class MemoryIndex:
    """Generates candidates as an index does: by statistics over everything, hidden rows included."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.all = list(rows)

    def read(self, work: Callable[[MemoryIndex], Any]) -> Any:
        return work(self)

    def rows_at(self, rows: Sequence[Row]) -> list[int]:
        place = {id(row): at for at, row in enumerate(self.all)}
        return [place[id(row)] for row in rows]

    def rows(self, addresses: Sequence[int]) -> list[Candidate]:
        return [self.all[address] for address in addresses]

    def lexical(self, terms: Sequence[str], scope: Scope, limit: int) -> list[int]:
        frequency = Counter(term for row in self.all for term in set(row.terms))
        weight = {term: len(self.all) / (1 + frequency[term]) for term in terms}
        scored = [(sum(row.terms.count(term) * weight[term] for term in terms), row) for row in self.visible(scope)]
        found = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])
        return self.rows_at([row for _, row in found[:limit]])

    def dense(self, vector: NDArray[np.float32], scope: Scope, limit: int) -> list[int]:
        return self.rows_at(sorted(self.visible(scope), key=lambda row: -float(row.vector @ vector))[:limit])

    def visible(self, scope: Scope) -> list[Row]:
        return [
            row
            for row in self.all
            if row.access in scope.access and (scope.documents is None or row.document in scope.documents)
        ]


class MemoryFacts:
    """Exact statistics over the visible access classes."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def statistics(self, access: Collection[int], terms: Collection[str]) -> CollectionStatistics:
        visible = [row for row in self.rows if row.access in access]
        frequency = {term: sum(term in row.terms for row in visible) for term in terms}
        mean = sum(len(row.terms) for row in visible) / len(visible) if visible else 0.0
        return CollectionStatistics(passages=len(visible), mean_length=mean, frequency=frequency)

    def facts(self, *keys: str) -> dict[str, str]:
        return {}

    def names(self, access: Collection[int]) -> dict[int, DocumentName]:
        visible = {row.document for row in self.rows if row.access in access}
        return {at: DocumentName(f"docs/{at}.txt", f"Paper {at}", None, "docs") for at in visible}


def passage(document: int, text: str, *, page: int = 1, start: int = 0, access: int = OPEN) -> Row:
    return Row(
        document=document,
        revision="0" * 64,
        source=1,
        access=access,
        date=None,
        ordinal=0,
        page=page,
        start=start,
        end=start + len(text),
        text=text,
        context="",
        terms=tuple(analyse(text)),
        vector=TrigramEncoder().encode([text])[0],
    )


def searcher(rows: Sequence[Row]) -> Searcher:
    return Searcher(MemoryIndex(rows), TrigramEncoder(), MemoryFacts(rows))  # type: ignore[arg-type]


def places(hits: Sequence[ScoredCandidate]) -> list[tuple[int, int, int]]:
    return [(hit.candidate.document, hit.candidate.page, hit.candidate.start) for hit in hits]


WORDS = [
    "harbour",
    "crane",
    "invoice",
    "turbine",
    "contract",
    "holiday",
    "pension",
    "battery",
    "warranty",
    "supplier",
    "audit",
    "vessel",
]


def library(count: int = 60) -> list[Row]:
    random = np.random.default_rng(5)
    return [passage(100 + at, " ".join(random.choice(WORDS, 12)) + f" number {at}.") for at in range(count)]


def test_the_passage_that_answers_comes_first_and_scores_fall() -> None:
    rows = [*library(), passage(900, "The warranty of the AX-200/7b battery lasts 1,577 days.")]
    hits = searcher(rows).search("How many days does the warranty of the ax200/7b last?", PUBLIC, 5)
    assert hits[0].candidate.document == 900
    assert len(hits) == 5
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_chinese_is_found_by_its_words() -> None:
    texts = ["合同的保修期为三年", "假期从七月开始", "涡轮机每年检修一次", "供应商的发票已经支付", "养老金的缴费率上升"]
    rows = [passage(at, text) for at, text in enumerate(texts)]
    assert places(searcher(rows).search("保修期有多长？", PUBLIC, 1)) == [(0, 1, 0)]


def test_no_passage_comes_twice() -> None:
    found = places(searcher(library()).search("harbour crane", PUBLIC, 100))
    assert len(found) == len(set(found)) == 60


def test_the_same_search_gives_the_same_hits_in_whatever_order_rows_lie() -> None:
    rows = library()
    first = searcher(rows).search("pension audit for the vessel", PUBLIC, 20)
    again = searcher(rows[::-1]).search("pension audit for the vessel", PUBLIC, 20)
    assert places(first) == places(again)
    assert [hit.score for hit in first] == pytest.approx([hit.score for hit in again], abs=1e-6)


def test_equal_passages_come_in_the_order_of_document_page_and_place() -> None:
    rows = [
        passage(2, "the pension audit", page=1),
        passage(1, "the pension audit", page=2),
        passage(1, "the pension audit", page=1, start=40),
        passage(1, "the pension audit", page=1, start=7),
        *library(),
    ]
    found = places(searcher(rows).search("pension audit", PUBLIC, 4))
    assert found == [(1, 1, 7), (1, 1, 40), (1, 2, 0), (2, 1, 0)]


@pytest.mark.parametrize("question", ["warranty of the battery", "vessel supplier holiday", "number 17"])
def test_what_may_not_be_read_changes_neither_hits_nor_scores(question: str) -> None:
    rows = library()
    secret = [passage(500 + at, "warranty battery vessel supplier " * (at % 5 + 1), access=SECRET) for at in range(80)]
    alone = searcher(rows).search(question, PUBLIC, 30)
    among = searcher([*secret, *rows]).search(question, PUBLIC, 30)
    assert places(alone) == places(among)
    assert [hit.score for hit in alone] == [hit.score for hit in among]


def test_hidden_passages_do_not_decide_which_visible_ones_are_candidates() -> None:
    """The hidden ones make "pension" common and so, by statistics over all, worth less than "vessel"."""
    rows = [passage(at, f"pension matter {at}") for at in range(90)] + [
        passage(200 + at, f"vessel matter {at} and many more words about it than there are in others")
        for at in range(90)
    ]
    secret = [passage(500 + at, f"pension {at}", access=SECRET) for at in range(300)]
    alone = searcher(rows).search("pension vessel", PUBLIC, 150)
    among = searcher([*rows, *secret]).search("pension vessel", PUBLIC, 150)
    assert [(each, hit.score) for each, hit in zip(places(alone), alone, strict=True)] == [
        (each, hit.score) for each, hit in zip(places(among), among, strict=True)
    ]


def test_who_may_read_nothing_finds_nothing() -> None:
    assert searcher(library()).search("warranty", Scope(access=frozenset()), 10) == []


def test_an_empty_index_finds_nothing() -> None:
    assert searcher([]).search("warranty", PUBLIC, 10) == []


@pytest.mark.parametrize("question", ["", "who is it and what was that", "?!… —", "😀🎉", "\x00", "ß" * 3, "字"])
def test_odd_questions_are_answered_by_the_dense_leg(question: str) -> None:
    hits = searcher(library()).search(question, PUBLIC, 5)
    assert len(hits) == 5
    assert all(np.isfinite(hit.score) for hit in hits)


def test_a_question_of_ten_thousand_words_is_searched_by_its_rarest() -> None:
    rows = [*library(), passage(900, "zymurgy is the chemistry of fermentation")]
    long = " ".join(f"filler{at}" for at in range(5_000)) + " zymurgy fermentation " + "vessel " * 5_000
    hits = searcher(rows).search(long, PUBLIC, 60)
    assert len(hits) == 60
