"""Responses. Unless told not to, each is kept in a conversation of its asker, with which the next one can go on."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from homeground.access.caller import Caller
from homeground.serve import sse
from homeground.serve.callers import Here, Reading
from homeground.serve.openai import names
from homeground.serve.openai.asking import Asked, asking, counted
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
    asked = _asked(wanted, here)
    keeping = _Keeping(here, caller, asked, wanted)
    await run_in_threadpool(keeping.begin)
    frame = framed(wanted, request.state.id, keeping.conversation)
    if wanted.stream:
        return await _stream(keeping, frame, request)
    answer = await admitted(here, caller, keeping.ask, request)
    wording = worded(answer, places(request), wanted.homeground.sources)
    return _whole(frame, wording, answer, asked)


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


class _Keeping:
    """Asks within a conversation: begun before, since its id is part of the response's, and erased if that fails."""

    def __init__(self, here: Service, caller: Caller, asked: Asked, wanted: ResponseRequest) -> None:
        self.here, self.caller, self.asked, self._wanted = here, caller, asked, wanted
        self.conversation = asked.conversation
        self._begun = False

    def begin(self) -> None:
        """Makes the conversation, where one is wanted and kept. NotFoundError when one is named that is not there."""
        space, principal = self.here.workspace, self.caller.principal
        if self.conversation is not None:
            space.conversation(self.conversation, principal)
        elif self._wanted.store is not False and space.settings.conversations.keep_days:
            self.conversation, self._begun = space.begin_conversation(principal), True

    def ask(self, **listening: Any) -> Answer:
        """The answer, kept."""
        space, principal = self.here.workspace, self.caller.principal
        try:
            return asking(self.here, principal, self.asked)(conversation=self.conversation, **listening)
        except BaseException:
            if self._begun and self.conversation:
                space.erase_conversations(principal, [self.conversation])
            raise


async def _stream(keeping: _Keeping, frame: Frame, request: Request) -> Any:
    wording = Wording(places(request), frame.wanted.homeground.sources)

    async def work(tell: sse.Tell) -> None:
        events = Events(frame, tell)

        def ask() -> Answer:
            return keeping.ask(on_statement=lambda each: events.delta(wording.say(each)))

        answer = await admitted(keeping.here, keeping.caller, ask)
        events.delta(wording.end(answer))
        events.end(wording.text, wording.annotations(answer), _whole(frame, wording, answer, keeping.asked))

    def failed(error: BaseException) -> tuple[str, Any]:
        return Events.failed(error, request.state.id)

    return sse.streamed(await sse.begun(work, failed))
