"""What every generator promises, whether it runs here or elsewhere: messages in, text out piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from homeground.types import ToolCall

Role = Literal["system", "user", "assistant", "tool"]
Finish = Literal["stop", "length", "cancelled"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation. Text of documents stands in user messages only.

    ``calls`` are the tools that the assistant called; a tool's message holds the one call that it gives the result of.
    """

    role: Role
    text: str
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that may be called: its arguments obey the JSON schema ``takes``."""

    name: str
    description: str
    takes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to write: at most ``max_tokens``, up to any of ``stop`` (which is left out).

    Temperature 0 takes the likeliest token each time; ``seed`` makes other temperatures repeatable where the model can.
    ``schema`` is a JSON schema that the whole output obeys. ``tools`` may be called instead of writing, by a model that
    runs elsewhere: ``choice`` is auto, none, required, or the name of the one that must be.
    """

    max_tokens: int = 512
    temperature: float = 0.0
    stop: tuple[str, ...] = ()
    seed: int | None = None
    schema: dict[str, Any] | None = None
    tools: tuple[Tool, ...] = ()
    choice: str = "auto"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens read and written; ``cached_tokens`` of those read did not have to be computed, or cost less.

    ``cost_usd`` is what the provider asks for them: 0 on this machine, None where nobody knows the price.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cost_usd: float | None = 0.0


class Generation(Protocol):
    """An answer being written. Iterate to get its text as it comes; an error is raised where it occurs."""

    def __iter__(self) -> Iterator[str]:
        """Pieces of text, none of them empty."""

    @property
    def usage(self) -> Usage:
        """Known after the last piece."""

    @property
    def finish(self) -> Finish:
        """Why it ended; known after the last piece."""

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The tools that it wants to be called; known after the last piece. None where none were offered."""

    def cancel(self) -> None:
        """Ends it as soon as possible; safe at any time and from any thread."""


class Generator(Protocol):
    """A model that writes. Safe to share between threads; requests at once are worked on together where it can.

    Raises, from each method:
        ModelError: in words, naming the model.
    """

    @property
    def name(self) -> str:
        """How people know it."""

    @property
    def digest(self) -> str:
        """The SHA-256 of its manifest; empty for a model that runs elsewhere."""

    @property
    def destination(self) -> str:
        """Where prompts go, as host or host:port; empty when they stay in this process."""

    @property
    def context_tokens(self) -> int:
        """Tokens that prompt and answer may have together."""

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of a prompt, with what the chat template adds."""

    def generate(self, messages: Sequence[Message], sampling: Sampling) -> Generation:
        """Begins an answer."""
