"""What stands between an answer's passages and a generator that runs elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from homeground.errors import EgressError
from homeground.models.destination import stays_here
from homeground.types import Hit


@dataclass(frozen=True, slots=True)
class Cleared:
    """The passages that may go, in their order, and a note that says which were withheld (empty when none was)."""

    hits: tuple[Hit, ...]
    note: str = ""


class Gate(Protocol):
    """Decides what a generator may be shown, for one question."""

    def clear(self, destination: str, hits: Sequence[Hit]) -> Cleared:
        """The passages that may go to the destination; EgressError when none of them may, or no question."""

    def load(self, destination: str, hits: Sequence[Hit]) -> None:
        """Says what the next request to the destination carries; EgressError when some of it may not go."""


class ShutGate:
    """The gate where none was set: nothing leaves this machine."""

    def clear(self, destination: str, hits: Sequence[Hit]) -> Cleared:
        """All of them to a generator on this machine, EgressError for any other."""
        self.load(destination, hits)
        return Cleared(tuple(hits))

    def load(self, destination: str, hits: Sequence[Hit]) -> None:
        """EgressError when the destination is another machine."""
        if not stays_here(destination):
            raise EgressError(f"Not allowed to leave this machine: nothing lets anything go to {destination}.")
