"""A few things that many threads want: what is urgent goes first, and a heap gets its turn as well."""

from __future__ import annotations

import threading

from homeground.models import turns as module
from homeground.models.turns import Turns

PATIENCE_S = 20


def begin(turns: Turns[str], order: list[str], name: str, *, urgent: bool) -> threading.Thread:
    def work() -> None:
        thing = turns.take(urgent=urgent)
        order.append(name)
        turns.give_back(thing)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def waiting(turns: Turns[str], count: int) -> None:
    pause = threading.Event()
    for _ in range(PATIENCE_S * 100):
        if len(turns._changed._waiters) == count:
            return
        pause.wait(0.01)
    raise AssertionError("nobody waits")


def test_what_is_urgent_goes_before_a_heap_that_came_first():
    turns, order = Turns(["one"]), []
    taken = turns.take(urgent=False)
    threads = [begin(turns, order, "heap", urgent=False)]
    waiting(turns, 1)
    threads += [begin(turns, order, "urgent", urgent=True)]
    waiting(turns, 2)
    turns.give_back(taken)
    for each in threads:
        each.join(PATIENCE_S)
    assert order == ["urgent", "heap"]


def test_a_heap_gives_way_no_longer_than_its_patience(monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE_S", 0.05)
    turns, order = Turns(["one"]), []
    turns._urgent = 1  # somebody urgent who never comes
    begin(turns, order, "heap", urgent=False).join(PATIENCE_S)
    assert order == ["heap"]


def test_a_spare_one_is_lent_unless_a_heap_would_take_it_from_what_is_urgent():
    turns = Turns(["one", "two", "three"])
    turns.take(urgent=False)
    assert turns.take_spare(urgent=False)
    turns._urgent = 1  # somebody urgent is on the way
    assert turns.take_spare(urgent=False) is None
    assert turns.take_spare(urgent=True)
    assert turns.take_spare(urgent=True) is None


def test_a_heap_leaves_one_free_for_a_while_after_something_urgent(monkeypatch):
    turns = Turns(["one", "two"])
    turns.give_back(turns.take(urgent=True))
    turns.take(urgent=False)
    assert turns.take_spare(urgent=False) is None
    monkeypatch.setattr(module, "_CALM_S", 0.0)
    assert turns.take_spare(urgent=False)


def test_no_thing_is_lent_twice():
    turns, held, twice = Turns(["one", "two"]), set(), []

    def work(urgent: bool) -> None:
        for _ in range(50):
            thing = turns.take(urgent=urgent)
            if thing in held:
                twice.append(thing)
            held.add(thing)
            held.discard(thing)
            turns.give_back(thing)

    threads = [threading.Thread(target=work, args=(each % 2 == 0,)) for each in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(PATIENCE_S)
    assert not twice
    assert {turns.take_spare(urgent=True), turns.take_spare(urgent=True)} == {"one", "two"}
