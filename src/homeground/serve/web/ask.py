"""Asking: the page with a conversation, and each answer as it comes about."""

from __future__ import annotations

from datetime import UTC, datetime, time
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from homeground.access.caller import Caller
from homeground.errors import ConfigError, HomegroundError
from homeground.serve.callers import Here, Reading
from homeground.serve.errors import words
from homeground.serve.service import Service
from homeground.serve.web.answers import Numbers, Shown, shown
from homeground.serve.web.conversations import Before, talks
from homeground.serve.web.look import piece, show
from homeground.serve.web.stream import Say, streamed
from homeground.serve.work import admitted
from homeground.types import Answer, Conversation, SearchFilter, Statement

router = APIRouter(include_in_schema=False)


@router.get("/")
def start(request: Request, caller: Reading, here: Here, before: Before = "") -> HTMLResponse:
    """A new conversation; ``before`` is a cursor into the list of the others."""
    return _page(request, caller, here, None, before)


@router.get("/c/{identity}")
def conversation(identity: str, request: Request, caller: Reading, here: Here) -> HTMLResponse:
    """A conversation of the visitor, to read and to go on with."""
    return _page(request, caller, here, here.workspace.conversation(identity, caller.principal))


def _page(
    request: Request, caller: Caller, here: Service, current: Conversation | None, before: str = ""
) -> HTMLResponse:
    status = here.workspace.status(caller.principal)
    turns = [(turn, shown(turn.statements)) for turn in current.turns] if current else []
    receipts = [turn.receipt.id for turn, _ in turns if turn.receipt]
    return show(
        request,
        "ask.html",
        caller,
        current=current,
        turns=turns,
        verdicts=here.workspace.log.verdicts(caller.principal, receipts),
        status=status,
        talks=talks(here, caller, before),
        generator=here.workspace.settings.models.answer != "reader",
        keeps=bool(here.workspace.settings.conversations.keep_days),
    )


@router.post("/ask")
async def ask(
    request: Request,
    caller: Reading,
    here: Here,
    question: Annotated[str, Form(min_length=1, max_length=10_000)],
    conversation: Annotated[str, Form(max_length=64)] = "",
    source: Annotated[str, Form(max_length=1000)] = "",
    since: Annotated[str, Form(max_length=10)] = "",
    until: Annotated[str, Form(max_length=10)] = "",
    mode: Annotated[str, Form(max_length=10)] = "",
) -> StreamingResponse:
    """Answers as server-sent events: the question, each statement once it is checked, and then what belongs to it."""
    within = SearchFilter(source or None, _day(since, time.min), _day(until, time.max))
    keeps = bool(here.workspace.settings.conversations.keep_days)
    talk = _Talk(request, caller, here, question.strip())

    async def run(say: Say) -> None:
        which = conversation or ("new" if keeps else None)
        say(talk.begun())
        await admitted(here, caller, partial(talk.answer, say, within, mode or None, which))

    return streamed(run, talk.failed)


def _day(text: str, at: time) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(datetime.strptime(text, "%Y-%m-%d").date(), at, UTC)
    except ValueError:
        raise ConfigError(f"{text!r} is no date; write it as 2026-12-31") from None


class _Talk:
    """One question and what is said to it, as pieces of the page."""

    def __init__(self, request: Request, caller: Caller, here: Service, question: str) -> None:
        self.caller, self.here, self.question = caller, here, question
        self.numbers = Numbers()
        self.piece = partial(piece, request, caller=caller, turn=f"t{request.state.id}")

    def begun(self) -> str:
        """The question, and a place for the answer."""
        return self.piece("_turn_begun.html", question=self.question)

    def answer(self, say: Say, within: SearchFilter, mode: str | None, conversation: str | None) -> None:
        """Asks, and says each piece."""
        answer = self.here.workspace.ask(
            self.question,
            self.caller.principal,
            within=within,
            mode=mode,
            on_statement=lambda statement: say(self.statement(statement)),
            conversation=conversation,
            on_understood=lambda text: say(self.piece("_turn_understood.html", standalone=text)),
        )
        say(self.ended(answer, new=answer.conversation != conversation))

    def statement(self, statement: Statement) -> str:
        """A statement that has been checked."""
        return self.piece("_turn_statement.html", said=self.numbers.said(statement))

    def ended(self, answer: Answer, *, new: bool) -> str:
        """What comes after the last statement. A new conversation comes with the list that it stands in now."""
        return self.piece(
            "_turn_ended.html",
            answer=answer,
            shown=Shown(shown(answer.statements).statements, self.numbers),
            talks=talks(self.here, self.caller) if new and answer.conversation else None,
            current_id=answer.conversation,
        )

    def failed(self, error: HomegroundError | None) -> str:
        """What went wrong, in words."""
        return self.piece("_turn_failed.html", error=None if error is None else words(error))
