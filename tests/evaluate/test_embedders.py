"""What a comparison of two embedders says, and when the new one may take over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from homeground.evaluate.cases import Case, Place
from homeground.evaluate.embedders import Asked, Comparison, Measure, Seat, compare, judge
from homeground.evaluate.metrics import Difference, compared, hit_at, rank, reciprocal
from homeground.types import Answer, Hit, Receipt, Statement

RECEIPT = Receipt("r", datetime.now(UTC), "q", "p", 1, {}, {}, {})


def seat(found: Mapping[str, str], refuses: Sequence[str] = (), says: str = "yes") -> Seat:
    """Finds, for each question, documents named by letters, page 1 of each; "b2" is page 2 of b."""

    def ask(question: str) -> Asked:
        hits = [_hit(name) for name in found[question].split()]
        said = () if question in refuses else (Statement(says, "retrieved", 1.0, ()),)
        return Asked(hits, Answer(question, question in refuses, said, (), RECEIPT))

    return ask


def _hit(name: str) -> Hit:
    return Hit(name[0], name[0], "r", int(name[1:] or 1), 0, 5, "words", 0.5)


def test_ranks_count_documents_and_pages_once() -> None:
    cases = [Case("one", (Place("b", 2),)), Case("two", (Place("c"),)), Case("three")]
    old = seat({"one": "a a a b b2", "two": "a b c", "three": "a"})
    new = seat({"one": "b2 a", "two": "b", "three": "a"})
    found = compare(cases, ["lost"], old, new)
    by = {(each.level, each.name): each for each in found.measures}
    assert (found.questions, found.labelled, found.unknown) == (3, 2, ("lost",))
    assert by["document", "mrr"].figures.old == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert by["document", "mrr"].figures.new == pytest.approx((1 + 0) / 2)
    assert (by["page", "mrr"].questions, by["page", "mrr"].figures.old) == (1, pytest.approx(1 / 3))
    assert [by["document", name].figures.old for name in ("hit@1", "hit@5", "hit@10")] == [0, 1, 1]


def test_what_changes_is_told_without_labels() -> None:
    cases = [Case("one"), Case("two"), Case("three")]
    old = seat({"one": "a b", "two": "a", "three": ""}, refuses=["three"])
    new = seat({"one": "b a", "two": "c", "three": "a"}, refuses=["two"], says="no")
    found = compare(cases, (), old, new)
    assert (found.overlap, found.shift) == (pytest.approx(1 / 3), 1.0)
    assert (found.top_changed, found.now_refused, found.now_answered, found.answered_otherwise) == (3, 1, 1, 1)
    assert [(each.question, each.old, each.new) for each in found.moved] == [
        ("one", "a", "b"),
        ("two", "a", "c"),
        ("three", "", "a"),
    ]
    assert found.measures == ()


def test_the_same_embedder_changes_nothing() -> None:
    one = seat({"one": "a b c"})
    found = compare([Case("one", (Place("b", 1),))], (), one, one)
    assert (found.overlap, found.shift, found.top_changed, found.answered_otherwise) == (1.0, 0.0, 0, 0)
    assert judge(found, 0.0).passed


def with_mrr(*figures: Difference, level: str = "document") -> Comparison:
    measures = tuple(Measure("mrr", level, 50, each) for each in figures)
    return Comparison(50, 50, (), 1.0, 0.0, 0, 0, 0, 0, measures)


@pytest.mark.parametrize(
    ("low", "high", "allowed", "passed", "words"),
    [
        (-0.04, 0.10, 0.05, True, "no loss of more than 0.05"),
        (-0.06, 0.10, 0.05, False, "cannot be ruled out"),
        (-0.30, -0.10, 0.05, False, "it is worse"),
        (-0.30, -0.10, 0.30, True, "no loss"),
        (0.01, 0.10, -0.05, False, "cannot be ruled out"),
        (0.06, 0.10, -0.05, True, "no loss"),
    ],
)
def test_the_interval_decides(low: float, high: float, allowed: float, passed: bool, words: str) -> None:
    verdict = judge(with_mrr(Difference(0.5, 0.5 + (low + high) / 2, low, high)), allowed)
    assert (verdict.passed, words in verdict.why) == (passed, True)


@pytest.mark.parametrize(("gain", "passed"), [(0.0, True), (-0.04, True), (-0.06, False)])
def test_of_few_questions_the_mean_decides_and_that_is_said(gain: float, passed: bool) -> None:
    few = Measure("mrr", "page", 9, Difference(0.5, 0.5 + gain, -0.9, 0.9))
    verdict = judge(Comparison(9, 9, (), 1.0, 0.0, 0, 0, 0, 0, (few,)), 0.05)
    assert (verdict.passed, "too few" in verdict.why) == (passed, True)


def test_pages_decide_where_they_are_given() -> None:
    good, bad = Difference(0.5, 0.6, 0.05, 0.15), Difference(0.5, 0.4, -0.15, -0.05)
    both = Comparison(
        9, 9, (), 1.0, 0.0, 0, 0, 0, 0, (Measure("mrr", "document", 90, good), Measure("mrr", "page", 90, bad))
    )
    assert not judge(both, 0.05).passed


def test_without_labels_or_questions_nothing_stands_in_the_way() -> None:
    assert judge(None, 0.05).passed
    assert judge(with_mrr(), 0.05).passed


def test_ranks_and_figures() -> None:
    assert [rank("abc", letter.__eq__) for letter in "abz"] == [1, 2, 0]
    assert hit_at([0, 1, 5, 6], 5).tolist() == [0, 1, 1, 0]
    assert reciprocal([0, 1, 4]).tolist() == [0, 1, 0.25]


def test_the_interval_is_paired_and_covers_what_it_should() -> None:
    rng = np.random.default_rng(0)
    same = rng.random(200)
    assert (compared(same, same).low, compared(same, same).high) == (0, 0), "what both have in common cancels"
    inside = 0
    for seed in range(200):
        old = rng.random(60)
        found = compared(old, old + rng.normal(0.1, 0.5, 60), seed)
        inside += found.low <= 0.1 <= found.high
    assert 180 <= inside <= 198, "about 95 of 100"
