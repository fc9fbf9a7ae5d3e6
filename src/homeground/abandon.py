"""Work that nobody waits for any more: who gave it up says so, and the work hears of it where it can end well.

stop = Stop()
with stop.watched():       # in the thread that works
    ...                    # far below: with abandon.calling(generation.cancel): …
stop.set()                 # from any thread
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from homeground.errors import HomegroundError


class AbandonedError(HomegroundError):
    """Nobody waits for this any more."""


class Stop:
    """Says once, and for good, that nobody waits any more. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Callable[[], None]] = []
        self._told = False

    def set(self) -> None:
        """Nobody waits any more: what wanted to be called is called, here and now."""
        with self._lock:
            self._told, calls = True, list(self._calls)
        for call in calls:
            call()

    def is_set(self) -> bool:
        """Whether nobody waits any more."""
        return self._told

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Within it, the work of this thread hears of this stop."""
        token = _present.set(self)
        try:
            yield
        finally:
            _present.reset(token)

    @contextmanager
    def calling(self, call: Callable[[], None]) -> Iterator[None]:
        """Within it, ``call`` is called as soon as nobody waits any more; ``call`` is quick, and fit for any thread."""
        with self._lock:
            self._calls.append(call)
            late = self._told
        try:
            if late:
                call()
            yield
        finally:
            with self._lock:
                self._calls.remove(call)


_present: ContextVar[Stop | None] = ContextVar("stop", default=None)


def told() -> bool:
    """Whether nobody waits for the work of this thread any more."""
    stop = _present.get()
    return stop is not None and stop.is_set()


def check() -> None:
    """AbandonedError when nobody waits for the work of this thread any more."""
    if told():
        raise AbandonedError("Nobody waits for this any more.")


@contextmanager
def calling(call: Callable[[], None]) -> Iterator[None]:
    """Like ``Stop.calling``, for the work of this thread; nothing where nobody could give it up."""
    stop = _present.get()
    if stop is None:
        yield
        return
    with stop.calling(call):
        yield
