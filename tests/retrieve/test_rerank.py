"""Reranking: the named company and year win, figures win where they are asked for, and without a name nothing moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homeground.catalogue.records import DocumentName
from homeground.index.analyser import analyse
from homeground.index.contract import Row
from homeground.index.statistics import CollectionStatistics
from homeground.retrieve.evidence import Evidence, gather
from homeground.retrieve.fuse import fuse
from homeground.retrieve.rerank import likely_documents, rerank

FILES = {1: "BROOKPUMPS_2021.pdf", 2: "BROOKPUMPS_2022.pdf", 3: "VELLUMPRESS_2022.pdf", 4: "BROOKPUMPS_2022Q2.pdf"}
NAMES = {one: DocumentName(name, "", None, "files") for one, name in FILES.items()}
PAGES = (
    "Net sales grew because more pumps were sold in the north.",
    "Net sales 4,120 3,870 3,655\nCost of sales 2,910 2,733 2,541\nNet income 415 388 301",
    "The board met six times during the year and has three committees.",
    "Risks of supply are described below, beside those of currency.",
    "The plants are in four countries and are leased for ten years.",
    "Auditors looked at net sales and found no fault with them.",
)


def row(document: int, page: int, text: str) -> Row:
    """All vectors are alike, so that nothing but what is tested tells the rows apart."""
    return Row(
        document=document,
        revision="r",
        source=1,
        access=1,
        date=None,
        ordinal=page,
        page=page,
        start=0,
        end=len(text),
        text=text,
        context="",
        terms=tuple(analyse(text)),
        vector=np.array([1.0, 0.0], np.float32),
    )


def evidence_of(question: str, documents: tuple[int, ...] = (1, 2, 3, 4)) -> Evidence:
    rows = [row(document, page, text) for document in documents for page, text in enumerate(PAGES, 1)]
    terms = analyse(question)
    frequency = {term: sum(term in one.terms for one in rows) for term in terms}
    statistics = CollectionStatistics(len(rows), float(np.mean([len(one.terms) for one in rows])), frequency)
    return gather(question, terms, np.array([1.0, 0.0], np.float32), rows, statistics)


def reranked(evidence: Evidence) -> NDArray[np.float32]:
    return rerank(evidence, fuse(evidence), NAMES)


def best(evidence: Evidence) -> tuple[int, int]:
    found = evidence.candidates[int(np.argmax(reranked(evidence)))]
    return found.document, found.page


def test_the_named_company_and_year_win() -> None:
    assert best(evidence_of("What were the net sales of Brook Pumps in 2021?"))[0] == 1
    assert best(evidence_of("What were the net sales of Brook Pumps in FY2022?"))[0] == 2
    assert best(evidence_of("What were the net sales of Vellum Press in 2022?"))[0] == 3
    assert best(evidence_of("What were the net sales of Brook Pumps in Q2 2022?"))[0] in {2, 4}


def test_a_year_without_its_own_report_is_looked_for_in_the_next() -> None:
    assert best(evidence_of("What were the net sales of Brook Pumps in 2020?"))[0] == 1


def test_the_page_with_the_figures_wins_where_a_figure_is_asked_for() -> None:
    assert best(evidence_of("How much were the net sales of Brook Pumps in 2022?")) == (2, 2)


def test_without_a_name_nothing_changes() -> None:
    evidence = evidence_of("How much were the net sales?")
    relevance = fuse(evidence)
    assert rerank(evidence, relevance, NAMES) is relevance
    assert likely_documents("How much were the net sales?", NAMES) == frozenset()


def test_a_named_document_of_one_passage_changes_nothing() -> None:
    evidence = evidence_of("What were the net sales of Vellum Press?", (1, 2))
    single = gather(
        evidence.question,
        evidence.terms,
        np.array([1.0, 0.0], np.float32),
        [*evidence.candidates, row(3, 1, PAGES[0])],
        CollectionStatistics(13, 9.0, {}),
    )
    relevance = fuse(single)
    assert rerank(single, relevance, NAMES) is relevance


def test_scores_stay_between_0_and_1() -> None:
    scores = reranked(evidence_of("How much were the net sales of Brook Pumps in 2022?"))
    assert scores.dtype == np.float32
    assert 0 <= scores.min() <= scores.max() <= 1


def test_no_candidates_give_no_scores() -> None:
    empty = gather("Brook Pumps?", ["brook"], np.zeros(2, np.float32), [], CollectionStatistics(0, 0.0, {}))
    assert len(reranked(empty)) == 0


def test_likely_documents_are_those_named() -> None:
    assert likely_documents("What were the net sales of Brook Pumps in 2021?", NAMES) == {1, 2, 4}
    assert likely_documents("What did Vellum Press sell?", NAMES) == {3}
