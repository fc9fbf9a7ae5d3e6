"""Answers that nobody waits for any more: nothing is sent, nothing goes on, and what was shown stays true."""

from __future__ import annotations

import pytest

from homeground import abandon
from homeground.abandon import AbandonedError, Stop
from homeground.answer.generate import Writer
from homeground.models.generator import Usage

PUMPS = "The P-100 pump weighs 42 kg. Its warranty lasts 24 months from delivery."
TEXT = ["The P-100 pump weighs 42 kg [1]. ", "Its warranty lasts 24 months from delivery [1]. "]


class Endless:
    """A generator that writes until it is cancelled; ``at`` is the piece at which its asker goes."""

    name, digest, destination, context_tokens = "endless", "d" * 64, "", 1000
    usage, finish = Usage(7, 3), "cancelled"

    def __init__(self, stop: Stop, at: int) -> None:
        self.stop, self.at, self.begun, self.cancelled = stop, at, False, False

    def count_tokens(self, messages):
        return 10

    def generate(self, messages, sampling):
        self.begun = True
        return self

    def __iter__(self):
        for number in range(1_000):
            if self.cancelled:
                return
            yield TEXT[number] if number < len(TEXT) else f"And more of it, number {number}. "
            if number == self.at:
                self.stop.set()
        raise AssertionError("nobody stopped it")

    def cancel(self) -> None:
        self.cancelled = True


@pytest.fixture
def asked(shelf, word_encoder):
    """Asks with a generator whose asker goes at a piece."""

    def ask(at: int, say=None, stop=None):
        stop = stop or Stop()
        generator = Endless(stop, at)
        with stop.watched():
            writer = Writer(generator, word_encoder, "rcg", 100)
            return shelf(pumps=PUMPS).ask("What about it?", answerer=writer, say=say), generator

    return ask


def test_an_answer_that_nobody_has_seen_is_given_up(asked):
    with pytest.raises(AbandonedError):
        asked(at=4)


def test_an_answer_of_which_something_was_shown_ends_with_what_was_shown(asked):
    shown = []
    answer, generator = asked(at=3, say=shown.append)
    assert [each.text for each in answer.statements] == [each.text for each in shown]
    assert shown[0].text == "The P-100 pump weighs 42 kg."
    assert generator.cancelled


def test_nothing_is_begun_for_somebody_who_has_gone(asked):
    stop = Stop()
    stop.set()
    with pytest.raises(AbandonedError):
        asked(at=0, stop=stop)


def test_who_comes_too_late_hears_at_once_and_who_has_left_hears_nothing():
    stop, heard = Stop(), []
    with stop.calling(lambda: heard.append("early")):
        pass
    stop.set()
    assert heard == []
    with stop.calling(lambda: heard.append("late")):
        assert heard == ["late"]


def test_where_nobody_could_give_it_up_nothing_is_told():
    with abandon.calling(lambda: pytest.fail("told")):
        abandon.check()
    assert not abandon.told()
