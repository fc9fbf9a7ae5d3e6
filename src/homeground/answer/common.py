"""What was learnt for the verifier, and how common a term is: the constants of ``verifier.json``.

``tools/fit_verifier.py`` makes them; ``bench/verifier.py`` measures them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

NAMES = ("bias", "cover", "cosine")
MOST_COMMON = 0.2  # weight of the most common term; a rare one weighs 1


@dataclass(frozen=True, slots=True)
class Constants:
    """What was learnt: weights in the order of ``NAMES``, weights of common terms, and which of these are no names."""

    weights: NDArray[np.float64]
    commonness: Mapping[str, float]
    words: frozenset[str]


@lru_cache(maxsize=1)
def shipped() -> Constants:
    """The constants that come with the package."""
    learnt = json.loads(files("homeground.answer").joinpath("verifier.json").read_text(encoding="utf-8"))
    common = learnt["common"].split()
    scale = math.log(len(common) + 2)
    weights = [MOST_COMMON + (1 - MOST_COMMON) * math.log(rank + 2) / scale for rank in range(len(common))]
    return Constants(
        weights=np.array([learnt["weights"][name] for name in NAMES]),
        commonness=dict(zip(common, weights, strict=True)),
        words=frozenset(common).difference(learnt["proper"].split()),
    )
