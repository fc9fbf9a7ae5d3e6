"""Whose turn it is: bounded work, fair turns, rates, and work that nobody waits for any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest

from homeground import abandon
from homeground.access.caller import ROLES, Caller, Via
from homeground.serve.admission import Admission
from homeground.serve.errors import BusyError
from homeground.serve.rates import Rates
from homeground.serve.service import Service
from homeground.serve.work import admitted
from homeground.settings import ServeSettings
from homeground.types import Principal

FREE = {"rate_per_minute": 0, "asks": 1}
PATIENCE_S = 20


def person(name: str, via: Via = "token") -> Caller:
    return Caller(Principal(name), "reader", ROLES["reader"], via)


class Desk:
    """Work that goes on until it is released, and notes the order in which it was begun."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.release = threading.Event()
        self.most = self._now = 0
        self._lock = threading.Lock()

    def work(self, name: str) -> str:
        with self._lock:
            self.begun.append(name)
            self._now += 1
            self.most = max(self.most, self._now)
        assert self.release.wait(PATIENCE_S)
        with self._lock:
            self._now -= 1
        return name


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(scene(), PATIENCE_S))


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


def test_no_more_is_worked_on_at_once_than_the_settings_say_and_everything_is_done():
    desk = Desk()

    async def scene() -> None:
        admission = Admission(ServeSettings(rate_per_minute=0, asks=3))
        tasks = [asyncio.ensure_future(admission.run(person("ines"), desk.work, str(at))) for at in range(10)]
        await until(lambda: len(desk.begun) == 3)
        assert (admission.load.running, admission.load.waiting) == (3, 7)
        desk.release.set()
        assert await asyncio.gather(*tasks) == [str(at) for at in range(10)]
        assert (admission.load.running, admission.load.waiting) == (0, 0)

    play(scene)
    assert desk.most == 3


def test_who_asks_once_does_not_wait_behind_a_hundred_questions_of_another():
    desk = Desk()

    async def scene() -> None:
        admission = Admission(ServeSettings(queue=200, **FREE))
        tasks = [asyncio.ensure_future(admission.run(person("hog"), desk.work, "hog")) for _ in range(100)]
        await settled()
        tasks += [asyncio.ensure_future(admission.run(person(name), desk.work, name)) for name in ("ana", "ben")]
        await settled()
        desk.release.set()
        await asyncio.gather(*tasks)

    play(scene)
    assert {"ana", "ben"} <= set(desk.begun[:4])


def test_beyond_the_queue_one_is_told_when_to_come_back():
    desk = Desk()

    async def scene() -> None:
        admission = Admission(ServeSettings(queue=2, **FREE))
        tasks = [asyncio.ensure_future(admission.run(person("ana"), desk.work, "a")) for _ in range(3)]
        await settled()
        with pytest.raises(BusyError) as busy:
            await admission.run(person("ana"), desk.work, "b")
        assert 1 <= busy.value.retry_after <= 120
        assert f"{busy.value.retry_after} s" in str(busy.value)
        desk.release.set()
        assert await asyncio.gather(*tasks) == ["a", "a", "a"]

    play(scene)
    assert "b" not in desk.begun


def test_a_full_queue_makes_room_for_somebody_else_at_the_cost_of_who_fills_it():
    desk = Desk()

    async def scene() -> None:
        admission = Admission(ServeSettings(queue=3, **FREE))
        hogs = [asyncio.ensure_future(admission.run(person("hog"), desk.work, "hog")) for _ in range(4)]
        await settled()
        other = asyncio.ensure_future(admission.run(person("ana"), desk.work, "ana"))
        await settled()
        desk.release.set()
        assert await other == "ana"
        given = await asyncio.gather(*hogs, return_exceptions=True)
        assert [type(each).__name__ for each in given] == ["str", "str", "str", "BusyError"]
        assert admission.load.full == 1

    play(scene)


