"""A question as it was understood: standalone, with what making it so has cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from homeground.answer.followup import Earlier, understand
from homeground.answer.rewrite import rewrite
from homeground.models.generator import Generator, Usage


@dataclass(frozen=True, slots=True)
class Understood:
    """``standalone`` is None when the question is taken as it was asked."""

    standalone: str | None
    usage: Usage = field(default=Usage(0, 0))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the person should know."""
        return (f"Understood as: {self.standalone}",) if self.standalone else ()


def understood(question: str, earlier: Sequence[Earlier], generator: Generator | None) -> Understood:
    """By the generator, if there is one and what it writes can be trusted; else by the rules."""
    if not earlier or not question.strip():
        return Understood(None)
    found, usage = rewrite(question, earlier, generator) if generator else (None, Usage(0, 0))
    standalone = found or understand(question, earlier)
    same = standalone is None or standalone.casefold() == " ".join(question.split()).casefold()
    return Understood(None if same else standalone, usage)
