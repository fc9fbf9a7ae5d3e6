"""Tools of the client: offered to a model elsewhere, whose calls go back to the client. Nothing is called here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from homeground.answer.toolbox import Toolbox
from homeground.models.generator import Message, Tool
from homeground.models.remote_name import remote_name
from homeground.serve.openai.errors import UnsupportedError
from homeground.serve.openai.texts import check_json, check_plain, text_of
from homeground.serve.service import Service
from homeground.types import ToolCall

MOST_CHARACTERS = 200_000  # of all descriptions together
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WORDS = frozenset({"auto", "none", "required"})


def toolbox_of(
    here: Service, use: str | None, tools: Sequence[dict[str, Any]] | None, choice: Any, trail: Sequence[Message]
) -> Toolbox | None:
    """The tools of a request; None without any. UnsupportedError for what no model here could do."""
    if not tools:
        if trail:
            raise UnsupportedError("Results of tools come with the tools that gave them: send tools again.", "tools")
        return None
    offered = tuple(_tool(each, f"tools[{at}]") for at, each in enumerate(tools))
    if sum(len(json.dumps(each.takes)) + len(each.description) for each in offered) > MOST_CHARACTERS:
        raise UnsupportedError("The tools are described at too great length.", "tools", "string_above_max_length")
    chosen = _choice(choice, {each.name for each in offered})
    if chosen not in ("auto", "none") and not _calls_tools(here, use):
        raise UnsupportedError("What answers here calls no tools: leave tool_choice out.", "tool_choice")
    return Toolbox(offered, chosen, tuple(trail))


def _calls_tools(here: Service, use: str | None) -> bool:
    """Whether a model elsewhere may answer: the reader and what runs here call no tools."""
    space = here.workspace
    return any(remote_name(each, space.settings.remote) for each in ([use] if use else space.answerers))


def _tool(given: dict[str, Any], param: str) -> Tool:
    """Chat completions nest what a tool is under its kind; responses do not."""
    if given.get("type") != "function":
        raise UnsupportedError("Only tools of the type function can be offered here.", f"{param}.type")
    told = given.get("function", given)
    told = told if isinstance(told, dict) else {}
    name, description = told.get("name"), told.get("description") or ""
    takes = told.get("parameters") or {"type": "object", "properties": {}}
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UnsupportedError("A tool needs a name of letters, digits, _ and -.", f"{param}.name", "invalid_value")
    if not isinstance(takes, dict) or not isinstance(description, str):
        raise UnsupportedError("The tool is not described as it should be.", param, "invalid_type")
    check_json([description, takes], param)
    return Tool(name, description, takes)


def _choice(given: Any, names: set[str]) -> str:
    if given is None or (isinstance(given, str) and given in _WORDS):
        return given or "auto"
    if isinstance(given, dict) and given.get("type") == "function":
        named = given.get("function", given)
        name = named.get("name") if isinstance(named, dict) else None
        if isinstance(name, str) and name in names:
            return name
    raise UnsupportedError("tool_choice is auto, none, required, or one of the tools.", "tool_choice", "invalid_value")


# -- What was called --------------------------------------------------------------------------------


def call_of(identity: Any, told: Any, param: str) -> ToolCall:
    """A call as a client sends it back."""
    given = told if isinstance(told, Mapping) else {}
    texts = [each for each in (identity, given.get("name"), given.get("arguments")) if isinstance(each, str)]
    if len(texts) != 3:
        raise UnsupportedError("A call needs an id, a name and arguments.", param, "invalid_type")
    for text in texts:
        check_plain(text, param)
    return ToolCall(*texts)


def result_of(identity: Any, content: Any, trail: Iterable[Message], param: str) -> Message:
    """The result of one of the calls before."""
    made = next(
        (call for each in trail if each.role == "assistant" for call in each.calls if call.id == identity), None
    )
    if made is None:
        raise UnsupportedError("This is the result of no call that stands before it.", param, "invalid_value")
    return Message("tool", text_of(content, param), (made,))


def chat_calls(calls: Sequence[ToolCall]) -> list[dict[str, Any]]:
    """Calls, as chat completions have them."""
    return [
        {"id": each.id, "type": "function", "function": {"name": each.name, "arguments": each.arguments}}
        for each in calls
    ]


def response_calls(calls: Sequence[ToolCall]) -> list[dict[str, Any]]:
    """Calls, as responses have them: each an item of the output."""
    return [
        {
            "type": "function_call",
            "id": f"fc_{each.id}",
            "call_id": each.id,
            "name": each.name,
            "arguments": each.arguments,
            "status": "completed",
        }
        for each in calls
    ]
