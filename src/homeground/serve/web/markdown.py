"""A conversation as Markdown: questions, statements with marks, and the quotes that the marks stand for."""

from __future__ import annotations

import re

from homeground.serve.web.answers import shown
from homeground.types import Conversation, Turn

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|])")
_ORIGINS = {"model": " *(the model's own knowledge, not checked)*", "unsupported": " *(not said by what it cites)*"}


def conversation_markdown(conversation: Conversation) -> str:
    """The whole conversation. Text of documents is escaped, so that it reads as text."""
    parts = [f"# {_line(conversation.title)}", *(_turn(turn) for turn in conversation.turns)]
    return "\n\n".join(parts) + "\n"


def _turn(turn: Turn) -> str:
    answer = shown(turn.statements)
    lines = [f"## {_line(turn.question)}", f"*{turn.asked_at:%Y-%m-%d %H:%M} UTC*"]
    if turn.standalone:
        lines.append(f"*Understood as: {_line(turn.standalone)}*")
    if turn.refused:
        lines.append(f"**No answer:** {_line(turn.reason or '')}")
    for said in answer.statements:
        marks = "".join(f"[^{turn.number}-{mark.number}]" for mark in said.marks)
        lines.append(f"{_line(said.text)}{marks}{_ORIGINS.get(said.origin, '')}")
    if turn.withheld:
        lines.append(f"*Not shown any more, since documents changed or may not be read: {turn.withheld}*")
    for mark in answer.numbers.sources:
        cited = mark.citation
        lines.append(f"[^{turn.number}-{mark.number}]: {_line(str(cited))} — “{_line(cited.quote)}”")
    return "\n\n".join(lines)


def _line(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