def test_how_long_to_wait_follows_from_how_long_the_work_took():
    desk = Desk()
    desk.release.set()

    async def scene() -> None:
        quick = Admission(ServeSettings(queue=50, **FREE))
        for _ in range(30):
            await quick.run(person("ana"), desk.work, "a")
        slow = Admission(ServeSettings(queue=50, **FREE))
        slow._mean_s = 9.0
        assert quick.retry_after() == 1
        assert slow.retry_after() == 9

    play(scene)


def test_waiting_work_whose_asker_has_gone_is_never_begun():
    desk = Desk()

    async def scene() -> None:
        admission = Admission(ServeSettings(**FREE))
        first = asyncio.ensure_future(admission.run(person("ana"), desk.work, "first"))
        gone = asyncio.ensure_future(admission.run(person("ben"), desk.work, "gone"))
        await until(lambda: bool(desk.begun))
        gone.cancel()
        await settled()
        assert (admission.load.waiting, admission.load.dropped) == (0, 1)
        desk.release.set()
        await first
        assert await admission.run(person("ben"), desk.work, "next") == "next"

    play(scene)
    assert desk.begun == ["first", "next"]


def test_running_work_hears_that_its_asker_has_gone():
    heard = threading.Event()
    begun = threading.Event()

    def work() -> None:
        with abandon.calling(heard.set):
            begun.set()
            assert heard.wait(PATIENCE_S)
        abandon.check()

    async def scene() -> None:
        admission = Admission(ServeSettings(**FREE))
        task = asyncio.ensure_future(admission.run(person("ana"), work))
        await until(begun.is_set)
        task.cancel()
        await until(heard.is_set)
        await until(lambda: admission.load.running == 0)
        assert admission.load.abandoned == 1
        assert await admission.run(person("ana"), abandon.told) is False

    play(scene)


def test_an_error_of_the_work_reaches_who_asked_and_frees_the_place():
    def fails() -> None:
        raise LookupError("nothing there")

    async def scene() -> None:
        admission = Admission(ServeSettings(**FREE))
        with pytest.raises(LookupError, match="nothing there"):
            await admission.run(person("ana"), fails)
        assert await admission.run(person("ana"), str, 5) == "5"

    play(scene)


def test_a_person_asks_no_more_often_than_the_settings_say_and_others_do_not_suffer():
    async def scene() -> None:
        admission = Admission(ServeSettings(rate_per_minute=60, rate_burst=3))
        for _ in range(3):
            await admission.run(person("ana"), int)
        with pytest.raises(BusyError, match="60 questions") as busy:
            await admission.run(person("ana"), int)
        assert busy.value.retry_after == 1
        assert admission.load.often == 1
        await admission.run(person("ben"), int)
        await admission.uncounted(person("ana"), int)

    play(scene)


def test_the_local_owner_asks_as_often_as_they_like():
    async def scene() -> None:
        admission = Admission(ServeSettings(rate_per_minute=1, rate_burst=1))
        for _ in range(5):
            await admission.run(person("me", "local"), int)

    play(scene)


def test_a_bucket_fills_at_its_rate_and_no_higher_than_its_brim():
    now = [0.0]
    rates = Rates(30, 2, lambda: now[0])
    assert [rates.wait_s("ana") for _ in range(4)] == [0, 0, 2, 2]
    now[0] = 2.0
    assert [rates.wait_s("ana") for _ in range(2)] == [0, 2]
    now[0] = 1000.0
    assert [rates.wait_s("ana") for _ in range(3)] == [0, 0, 2]
    assert Rates(0, 1).wait_s("ana") == 0


def test_questions_do_not_wait_for_pictures_of_which_one_is_drawn_at_a_time(workspace):
    desk, service = Desk(), Service(workspace, ServeSettings(**FREE))

    async def scene() -> None:
        def draw(name: str) -> Coroutine[Any, Any, str]:
            return admitted(service, person(name), partial(desk.work, name), counted=False, drawn=True)

        drawn = [asyncio.create_task(draw(name)) for name in ("ann", "bob", "cid")]
        await until(lambda: desk.begun == ["ann"])
        assert await admitted(service, person("ann"), lambda: "answered") == "answered"
        desk.release.set()
        assert await asyncio.gather(*drawn) == ["ann", "bob", "cid"]
        assert desk.most == 1

    play(scene)
