"""The input of a response: a question, or items that end with one; and the conversation that it goes on with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from homeground.errors import NotFoundError
from homeground.models.generator import Message as Told
from homeground.serve.openai.errors import UnsupportedError
from homeground.serve.openai.response_forms import ResponseRequest
from homeground.serve.openai.texts import text_of
from homeground.serve.openai.tooling import call_of, result_of

_OF_RESPONSE = re.compile(r"resp_([0-9a-f]{24})_[0-9a-f]+")
_OF_CONVERSATION = re.compile(r"(?:conv_)?([0-9a-f]{24})")
_ROLES = frozenset({"system", "developer", "user", "assistant"})
_PASSED_OVER = frozenset({"reasoning"})


@dataclass(frozen=True, slots=True)
class Given:
    """The messages of an input, as (role, text), and what tools were called since the last of the user."""

    said: tuple[tuple[str, str], ...]
    trail: tuple[Told, ...]


def read_input(given: str | Sequence[dict[str, Any]]) -> Given:
    """What an input holds. UnsupportedError for items that cannot be read here."""
    if isinstance(given, str):
        return Given((("user", given),), ())
    said: list[tuple[str, str]] = []
    trail: list[Told] = []
    for at, item in enumerate(given):
        param, kind = f"input[{at}]", str(item.get("type", "message"))
        if kind == "function_call":
            trail.append(Told("assistant", "", (call_of(item.get("call_id"), item, param),)))
        elif kind == "function_call_output":
            trail.append(result_of(item.get("call_id"), item.get("output"), trail, f"{param}.call_id"))
        elif kind not in _PASSED_OVER:
            said.append(_message(item, kind, param))
            trail = [] if said[-1][0] == "user" else trail
    while trail and said and said[-1][0] == "assistant":  # what was written beside a call
        said.pop()
    return Given(tuple(said), tuple(trail))


def _message(item: dict[str, Any], kind: str, param: str) -> tuple[str, str]:
    role = item.get("role")
    if kind != "message" or not isinstance(role, str) or role not in _ROLES:
        raise UnsupportedError(f"An item of the type {kind[:40]!r} cannot be read here.", f"{param}.type")
    return role, text_of(item.get("content"), f"{param}.content")


def conversation_of(wanted: ResponseRequest) -> str | None:
    """The id of the conversation that a request goes on with; NotFoundError when it can be none of anybody's."""
    if wanted.previous_response_id is not None:
        return _named(_OF_RESPONSE, wanted.previous_response_id, "previous response")
    given = wanted.conversation
    if given is None:
        return None
    return _named(_OF_CONVERSATION, str(given.get("id", "") if isinstance(given, dict) else given), "conversation")


def _named(form: re.Pattern[str], given: str, what: str) -> str:
    found = form.fullmatch(given)
    if found is None:
        raise NotFoundError(f"There is no {what} {given[:80]!r}, or it was not kept.")
    return found[1]
