"""The score of support: what the evidence says scores above what it does not, and the exact findings come with it."""

import numpy as np
import pytest

from homeground.answer.common import shipped
from homeground.answer.entail import UNITS, look, support
from homeground.models.encoder import load_encoder

PASSAGE = (
    "Employees report sick by 8:30 on the first day, by telephone to their supervisor. A doctor's note is needed from"
    " the fourth day. The company pays full wages for six weeks. After that the health insurance pays."
)


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("all-minilm-l6-v2-int8")


@pytest.mark.parametrize(
    "text",
    [
        "A doctor's note is needed from the fourth day.",
        "From the fourth day of sickness a note by a doctor is needed.",
        "Wages are paid in full for six weeks by the company.",
    ],
)
def test_what_the_passage_says_is_supported(encoder, text):
    found = support(text, [PASSAGE], encoder)
    assert found.score >= 0.5
    assert found.missing == ()


@pytest.mark.parametrize(
    "text",
    [
        "The cafeteria serves lunch from noon.",
        "Parents may return part-time after the birth of a child.",
        "A doctor's note is needed from the fourth day, and flights are booked by the travel office.",
    ],
)
def test_what_the_passage_does_not_say_is_not(encoder, text):
    assert support(text, [PASSAGE], encoder).score < 0.5


def test_a_wrong_figure_is_named_although_the_score_is_high(encoder):
    found = support("The company pays full wages for seven weeks.", [PASSAGE], encoder)
    assert found.missing == ("seven",)


def test_one_unsupported_clause_lowers_the_score(encoder):
    right = support("The company pays full wages for six weeks.", [PASSAGE], encoder)
    more = support("The company pays full wages for six weeks and lends bicycles to visitors.", [PASSAGE], encoder)
    assert more.score < right.score - 0.2


def test_the_order_of_the_evidence_does_not_matter(encoder):
    text, parts = "The company pays full wages for six weeks.", PASSAGE.split(". ")
    assert support(text, parts, encoder).score == pytest.approx(support(text, parts[::-1], encoder).score, abs=1e-5)


def test_without_evidence_there_is_no_support(encoder):
    assert support("It costs 15.", [], encoder).score == 0.0
    assert support("It costs 15.", ["", "  "], encoder) == support("It costs 15.", [], encoder)


def test_chinese_statements_are_scored(encoder):
    evidence = ["保修期为24个月，不包括密封件。公司支付六周的工资。"]
    said, other = (support(text, evidence, encoder).score for text in ("公司支付六周的工资。", "食堂中午供应午餐。"))
    assert said > 0.5 > other


def test_a_long_page_costs_no_more_vectors_than_a_short_one():
    page = " ".join(f"Sentence number {number} speaks of the pump in hall {number}." for number in range(500))
    assert len(look("The pump in hall 7 is loud.", [page]).texts) <= UNITS + 1


@pytest.mark.parametrize("text", ["", "...", "的", "a" * 5000, "\ud800 \x00"])
def test_no_text_is_too_strange_to_be_scored(encoder, text):
    assert 0.0 <= support(text, [PASSAGE], encoder).score <= 1.0
    assert 0.0 <= support("It costs 15.", [text], encoder).score <= 1.0


def test_more_words_and_a_nearer_sentence_never_speak_against():
    _, cover, cosine = shipped().weights
    assert cover > 0 and cosine > 0
    assert np.isfinite(shipped().weights).all()
