"""One thing that many threads want: what is urgent goes first, and a heap gets its turn as well."""

from __future__ import annotations

import threading

from homeground.models import turns as module
from homeground.models.turns import Turns

PATIENCE_S = 20


def begin(turns: Turns, order: list[str], name: str, *, urgent: bool) -> threading.Thread:
    def work() -> None:
        with turns.turn(urgent=urgent):
            order.append(name)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def waiting(turns: Turns, count: int) -> None:
    pause = threading.Event()
    for _ in range(PATIENCE_S * 100):
        if len(turns._changed._waiters) == count:
            return
        pause.wait(0.01)
    raise AssertionError("nobody waits")


def test_what_is_urgent_goes_before_a_heap_that_came_first():
    turns, order = Turns(), []
    with turns.turn(urgent=False):
        threads = [begin(turns, order, "heap", urgent=False)]
        waiting(turns, 1)
        threads += [begin(turns, order, "urgent", urgent=True)]
        waiting(turns, 2)
    for each in threads:
        each.join(PATIENCE_S)
    assert order == ["urgent", "heap"]


def test_a_heap_gives_way_no_longer_than_its_patience(monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE_S", 0.05)
    turns, order = Turns(), []
    turns._urgent = 1  # somebody urgent who never comes
    begin(turns, order, "heap", urgent=False).join(PATIENCE_S)
    assert order == ["heap"]


def test_one_holds_it_at_a_time():
    turns, inside, most = Turns(), [0], [0]

    def work(urgent: bool) -> None:
        for _ in range(50):
            with turns.turn(urgent=urgent):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work, args=(each % 2 == 0,)) for each in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(PATIENCE_S)
    assert most == [1]
