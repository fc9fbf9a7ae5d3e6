"""Fusion: arrays in, arrays out."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from homeground.retrieve import fuse


def evidence(lexical: list[float], dense: list[float], **parts: Any) -> Any:
    """Candidates that do not resemble each other, unless `vectors` or `terms` say so."""
    count = len(lexical)
    terms = parts.get("terms", [(f"t{at}",) for at in range(count)])
    return SimpleNamespace(
        candidates=tuple(SimpleNamespace(terms=each) for each in terms),
        lexical=np.array(lexical, np.float32),
        dense=np.array(dense, np.float32),
        vectors=np.array(parts.get("vectors", np.eye(count)), np.float32),
    )


def order(scores: Any) -> list[int]:
    return [int(at) for at in np.argsort(-scores, kind="stable")]


def test_what_both_legs_find_good_beats_the_best_of_either() -> None:
    lexical = [9.0, 8.0, 1.0, 0.5, 0.4, 0.3, 0.2, 0.1]
    dense = [0.1, 0.8, 0.9, 0.1, 0.2, 0.1, 0.2, 0.1]
    assert order(fuse.fuse(evidence(lexical, dense)))[0] == 1


def test_a_lead_counts_not_only_its_rank() -> None:
    lexical = [30.0, 4.0, 3.9, 3.8, 3.7, 3.6]
    dense = [0.50, 0.56, 0.55, 0.54, 0.53, 0.52]
    assert order(fuse.fuse(evidence(lexical, dense)))[0] == 0


def test_scores_lie_between_0_and_1() -> None:
    random = np.random.default_rng(1)
    scores = fuse.fuse(evidence(list(random.exponential(5, 150)), list(random.normal(0, 0.3, 150))))
    assert scores.shape == (150,)
    assert scores.min() >= 0 and scores.max() <= 1


def test_words_get_more_say_where_the_dense_leg_does_not_follow_them() -> None:
    lexical = np.linspace(10, 1, 50, dtype=np.float32)
    assert fuse.lexical_share(lexical, lexical / 20) == 0.5
    random = np.random.default_rng(2).permutation(50).astype(np.float32)
    assert fuse.lexical_share(lexical, random) > 0.6
    assert fuse.lexical_share(lexical, -lexical) == pytest.approx(0.85)


def test_the_legs_keep_equal_say_where_nothing_can_be_compared() -> None:
    nothing, some = np.zeros(5, np.float32), np.arange(5, dtype=np.float32)
    assert fuse.lexical_share(nothing, some) == 0.5
    assert fuse.lexical_share(some[:2] + 1, some[:2]) == 0.5


def test_a_passage_like_the_best_ones_rises() -> None:
    lexical = [9.0, 8.5, 3.0, 3.0] + [1.0] * 16
    dense = [0.8, 0.8, 0.4, 0.4] + [0.1] * 16
    vectors = np.eye(20)
    vectors[3] = (vectors[0] + vectors[1] + vectors[3]) / np.sqrt(3)
    assert order(fuse.fuse(evidence(lexical, dense)))[2] == 2
    assert order(fuse.fuse(evidence(lexical, dense, vectors=vectors)))[2] == 3
    alike = [("a", "b", "c"), ("a", "b", "d"), ("x",), ("a", "b")] + [(f"t{at}",) for at in range(16)]
    assert order(fuse.fuse(evidence(lexical, dense, terms=alike)))[2] == 3


def test_by_words_is_the_cosine_of_weighted_terms() -> None:
    similarity = fuse.by_words([("a", "b"), ("b", "a"), ("c",), ()])
    assert similarity[0, 1] == pytest.approx(1, abs=1e-5)
    assert similarity[0, 2] == similarity[0, 3] == similarity[0, 0] == 0


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_candidates_are_no_trouble(count: int) -> None:
    scores = fuse.fuse(evidence([1.0] * count, [0.5] * count))
    assert scores.shape == (count,)
    assert np.isfinite(scores).all()


def test_indifferent_legs_leave_equals_in_their_order() -> None:
    scores = fuse.fuse(evidence([0.0] * 30, [0.2] * 30))
    assert order(scores) == list(range(30))
