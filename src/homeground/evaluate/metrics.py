"""Figures of ranked lists, and how far two sets of them can be told apart. Arrays in, numbers out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 5_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Difference:
    """Two means over the same questions, and ``low`` to ``high``: the 95 % interval of new minus old."""

    old: float
    new: float
    low: float
    high: float

    @property
    def gain(self) -> float:
        """New minus old."""
        return self.new - self.old


def rank(found: Sequence[T], right: Callable[[T], bool]) -> int:
    """The place of the first right one, from 1; 0 when there is none."""
    return next((at for at, each in enumerate(found, 1) if right(each)), 0)


def hit_at(ranks: Sequence[int], most: int) -> NDArray[np.float64]:
    """1 for each rank among the first ``most``, else 0; shape (ranks,)."""
    return np.array([float(0 < each <= most) for each in ranks])


def reciprocal(ranks: Sequence[int]) -> NDArray[np.float64]:
    """1 / rank, and 0 for rank 0; shape (ranks,)."""
    return np.array([1 / each if each else 0.0 for each in ranks])


def compared(old: NDArray[np.float64], new: NDArray[np.float64], seed: int = 0) -> Difference:
    """Means of paired values, shape (questions,), and the interval by the paired percentile bootstrap (Efron 1979)."""
    gains = new - old
    draws = np.random.default_rng(seed).integers(0, len(gains), (RESAMPLES, len(gains)))
    low, high = np.percentile(gains[draws].mean(axis=1), [2.5, 97.5])
    return Difference(float(old.mean()), float(new.mean()), float(low), float(high))
