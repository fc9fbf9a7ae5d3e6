"""One thing that many threads want: whoever is waited for goes before whoever works through a heap."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PATIENCE_S = 0.5  # how long a heap gives way at most


class Turns:
    """A lock with two queues. A heap gives way to what is urgent, but not for ever: it gets its turn as well."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken, self._urgent = False, 0

    @property
    def wanted(self) -> bool:
        """Whether somebody waits who is waited for."""
        return self._urgent > 0

    @contextmanager
    def turn(self, *, urgent: bool) -> Iterator[None]:
        """Holds the thing."""
        with self._changed:
            self._urgent += urgent
            patience = time.monotonic() + _PATIENCE_S
            while self._taken or (self._urgent and not urgent and time.monotonic() < patience):
                self._changed.wait(_PATIENCE_S)
            self._taken = True
            self._urgent -= urgent
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()
