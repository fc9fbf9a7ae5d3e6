"""How often one person may ask: a bucket of tokens each, which fills at a steady rate up to its brim."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

_SWEEP_AT = 10_000  # people, before those whose bucket is full again are forgotten


class Rates:
    """``per_minute`` questions of each person, ``burst`` at once; 0 a minute is no limit. For one thread."""

    def __init__(self, per_minute: int, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._brim, self._clock = per_minute / 60, float(burst), clock
        self._buckets: dict[str, tuple[float, float]] = {}  # person → tokens left at a time

    def wait_s(self, person: str) -> int:
        """Takes a token of the person's and returns 0; the whole seconds until there is one, when there is none."""
        if not self._per_s:
            return 0
        now = self._clock()
        left, at = self._buckets.get(person, (self._brim, now))
        left = min(self._brim, left + (now - at) * self._per_s)
        if left < 1:
            return max(1, math.ceil((1 - left) / self._per_s))
        if len(self._buckets) >= _SWEEP_AT:
            self._sweep(now)
        self._buckets[person] = (left - 1, now)
        return 0

    def _sweep(self, now: float) -> None:
        full = self._brim / self._per_s
        self._buckets = {name: each for name, each in self._buckets.items() if now - each[1] < full}
