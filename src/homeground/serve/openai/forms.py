"""What goes into a chat completion. What would change the answer and cannot be done is refused; the rest is taken."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from homeground.serve.api.ask import filter_of
from homeground.serve.api.forms import Within
from homeground.serve.openai.errors import UnsupportedError
from homeground.types import SearchFilter

MOST_MESSAGES = 1_000
Model = Annotated[str, Field(min_length=1, max_length=400)]


class Beside(Within):
    """The extra field ``homeground`` of a request: filters, the knowledge mode, and whether sources are listed."""

    mode: Literal["rcg", "rag", "closed"] | None = None
    sources: bool = True

    @property
    def within(self) -> SearchFilter:
        """The filter that they ask for."""
        return filter_of(self)


class Message(BaseModel):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Any = None
    tool_calls: list[dict[str, Any]] | None = Field(None, max_length=128)
    tool_call_id: str | None = Field(None, max_length=400)


class StreamOptions(BaseModel):
    """What a stream tells beside the text."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """A chat completion that is wanted. Temperature, seed, user and the like are taken, and change nothing."""

    model: Model
    messages: list[Message] = Field(min_length=1, max_length=MOST_MESSAGES)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = 1
    logprobs: bool | None = False
    top_logprobs: int | None = None
    logit_bias: dict[str, float] | None = None
    modalities: list[str] | None = None
    audio: dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    web_search_options: dict[str, Any] | None = None
    functions: list[dict[str, Any]] | None = None
    tools: list[dict[str, Any]] | None = Field(None, max_length=128)
    tool_choice: str | dict[str, Any] | None = None
    homeground: Beside = Beside.model_validate({})


def check_supported(wanted: ChatRequest) -> None:
    """UnsupportedError for what is not done here."""
    refused = {
        "n": wanted.n not in (None, 1),
        "logprobs": bool(wanted.logprobs),
        "top_logprobs": bool(wanted.top_logprobs),
        "logit_bias": bool(wanted.logit_bias),
        "modalities": any(each != "text" for each in wanted.modalities or ()),
        "audio": wanted.audio is not None,
        "web_search_options": wanted.web_search_options is not None,
        "functions": bool(wanted.functions),
        "response_format": (wanted.response_format or {}).get("type", "text") != "text",
    }
    for param, unfit in refused.items():
        if unfit:
            raise UnsupportedError(_WHY.get(param, f"{param} is not supported here. Leave it out."), param)


_WHY = {
    "n": "One answer is given, not several: leave n out.",
    "response_format": "Answers are statements with citations, which no JSON schema can hold: leave response_format "
    "out, and read the field homeground of the response.",
    "functions": "functions is out of date: send tools.",
    "web_search_options": "Nothing is looked up in the web: leave web_search_options out.",
}
