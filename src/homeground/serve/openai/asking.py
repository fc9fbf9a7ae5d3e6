"""From the messages of a client to one question of the workspace, and its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from homeground.answer.followup import Earlier
from homeground.answer.toolbox import Toolbox
from homeground.models.estimate import estimate_messages, estimate_tokens
from homeground.models.generator import Message as Told
from homeground.serve.openai.forms import Beside
from homeground.serve.service import Service
from homeground.types import Answer, Principal


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what it may refer to. ``read`` are the texts that came with the request, for the count."""

    question: str
    before: tuple[Earlier, ...]
    use: str | None
    beside: Beside
    read: tuple[str, ...] = ()
    conversation: str | None = None
    toolbox: Toolbox | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens: what a generator says that it read and wrote, else an upper estimate of what came and what went."""

    read: int
    written: int
    cached: int


def asking(here: Service, principal: Principal, asked: Asked) -> Callable[..., Answer]:
    """What gives the answer when it is called; it takes ``on_statement``."""
    return partial(
        here.workspace.ask,
        asked.question,
        principal,
        within=asked.beside.within,
        mode=asked.beside.mode,
        conversation=asked.conversation,
        before=asked.before,
        use=asked.use,
        toolbox=asked.toolbox,
    )


def counted(answer: Answer, read: Sequence[str], written: str) -> Counts:
    """The counts of an answer."""
    tokens = answer.receipt.tokens
    if tokens.get("input"):
        return Counts(tokens["input"], tokens["output"], tokens.get("cached", 0))
    return Counts(estimate_messages([Told("user", text) for text in read]), estimate_tokens(written), 0)
