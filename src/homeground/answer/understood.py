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


def both(first: Usage, second: Usage) -> Usage:
    """Two calls as one; the cost is unknown when that of either is."""
    known = first.cost_usd is not None and second.cost_usd is not None
    return Usage(
        first.input_tokens + second.input_tokens,
        first.output_tokens + second.output_tokens,
        first.cached_tokens + second.cached_tokens,
        (first.cost_usd or 0.0) + (second.cost_usd or 0.0) if known else None,
    )
