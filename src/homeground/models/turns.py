"""A few things that many threads want: whoever is waited for goes before whoever works through a heap."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

_PATIENCE_S = 0.5  # how long a heap gives way at most
_CALM_S = 2.0  # so long after something urgent a heap has one thing only, so that the next one finds another free


class Turns(Generic[T]):
    """Lends things out. A heap gives way to what is urgent, but not for ever: it gets its turn as well."""

    def __init__(self, things: Sequence[T]) -> None:
        self._changed = threading.Condition()
        self._free, self._urgent, self._urgent_at = list(things), 0, -_CALM_S

    def take(self, *, urgent: bool) -> T:
        """One of the things, as soon as it is this one's turn. It is to be given back."""
        with self._changed:
            self._urgent += urgent
            patience = time.monotonic() + _PATIENCE_S
            while not self._free or (self._urgent and not urgent and time.monotonic() < patience):
                self._changed.wait(_PATIENCE_S)
            self._urgent -= urgent
            if urgent:
                self._urgent_at = time.monotonic()
            return self._free.pop()

    def take_spare(self, *, urgent: bool) -> T | None:
        """One more for who has one already; None when none is free, or a heap would take it from what is urgent."""
        with self._changed:
            calm = not self._urgent and time.monotonic() - self._urgent_at >= _CALM_S
            return self._free.pop() if self._free and (urgent or calm) else None

    def give_back(self, thing: T) -> None:
        """It is free again."""
        with self._changed:
            self._free.append(thing)
            self._changed.notify_all()
