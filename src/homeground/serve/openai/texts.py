"""Text out of messages: a plain string, or a list of parts that are text."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from homeground.answer.followup import Earlier
from homeground.serve.api.forms.fields import MOST_QUESTION
from homeground.serve.openai.errors import UnsupportedError

MOST_CHARACTERS = 2_000_000  # of all messages together
_TEXT = frozenset({"text", "input_text", "output_text", "refusal"})
MOST_TURNS = 10  # that a question may refer to: the newest
MOST_EARLIER = 10_000  # characters of each earlier message, and of the answers to it
_MARK = re.compile(r"\[\d{1,3}\]$")
_BESIDE = re.compile(r"^(?:\[\d{1,3}\] |Note: |No answer: )")


def text_of(content: Any, param: str) -> str:
    """The text of a message's content. UnsupportedError for pictures, sound and files."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise UnsupportedError("Content must be text, or a list of parts.", param, "invalid_type")
    return "\n".join(_part(each, param) for each in content)


def _part(part: Any, param: str) -> str:
    kind = part.get("type", "text") if isinstance(part, dict) else None
    if not isinstance(part, dict) or not isinstance(kind, str) or kind not in _TEXT:
        raise UnsupportedError("Only text can be asked here; no pictures, sound or files.", param)
    text = part.get("refusal" if kind == "refusal" else "text")
    if not isinstance(text, str):
        raise UnsupportedError("A part of the content holds no text.", param, "invalid_type")
    return text


def check_length(texts: Sequence[str], param: str) -> None:
    """UnsupportedError when there is too much text, or text that nothing here can hold."""
    if sum(map(len, texts)) > MOST_CHARACTERS:
        most = f"{MOST_CHARACTERS:,} characters"
        raise UnsupportedError(f"The messages are too long: at most {most}.", param, "string_above_max_length")
    for text in texts:
        check_plain(text, param)


def check_plain(text: str, param: str) -> None:
    """UnsupportedError for NUL characters and halves of a pair: no file, database or model takes them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UnsupportedError("The text holds half of a surrogate pair.", param, "invalid_value") from None
    if "\0" in text:
        raise UnsupportedError("The text holds a NUL character.", param, "invalid_value")


def check_json(value: Any, param: str) -> None:
    """UnsupportedError for what cannot be sent on as JSON, or back."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise UnsupportedError("A number here is none that JSON knows.", param, "invalid_value") from None
    check_plain(text.replace("\\u0000", "\0"), param)


def check_question(question: str, param: str) -> str:
    """The question, when it can be asked; UnsupportedError otherwise."""
    if not question.strip():
        raise UnsupportedError("The last message of the user says nothing.", param, "invalid_value")
    if len(question) > MOST_QUESTION:
        raise UnsupportedError(
            f"The question is too long: at most {MOST_QUESTION:,} characters. Texts to answer from belong into the "
            "documents.",
            param,
            "string_above_max_length",
        )
    return question


def turns_of(said: Sequence[tuple[str, str]]) -> tuple[Earlier, ...]:
    """Turns out of what was said before, as (role, text): each question with the statements of its answer.

    The newest only, and the beginning of each: what a word refers to was said lately and not at length.
    """
    turns: list[tuple[str, list[str]]] = []
    for role, text in said:
        if role == "user" and text.strip():
            turns.append((text[:MOST_EARLIER], []))
        elif role == "assistant" and turns:
            turns[-1][1].append(text[:MOST_EARLIER])
    kept = turns[-MOST_TURNS:]
    return tuple(Earlier(question, tuple(statements_of("\n".join(told)[:MOST_EARLIER]))) for question, told in kept)


def statements_of(content: str) -> list[str]:
    """The statements of an answer that was written here, without marks, notes and sources."""
    lines = (_unmarked(line.strip()) for line in content.splitlines() if not _BESIDE.match(line))
    return [line for line in lines if line]


def _unmarked(line: str) -> str:
    """Without the marks at its end, each looked for where it can stand only."""
    while match := _MARK.search(line, max(0, len(line) - 5)):
        line = line[: match.start()].rstrip()
    return line
