"""What a client sends along is looked at in linear time, and not at all beyond what a word can refer to."""

from __future__ import annotations

import time

import pytest

from homeground import abandon
from homeground.answer import followup, mentions, words
from homeground.answer.followup import LOOKED_AT, Earlier, understand
from homeground.serve.openai.texts import MOST_EARLIER, MOST_TURNS, statements_of, turns_of

PATTERNS = ("Ab ", "A1 ", "a/", "the Ab ", "Ab. ", "it ", "of the ", "in Ab or ", "what is ", "— ", " ")


def seconds(work, text: str) -> float:
    took = []
    for _ in range(3):
        began = time.process_time()
        work(text)
        took.append(time.process_time() - began)
    return min(took)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("work", [mentions.names, mentions.phrases, mentions.topic, statements_of])
def test_four_times_the_text_takes_about_four_times_as_long(work, pattern):
    """Quadratic time would be sixteen times as long."""
    short, long = ((pattern * size)[:size] + "x" for size in (10_000, 40_000))
    assert seconds(work, long) < 10 * seconds(work, short) + 0.05


@pytest.mark.parametrize("tail", ["[1]", " ", "[1] "])
def test_marks_within_a_line_are_passed_over_once(tail):
    """A megabyte of them took hours: each was the beginning of a search to the end of the line."""
    text = "Yes. " + tail * 200_000
    assert seconds(statements_of, text + "x") < 10
    assert statements_of("Yes. [1][2] [3]\nNo [4] never.") == ["Yes.", "No [4] never."]


QUESTIONS = (
    "And in 2022?",
    "How heavy is it?",
    "What about Norway?",
    "Why?",
    "And for training costs?",
    "那2022年呢？",
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_only_the_beginning_of_an_earlier_message_is_looked_at(monkeypatch, question):
    looked: list[int] = []
    for module in (mentions, followup, followup.completed.__globals__):
        space = module if isinstance(module, dict) else vars(module)
        for name in ("names", "phrases", "topic"):
            known = space[name]

            def noted(text: str, known=known):
                looked.append(len(text))
                return known(text)

            monkeypatch.setitem(space, name, noted)
    text = "How heavy is the Heron 300 of Ab in 2021? " * 25_000
    understand(question, [Earlier(text, (text,))] * 3)
    assert max(looked, default=0) <= LOOKED_AT + 10


def test_a_question_longer_than_any_follow_up_is_left_as_it_is():
    turn = Earlier("How heavy is the Heron 300?")
    assert understand("How long is it?", [turn]) is not None
    assert understand("How long is it?" + " it" * LOOKED_AT, [turn]) is None


def test_the_newest_turns_are_kept_and_of_each_the_beginning():
    said = [each for turn in range(40) for each in (("user", f"{turn} " + "q" * 50_000), ("assistant", "a " * 50_000))]
    turns = turns_of(said)
    assert [turn.question.split()[0] for turn in turns] == [str(turn) for turn in range(40 - MOST_TURNS, 40)]
    assert all(len(turn.question) <= MOST_EARLIER for turn in turns)
    assert all(sum(map(len, turn.answers)) <= MOST_EARLIER for turn in turns)


def test_long_texts_are_not_remembered():
    before = words._remembered.cache_info().currsize
    assert words.terms_in("heron " * 10_000) == words.terms_in("heron")
    assert words._remembered.cache_info().currsize <= before + 1


def test_what_nobody_waits_for_ends_within_the_look_at_a_text():
    stop = abandon.Stop()
    stop.set()
    with stop.watched(), pytest.raises(abandon.AbandonedError):
        mentions.names("Ab Cd and Ef")
