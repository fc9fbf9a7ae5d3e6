"""Responses. Unless told not to, each is kept in a conversation of its asker, with which the next one can go on."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Request

from homeground.access.caller import Caller
from homeground.serve import sse
from homeground.serve.callers import Here, Reading
from homeground.serve.openai import names
from homeground.serve.openai.asking import Asked, counted
from homeground.serve.openai.asking import asking as ask
from homeground.serve.openai.errors import UnsupportedError
from homeground.serve.openai.response_events import Events
from homeground.serve.openai.response_forms import Frame, ResponseRequest, check_supported, framed, part, usage
from homeground.serve.openai.response_input import conversation_of, read_input
from homeground.serve.openai.texts import check_length, check_question, turns_of
from homeground.serve.openai.tooling import response_calls, toolbox_of
from homeground.serve.openai.wording import Wording, places, worded
from homeground.serve.service import Service
from homeground.serve.work import admitted
from homeground.types import Answer

router = APIRouter(tags=["responses"])


@router.post("/responses", response_model=None)
async def responses(wanted: ResponseRequest, request: Request, caller: Reading, here: Here) -> Any:
    """An answer from the documents to the last message; as one object, or as a stream of events."""
    check_supported(wanted)
    asking = _Asking(here, caller, _asked(wanted, here), wanted, request.state.id)
    if wanted.stream:
        return await _stream(asking, request)
    answer = await admitted(here, caller, asking.answer, request)
    return _whole(asking.frame, worded(answer, places(request), wanted.homeground.sources), answer, asking.asked)


def _asked(wanted: ResponseRequest, here: Service) -> Asked:
    use = names.answerer(here, wanted.model)
    given = read_input(wanted.input)
    read = tuple(text for _, text in given.said)
    check_length([*read, *(each.text for each in given.trail)], "input")
    if not given.said or given.said[-1][0] != "user":
        raise UnsupportedError("The last item of the input must be a message of the user.", "input", "invalid_value")
    question = check_question(given.said[-1][1], "input")
    toolbox = toolbox_of(here, use, wanted.tools, wanted.tool_choice, given.trail)
    before = turns_of(given.said[:-1])
    return Asked(question, before, use, wanted.homeground, read, conversation_of(wanted), toolbox)


def _whole(frame: Frame, wording: Wording, answer: Answer, asked: Asked) -> dict[str, Any]:
    said = [frame.message("completed", [part(wording.text, wording.annotations(answer))])] if wording.text else []
    counts = usage(counted(answer, asked.read, wording.text))
    output = [*said, *response_calls(answer.calls)]
    return frame.response("completed", output, usage=counts, homeground=wording.beside(answer))


class _Asking:
    """One question on its way. ``frame`` is there once it is worked on."""

    def __init__(self, here: Service, caller: Caller, asked: Asked, wanted: ResponseRequest, made: str) -> None:
        self.here, self.caller, self.asked, self.wanted = here, caller, asked, wanted
        self._made = made
        self.frame = framed(wanted, made, None)

    def answer(self, **listening: Any) -> Answer:
        """The answer, kept in a conversation that goes again when there is none.

        It is begun before the answer, since its id is part of the response's, which a stream tells first.
        """
        space, principal = self.here.workspace, self.caller.principal
        begun = None
        if (
            self.asked.conversation is None
            and self.wanted.store is not False
            and space.settings.conversations.keep_days
        ):
            begun = space.begin_conversation(principal)
        kept = self.asked.conversation or begun
        self.frame = framed(self.wanted, self._made, kept)
        try:
            return ask(self.here, principal, self.asked)(conversation=kept, **listening)
        except BaseException:
            if begun:
                space.erase_conversations(principal, [begun])
            raise


async def _stream(asking: _Asking, request: Request) -> Any:
    wording = Wording(places(request), asking.wanted.homeground.sources)

    async def work(tell: sse.Tell) -> None:
        events = Events(lambda: asking.frame, tell)
        listen = partial(asking.answer, on_statement=lambda each: events.delta(wording.say(each)))
        answer = await admitted(asking.here, asking.caller, listen)
        events.delta(wording.end(answer))
        whole = _whole(asking.frame, wording, answer, asking.asked)
        events.end(wording.text, wording.annotations(answer), whole)

    def failed(error: BaseException) -> tuple[str, Any]:
        return Events.failed(error, request.state.id)

    return sse.streamed(await sse.begun(work, failed))
