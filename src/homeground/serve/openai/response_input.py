"""The input of a response: a question, or items that end with one; and the conversation that it goes on with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from homeground.errors import NotFoundError
from homeground.serve.openai.errors import UnsupportedError
from homeground.serve.openai.response_forms import ResponseRequest
from homeground.serve.openai.texts import text_of

_OF_RESPONSE = re.compile(r"resp_([0-9a-f]{24})_[0-9a-f]+")
_OF_CONVERSATION = re.compile(r"(?:conv_)?([0-9a-f]{24})")
_ROLES = frozenset({"system", "developer", "user", "assistant"})
_PASSED_OVER = frozenset({"reasoning"})

Said = tuple[str, str]


def said_in(given: str | Sequence[dict[str, Any]]) -> list[Said]:
    """The messages of an input, as (role, text)."""
    if isinstance(given, str):
        return [("user", given)]
    return [found for at, item in enumerate(given) if (found := _said(item, f"input[{at}]"))]


def _said(item: dict[str, Any], param: str) -> Said | None:
    kind = item.get("type", "message")
    if kind in _PASSED_OVER:
        return None
    role = item.get("role")
    if kind != "message" or role not in _ROLES:
        raise UnsupportedError(f"An item of the type {str(kind)[:40]!r} cannot be read here.", f"{param}.type")
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
