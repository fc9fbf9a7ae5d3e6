"""What goes into a response, and the object that comes out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from homeground.serve.openai.asking import Counts
from homeground.serve.openai.errors import UnsupportedError
from homeground.serve.openai.forms import MOST_MESSAGES, Beside, Model
from homeground.serve.openai.texts import check_json

MOST_ITEMS = MOST_MESSAGES


class ResponseRequest(BaseModel):
    """A response that is wanted. Temperature, reasoning, user and the like are taken, and change nothing."""

    model: Model
    input: str | list[dict[str, Any]]
    instructions: Any = None
    stream: bool | None = False
    store: bool | None = None
    previous_response_id: str | None = Field(None, max_length=200)
    conversation: str | dict[str, Any] | None = None
    background: bool | None = False
    prompt: dict[str, Any] | None = None
    text: dict[str, Any] | None = None
    top_logprobs: int | None = None
    tools: list[dict[str, Any]] | None = Field(None, max_length=128)
    tool_choice: str | dict[str, Any] | None = None
    metadata: dict[str, str] | None = None
    homeground: Beside = Beside.model_validate({})


_WHY = {
    "background": "Nothing is answered in the background: leave background out, or stream.",
    "prompt": "There are no stored prompts here: send the question as input.",
    "text.format": "Answers are statements with citations, which no JSON schema can hold: leave text.format out, and "
    "read the field homeground of the response.",
    "top_logprobs": "top_logprobs is not supported here. Leave it out.",
    "input": f"At most {MOST_ITEMS:,} items of input.",
    "store": "With previous_response_id or conversation the answer is kept: leave store out.",
    "conversation": "Give either previous_response_id or conversation, not both.",
}


def check_supported(wanted: ResponseRequest) -> None:
    """UnsupportedError for what is not done here."""
    going_on = wanted.previous_response_id is not None or wanted.conversation is not None
    refused = {
        "background": bool(wanted.background),
        "prompt": wanted.prompt is not None,
        "text.format": (wanted.text or {}).get("format") not in (None, {"type": "text"}),
        "top_logprobs": bool(wanted.top_logprobs),
        "input": len(wanted.input) > MOST_ITEMS and not isinstance(wanted.input, str),
        "store": wanted.store is False and going_on,
        "conversation": wanted.previous_response_id is not None and wanted.conversation is not None,
    }
    check_json([wanted.instructions, wanted.metadata, wanted.tools, wanted.tool_choice], "instructions")
    for param, unfit in refused.items():
        if unfit:
            raise UnsupportedError(_WHY[param], param)


@dataclass(frozen=True, slots=True)
class Frame:
    """All of a response that is known before its answer: the request that it echoes, its id and conversation."""

    wanted: ResponseRequest
    id: str
    conversation: str | None
    created_at: int

    def response(self, status: str, output: list[dict[str, Any]], **beside: Any) -> dict[str, Any]:
        """The object in a state of its making."""
        wanted = self.wanted
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created_at,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "instructions": wanted.instructions,
            "model": wanted.model,
            "output": output,
            "conversation": None if self.conversation is None else {"id": f"conv_{self.conversation}"},
            "previous_response_id": wanted.previous_response_id,
            "store": self.conversation is not None,
            "metadata": wanted.metadata or {},
            "parallel_tool_calls": True,
            "temperature": None,
            "text": {"format": {"type": "text"}},
            "tool_choice": wanted.tool_choice or "auto",
            "tools": wanted.tools or [],
            "top_p": None,
            "truncation": "disabled",
            "usage": None,
            **beside,
        }

    def message(self, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
        """The message that holds the answer."""
        return {
            "id": self.id.replace("resp_", "msg_", 1),
            "type": "message",
            "role": "assistant",
            "status": status,
            "content": content,
        }


def framed(wanted: ResponseRequest, made: str, conversation: str | None) -> Frame:
    """The frame of a request; ``made`` tells its id from that of any other."""
    of = f"{conversation}_" if conversation else ""
    return Frame(wanted, f"resp_{of}{made}", conversation, int(time.time()))


def part(text: str, annotations: list[dict[str, Any]]) -> dict[str, Any]:
    """The content of a message."""
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


def usage(counts: Counts) -> dict[str, Any]:
    """The counts, as responses have them."""
    return {
        "input_tokens": counts.read,
        "input_tokens_details": {"cached_tokens": counts.cached},
        "output_tokens": counts.written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": counts.read + counts.written,
    }
