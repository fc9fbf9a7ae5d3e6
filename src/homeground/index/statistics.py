"""Term statistics over what a principal may see: with them lexical scores tell nothing about other documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CollectionStatistics:
    """``mean_length`` is terms per passage; ``frequency`` the number of passages that contain each question term.

    All over the visible access classes and exact at each commit; terms in no passage may be absent.
    """

    passages: int
    mean_length: float
    frequency: Mapping[str, int]
