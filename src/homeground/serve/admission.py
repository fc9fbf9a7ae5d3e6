"""Whose turn it is: few questions are worked on at once, some wait, the others are told when to come back.

People take turns: the next free worker goes to whoever has waited since their last turn, so that one person's hundred
questions delay another one's only by those that are being worked on. What nobody waits for any more is dropped.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from homeground.abandon import Stop
from homeground.serve.errors import BusyError
from homeground.serve.rates import Rates

if TYPE_CHECKING:
    from homeground.access.caller import Caller
    from homeground.settings import ServeSettings

P = ParamSpec("P")
T = TypeVar("T")

_MOST_AT_ONCE = 256
_LONGEST_S = 120  # that anybody is told to wait
_FORGETTING = 0.1  # weight of the newest in the mean time of work
_FULL = "Too many questions are waiting. Try again in {wait} s."
_OFTEN = "You have asked {rate} questions within a minute, which is the limit here. Try again in {wait} s."


def cores_suit() -> int:
    """How many questions at once suit the built-in reader: its steps use all cores. Measured by bench/serve.py."""
    return max(2, (os.cpu_count() or 2))


@dataclass(slots=True)
class Load:
    """What admission has seen: for the figures of the service."""

    waiting: int = 0
    running: int = 0
    full: int = 0  # turned away since too many waited
    often: int = 0  # turned away since one person asked too often
    dropped: int = 0  # given up before their turn came
    abandoned: int = 0  # given up while they were worked on


@dataclass(eq=False, slots=True)
class _Ticket:
    """Work on its way. ``since`` is when it came, or began."""

    person: str
    work: Callable[[], Any]
    given: asyncio.Future[Any]
    since: float
    begun: bool = False
    stop: Stop = field(default_factory=Stop)


class Admission:
    """Lets work in, in threads of its own. Everything but the work happens in the loop of the service.

    ``at_once`` says how many are worked on at once where the settings leave it open; ``observe`` hears of each one how
    long it waited and how long it took, in seconds.
    """

    def __init__(
        self,
        settings: ServeSettings,
        at_once: Callable[[], int] = cores_suit,
        observe: Callable[[float, float], None] = lambda waited, took: None,
    ) -> None:
        self._settings, self._at_once, self.observe = settings, at_once, observe
        self._queues: dict[str, deque[_Ticket]] = {}  # by person, in the order of their turns
        self._running: set[_Ticket] = set()
        self._rates = Rates(settings.rate_per_minute, settings.rate_burst)
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE, "homeground-ask")
        self._mean_s = 0.25
        self.load = Load()

    @property
    def workers(self) -> int:
        """How many are worked on at once."""
        return self._settings.asks or min(max(1, self._at_once()), _MOST_AT_ONCE)

    async def run(self, caller: Caller, function: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """What the function gives, called in a thread when the caller's turn has come.

        When this is cancelled, waiting work is dropped, and running work hears of it (see ``abandon``).

        Raises:
            BusyError: when too much waits already, or the caller asks too often; it says when to come back.
        """
        if caller.via != "local" and (wait := self._rates.wait_s(caller.principal.name)):
            self.load.often += 1
            raise BusyError(_OFTEN.format(rate=self._settings.rate_per_minute, wait=wait), wait)
        return await self.uncounted(caller, function, *args, **named)

    async def uncounted(self, caller: Caller, function: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """As ``run``, for work that is no question: the picture of a page. It does not count for how often one asks."""
        given = asyncio.get_running_loop().create_future()
        ticket = _Ticket(caller.principal.name, partial(function, *args, **named), given, time.monotonic())
        self._queue(ticket)
        self._next()
        try:
            return cast(T, await given)
        except asyncio.CancelledError:
            self._give_up(ticket)
            raise

    def retry_after(self) -> int:
        """Whole seconds until one more could be taken, by how long the last ones took."""
        ahead = self.load.waiting + self.load.running + 1
        return max(1, min(_LONGEST_S, math.ceil(ahead * self._mean_s / self.workers)))

    def give_up(self) -> None:
        """Everything that waits or runs is told that nobody waits for it any more: the service ends."""
        for ticket in [*self._running, *(each for queue in self._queues.values() for each in queue)]:
            ticket.stop.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    # -- Waiting ----------------------------------------------------------------------------------

    def _queue(self, ticket: _Ticket) -> None:
        if self.load.running >= self.workers and self.load.waiting >= self._settings.queue:
            self._make_room(ticket.person)
        self._queues.setdefault(ticket.person, deque()).append(ticket)
        self.load.waiting += 1

    def _make_room(self, person: str) -> None:
        """The newest of whoever has most waiting goes, unless that would be the person; BusyError then."""
        self.load.full += 1
        wait = self.retry_after()
        busy = BusyError(_FULL.format(wait=wait), wait)
        most = max(self._queues, key=lambda each: len(self._queues[each]), default=person)
        if len(self._queues.get(most, ())) <= len(self._queues.get(person, ())) + 1:
            raise busy
        last = self._queues[most].pop()
        self.load.waiting -= 1
        if not last.given.done():
            last.given.set_exception(busy)

    def _give_up(self, ticket: _Ticket) -> None:
        if ticket.begun:
            self.load.abandoned += ticket in self._running
            ticket.stop.set()
            return
        queue = self._queues.get(ticket.person)
        if queue is not None and ticket in queue:
            queue.remove(ticket)
            self.load.waiting -= 1
            self.load.dropped += 1
            if not queue:
                del self._queues[ticket.person]

    # -- Working ----------------------------------------------------------------------------------

    def _next(self) -> None:
        while self._queues and self.load.running < self.workers:
            person, queue = next(iter(self._queues.items()))
            del self._queues[person]
            ticket = queue.popleft()
            if queue:
                self._queues[person] = queue  # behind the others
            self.load.waiting -= 1
            self._begin(ticket)

    def _begin(self, ticket: _Ticket) -> None:
        self.load.running += 1
        self._running.add(ticket)
        now = time.monotonic()
        waited, ticket.begun, ticket.since = now - ticket.since, True, now
        loop = asyncio.get_running_loop()

        def end(result: Any, error: BaseException | None) -> None:
            loop.call_soon_threadsafe(self._ended, ticket, waited, result, error)

        self._threads.submit(_work, ticket, end)

    def _ended(self, ticket: _Ticket, waited: float, result: Any, error: BaseException | None) -> None:
        took = time.monotonic() - ticket.since
        self._mean_s += _FORGETTING * (took - self._mean_s)
        self.load.running -= 1
        self._running.discard(ticket)
        self.observe(waited, took)
        if not ticket.given.done():
            if error is None:
                ticket.given.set_result(result)
            else:
                ticket.given.set_exception(error)
        self._next()


def _work(ticket: _Ticket, end: Callable[[Any, BaseException | None], object]) -> None:
    """In a thread: the work, and word of its end."""
    result: Any = None
    error: BaseException | None = None
    try:
        with ticket.stop.watched():
            result = ticket.work()
    except BaseException as raised:
        error = raised
    try:
        end(result, error)
    except RuntimeError:  # the loop has ended: nobody waits
        return
    finally:
        del error
