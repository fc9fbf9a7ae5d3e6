"""Chat completions: the last message is the question, the ones before are what it may refer to, and no evidence."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from fastapi import APIRouter, Request

from homeground.models.generator import Message as Told
from homeground.serve import sse
from homeground.serve.callers import Here, Reading
from homeground.serve.openai import names
from homeground.serve.openai.asking import Asked, Counts, asking, counted
from homeground.serve.openai.errors import UnsupportedError, told
from homeground.serve.openai.forms import ChatRequest, Message, check_supported
from homeground.serve.openai.texts import check_length, check_question, text_of, turns_of
from homeground.serve.openai.tooling import call_of, chat_calls, result_of, toolbox_of
from homeground.serve.openai.wording import Wording, places, worded
from homeground.serve.service import Service
from homeground.serve.work import admitted
from homeground.types import Answer

router = APIRouter(tags=["chat"])
DONE = b"data: [DONE]\n\n"


@router.post("/chat/completions", response_model=None)
async def completions(wanted: ChatRequest, request: Request, caller: Reading, here: Here) -> Any:
    """An answer from the documents to the last message; as one object, or as a stream of chunks."""
    check_supported(wanted)
    asked = _asked(wanted, here)
    if wanted.stream:
        return await _stream(asked, wanted, request, caller, here)
    answer = await admitted(here, caller, asking(here, caller.principal, asked), request)
    wording = worded(answer, places(request), wanted.homeground.sources)
    choice = {"index": 0, "message": _message(wording, answer), "logprobs": None, "finish_reason": _finish(answer)}
    return {
        **_head(answer.receipt.id, wanted.model, "chat.completion"),
        "choices": [choice],
        "usage": _usage(counted(answer, asked.read, wording.text)),
        "homeground": wording.beside(answer),
    }


def _asked(wanted: ChatRequest, here: Service) -> Asked:
    use = names.answerer(here, wanted.model)
    said = [(each.role, text_of(each.content, f"messages[{at}].content")) for at, each in enumerate(wanted.messages)]
    read = tuple(text for _, text in said)
    check_length(read, "messages")
    last = max((at for at, (role, _) in enumerate(said) if role == "user"), default=-1)
    if said[-1][0] not in ("user", "tool") or last < 0:
        raise UnsupportedError("The last message must be the user's.", "messages", "invalid_value")
    question = check_question(said[last][1], f"messages[{last}].content")
    toolbox = toolbox_of(here, use, wanted.tools, wanted.tool_choice, _trail(wanted.messages, last + 1))
    return Asked(question, turns_of(said[:last]), use, wanted.homeground, read, toolbox=toolbox)


def _trail(messages: Sequence[Message], first: int) -> list[Told]:
    """What was called since the question, and what came of it."""
    trail: list[Told] = []
    for at, each in enumerate(messages[first:], first):
        param = f"messages[{at}]"
        if each.role == "assistant":
            calls = [
                call_of(one.get("id"), one.get("function"), f"{param}.tool_calls") for one in each.tool_calls or ()
            ]
            trail.append(Told("assistant", text_of(each.content, param), tuple(calls)))
        elif each.role == "tool":
            trail.append(result_of(each.tool_call_id, each.content, trail, f"{param}.tool_call_id"))
    return trail


# -- One object -----------------------------------------------------------------------------------


def _head(receipt: str, model: str, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{receipt}", "object": kind, "created": int(time.time()), "model": model}


def _message(wording: Wording, answer: Answer) -> dict[str, Any]:
    message = {"role": "assistant", "content": wording.text or None, "refusal": None}
    calls = {"tool_calls": chat_calls(answer.calls)} if answer.calls else {}
    return {**message, **calls, "annotations": _cited(wording, answer)}


def _finish(answer: Answer) -> str:
    return "tool_calls" if answer.calls else "stop"


def _cited(wording: Wording, answer: Answer) -> list[dict[str, Any]]:
    """Chat completions nest what a citation says under its kind."""
    return [
        {"type": each["type"], each["type"]: {key: value for key, value in each.items() if key != "type"}}
        for each in wording.annotations(answer)
    ]


def _usage(counts: Counts) -> dict[str, Any]:
    return {
        "prompt_tokens": counts.read,
        "completion_tokens": counts.written,
        "total_tokens": counts.read + counts.written,
        "prompt_tokens_details": {"cached_tokens": counts.cached},
    }


# -- A stream -------------------------------------------------------------------------------------


class _Chunks:
    """Makes the chunks of one stream. Each has the same id, which is not the receipt's: that comes at the end."""

    def __init__(self, wanted: ChatRequest, stream_id: str) -> None:
        self._head = _head(stream_id, wanted.model, "chat.completion.chunk")
        self._usage = {"usage": None} if _wants_usage(wanted) else {}

    def delta(self, delta: dict[str, Any], finish: str | None = None, **beside: Any) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**self._head, "choices": [choice], **self._usage, **beside}

    def usage(self, counts: Counts) -> dict[str, Any]:
        return {**self._head, "choices": [], "usage": _usage(counts)}


def _wants_usage(wanted: ChatRequest) -> bool:
    return wanted.stream_options is not None and wanted.stream_options.include_usage


async def _stream(asked: Asked, wanted: ChatRequest, request: Request, caller: Reading, here: Service) -> Any:
    chunks, wording = _Chunks(wanted, request.state.id), Wording(places(request), wanted.homeground.sources)
    ask = asking(here, caller.principal, asked)

    async def work(tell: sse.Tell) -> None:
        begun = False

        def say(text: str) -> None:
            nonlocal begun
            tell("", chunks.delta({"content": text} if begun else {"role": "assistant", "content": text}))
            begun = True

        answer = await admitted(here, caller, lambda: ask(on_statement=lambda each: say(wording.say(each))))
        say(wording.end(answer))
        if answer.calls:
            tell(
                "",
                chunks.delta(
                    {"tool_calls": [{"index": at, **each} for at, each in enumerate(chat_calls(answer.calls))]}
                ),
            )
        end = {"annotations": _cited(wording, answer)}
        tell("", chunks.delta(end, _finish(answer), homeground=wording.beside(answer)))
        if _wants_usage(wanted):
            tell("", chunks.usage(counted(answer, asked.read, wording.text)))

    def failed(error: BaseException) -> tuple[str, Any]:
        return "", told(error, request.state.id)[1]

    return sse.streamed(_done(await sse.begun(work, failed)))


async def _done(events: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        async for each in events:
            yield each
        yield DONE
    finally:
        await events.aclose()  # type: ignore[attr-defined]
