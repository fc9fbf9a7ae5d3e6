"""Searching and asking."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, time
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from homeground.answer.output import answer_json, hits_json, statement_json
from homeground.errors import HomegroundError
from homeground.serve import errors, shown, sse
from homeground.serve.api.forms import Answer, AskRequest, Hits, SearchRequest, Within
from homeground.serve.callers import Here, Reading
from homeground.serve.work import admitted
from homeground.types import Answer as Answered
from homeground.types import SearchFilter

router = APIRouter(tags=["ask"])
_log = logging.getLogger("homeground.serve")
DEFECT = "This is a defect of homeground. The service's log says more, under the id of the request."
_EVENTS = (
    'event: understood\ndata: {"question": "How long is the warranty of the Heron 300?"}\n\n'
    'event: statement\ndata: {"text": "…", "origin": "retrieved", "support": 0.9, "citations": []}\n\n'
    "event: answer\ndata: {…}\n\n"
)
_AS_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; with `Accept: text/event-stream` as events: `understood` (a follow-up question as "
        "it was understood), `statement` for each one once it is checked, `answer` (the whole answer), or `error`.",
        "content": {sse.MEDIA_TYPE: {"schema": {"type": "string"}, "example": _EVENTS}},
    }
}


@router.post("/search", response_model=Hits)
async def search(wanted: SearchRequest, request: Request, caller: Reading, here: Here) -> dict[str, Any]:
    """The passages that match, best first."""
    work = partial(shown.search, here.workspace, wanted.question, caller.principal, wanted.limit, filter_of(wanted))
    return hits_json(await admitted(here, caller, work, request))


@router.post("/ask", response_model=Answer, responses=_AS_EVENTS)
async def ask(wanted: AskRequest, request: Request, caller: Reading, here: Here) -> Any:
    """An answer from the documents, or a refusal with its reason; as JSON, or as server-sent events while it comes."""
    work = partial(
        here.workspace.ask,
        wanted.question,
        caller.principal,
        within=filter_of(wanted),
        mode=wanted.mode,
        conversation=wanted.conversation,
    )
    if sse.MEDIA_TYPE in request.headers.get("accept", ""):
        return await _as_events(work, request, caller, here)
    return answer_json(await admitted(here, caller, work, request))


def filter_of(wanted: Within) -> SearchFilter:
    """The filter that a request asks for; the last day is whole."""
    since = None if wanted.since is None else datetime.combine(wanted.since, time.min, UTC)
    until = None if wanted.until is None else datetime.combine(wanted.until, time.max, UTC)
    return SearchFilter(wanted.source, since, until)


async def _as_events(work: Callable[..., Answered], request: Request, caller: Reading, here: Here) -> Response:
    """What fails before anything was said is an error like any other; what fails later is told as an event."""

    async def answer(tell: sse.Tell) -> None:
        listening = partial(
            work,
            on_statement=lambda each: tell("statement", statement_json(each)),
            on_understood=lambda question: tell("understood", {"question": question}),
        )
        tell("answer", answer_json(await admitted(here, caller, listening)))

    def failed(error: BaseException) -> tuple[str, Any]:
        if isinstance(error, HomegroundError):
            said = errors.words(error, request.state.id)
            return "error", errors.body_of(*errors.status_of(error), said, request.state.id)
        _log.error("Request %s failed.", request.state.id, exc_info=error)
        return "error", errors.body_of(500, "defect", DEFECT, request.state.id)

    return sse.streamed(await sse.begun(answer, failed))
