"""Fuses the two legs: arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homeground.retrieve.evidence import Evidence

_LEXICAL_SHARE = 0.5


def fuse(evidence: Evidence) -> NDArray[np.float32]:
    """The relevance of each candidate in [0, 1], in the order of `evidence.candidates`."""
    if not evidence.candidates:
        return np.zeros(0, np.float32)
    lexical, dense = standardised(evidence.lexical), standardised(evidence.dense)
    fused = _LEXICAL_SHARE * lexical + (1 - _LEXICAL_SHARE) * dense
    return (1 / (1 + np.exp(-fused))).astype(np.float32)


def standardised(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean 0, deviation 1. A leg that sees no difference between its candidates says nothing about any of them."""
    deviation = float(scores.std())
    return (scores - scores.mean()) / deviation if deviation > 1e-6 else np.zeros_like(scores)
