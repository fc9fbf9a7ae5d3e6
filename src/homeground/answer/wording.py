"""How a quoted sentence or row reads as a statement."""

from __future__ import annotations

from homeground.answer.candidates import Candidate
from homeground.types import Hit


def wording(candidate: Candidate, hit: Hit) -> str:
    """The quote on one line."""
    return " ".join(candidate.text.split())
