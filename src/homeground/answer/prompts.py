"""What a generator is told: who it is in a knowledge mode, the numbered passages, the question.

Text of documents is data. It stands in the user's message only, each passage on one line of its own under its number,
so that nothing in it can pass for another passage, for the question, or for the end of the message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from homeground.answer.toolbox import TELLS, Toolbox
from homeground.errors import ConfigError
from homeground.models.estimate import estimate_tools
from homeground.models.generator import Generator, Message
from homeground.types import Hit

Mode = Literal["closed", "rag", "rcg"]
MODES: tuple[Mode, ...] = get_args(Mode)

NOT_SAID = "The passages do not say."
NOT_KNOWN = "I do not know."


def known_mode(name: str) -> Mode:
    """The knowledge mode of that name; ConfigError when there is none."""
    for mode in MODES:
        if mode == name:
            return mode
    raise ConfigError(f"{name!r} is no knowledge mode: choose one of {', '.join(MODES)}")


_SYSTEM: dict[Mode, str] = {
    "rcg": f"Answer only from the numbered passages. Cite them like [1]. If they do not say, reply: {NOT_SAID}",
    "rag": "Answer from the numbered passages first, and cite them like [1]. What you know from elsewhere may be added "
    f"in sentences of its own, without a citation. If you do not know, reply: {NOT_KNOWN}",
    "closed": f"Answer in one to three short sentences, from what you know. If you do not know, reply: {NOT_KNOWN}",
}
# What tells a model where a turn begins or ends, in the chat templates of the common families.
_CONTROL = re.compile(
    r"<(?=[|/]|(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn)>)|\[(?=/?INST\])|<(?=<SYS>>)", re.IGNORECASE
)
# Characters that nobody sees, in which text is smuggled past people; joiners and the marks of emoji stay.
_UNSEEN = re.compile("[\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e01ef]")
_MARK = re.compile(r"\[(\d{1,3})\]")


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages, the passages that they hold (passage n is ``hits[n - 1]``), and how many were left out."""

    messages: tuple[Message, ...]
    hits: tuple[Hit, ...]
    left_out: int = 0


def prompt(
    question: str,
    hits: Sequence[Hit],
    mode: Mode,
    generator: Generator,
    answer_tokens: int,
    toolbox: Toolbox | None = None,
) -> Prompt:
    """The best passages first; those at the end are left out where the model's window would not hold them.

    Raises:
        ModelError: from the generator.
    """
    offered = estimate_tools(toolbox.tools) if toolbox else 0
    shown = tuple(hits) if mode != "closed" else ()
    while True:
        messages = _messages(question, shown, mode, toolbox)
        if not shown or generator.count_tokens(messages) + answer_tokens + offered <= generator.context_tokens:
            return Prompt(messages, shown, len(hits) - len(shown) if mode != "closed" else 0)
        shown = shown[: min(len(shown) - 1, len(shown) * 3 // 4)]


def _messages(question: str, hits: Sequence[Hit], mode: Mode, toolbox: Toolbox | None) -> tuple[Message, ...]:
    asked = f"Question: {as_data(question)}"
    if hits:
        passages = "\n".join(f"[{number}] {as_data(hit.text)}" for number, hit in enumerate(hits, 1))
        asked = f"{passages}\n\n{asked}"
    if toolbox is None:
        return Message("system", _SYSTEM[mode]), Message("user", asked)
    return Message("system", f"{_SYSTEM[mode]} {TELLS}"), Message("user", asked), *toolbox.trail


def as_data(text: str) -> str:
    """The text on one line, in which nothing is a control token, a citation or unseen any more."""
    one_line = " ".join(_UNSEEN.sub("", text).split())
    return _MARK.sub(r"(\1)", _CONTROL.sub(lambda match: f"{match.group()} ", one_line))
