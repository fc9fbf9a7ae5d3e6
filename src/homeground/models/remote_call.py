"""One request to a model elsewhere: tries, time-outs, text piece by piece, and what it used in the end."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from homeground.errors import Charge, ModelError, RemoteError
from homeground.models.estimate import estimate_tokens
from homeground.models.generator import Finish, Message, Sampling, Usage
from homeground.models.keys import Key
from homeground.models.pieces import Pieces
from homeground.models.prices import cost
from homeground.models.remote_client import hang_up
from homeground.models.remote_errors import Problem, closed, cut, filtered, late, nothing, problem_of
from homeground.models.remote_name import RemoteName
from homeground.models.remote_request import ai_messages, ai_parameters, ai_settings, calls_of
from homeground.settings import RemoteSettings
from homeground.types import ToolCall

_IDLE_S = 0.5  # how often a waiter looks whether the thread is still there


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked, of whom, and how. ``model`` is pydantic-ai's, ``counted`` the estimate of the prompt's tokens."""

    name: RemoteName
    key: Key | None
    settings: RemoteSettings
    model: Any
    messages: tuple[Message, ...]
    sampling: Sampling
    counted: int


class _FailedError(Exception):
    """Carries a `Problem` out of a try."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.words)
        self.problem = problem


class RemoteGeneration:
    """A `Generation`: a task in the generator's event loop puts pieces in, whoever iterates takes them out.

    Its usage is what the provider reported; where the answer ended before it did, an estimate that is rather too high.
    """

    def __init__(self, call: Call, loop: asyncio.AbstractEventLoop, alive: Callable[[], bool]) -> None:
        self._call, self._loop, self._alive = call, loop, alive
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._pieces: Pieces[str] = Pieces("".join, call.sampling.stop)
        self._text: list[str] = []
        self._task: asyncio.Task[None] | None = None
        self._usage: Usage | None = None
        self._calls: tuple[ToolCall, ...] = ()
        self._finish: Finish = "cancelled"
        self._problem: Problem | None = None
        self._begun = self._over = self._drained = self._told_to_stop = False

    def __iter__(self) -> Iterator[str]:
        while not self._drained:
            try:
                piece = self._queue.get(timeout=_IDLE_S)
            except queue.Empty:
                if self._over or self._alive():  # when over, the end is in the queue by now
                    continue
                raise ModelError("The model was closed while it was answering") from None
            if piece is None:
                self._drained = True
                break
            yield piece
        if self._problem is not None:
            raise RemoteError(self._problem.words, charge=self._charge(self._problem))

    @property
    def usage(self) -> Usage:
        """See `Generation.usage`."""
        return self._usage or self._priced(Usage(self._call.counted, estimate_tokens("".join(self._text))))

    @property
    def finish(self) -> Finish:
        """See `Generation.finish`."""
        return self._finish

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """See `Generation.calls`."""
        return self._calls

    def cancel(self) -> None:
        """See `Generation.cancel`. The connection is closed, so that the provider stops as well."""
        if not self._over:
            try:
                self._loop.call_soon_threadsafe(self._stop)
            except RuntimeError:  # the generator was closed, and everything ended with it
                return

    # -- In the event loop ------------------------------------------------------------------------

    def start(self) -> None:
        """Begins; called by the event loop."""
        self._task = self._loop.create_task(self._run())
        self._task.add_done_callback(self._ended)

    def _stop(self) -> None:
        self._told_to_stop = True
        if self._task is not None:
            self._task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() and not self._told_to_stop:
            self._problem = closed(self._call.name)
        elif not task.cancelled() and (error := task.exception()) is not None:
            self._problem = (
                problem_of(error, self._call.name, None) if isinstance(error, Exception) else cut(self._call.name)
            )
        self._over = True
        self._queue.put(None)

    async def _run(self) -> None:
        """Tries until an answer, the beginning of one, or the end of time or patience."""
        settings, name = self._call.settings, self._call.name
        over = self._loop.time() + settings.timeout_s
        for attempt in range(1, settings.retries + 2):
            try:
                await self._attempt(over)
                return
            except _FailedError as failed:
                problem = failed.problem
            except Exception as error:
                problem = problem_of(error, name, self._call.key)
            wait = problem.wait_s(attempt)
            last = attempt > settings.retries or self._begun or not problem.again
            if last or self._loop.time() + wait >= over:
                break
            await asyncio.sleep(wait)
        self._problem = problem

    async def _attempt(self, over: float) -> None:
        """One try, up to the end of the answer.

        Raises:
            _FailedError: with the reason.
            Exception: from pydantic-ai and below it.
        """
        from pydantic_ai.direct import model_request_stream

        call = self._call
        opened = model_request_stream(
            call.model,
            ai_messages(call.messages),
            model_settings=ai_settings(call),
            model_request_parameters=ai_parameters(call),
            instrument=False,
        )
        try:
            async with aclosing(self._events(opened, over)) as events:
                async for event in events:
                    self._begun = True
                    if text := _text_of(event):
                        self._show(self._pieces.add([text]), text)  # after a stop string: nothing; the usage follows
        finally:
            await hang_up()

    async def _events(self, opened: Any, over: float) -> AsyncGenerator[Any]:
        """The events of a response, each awaited no longer than the settings say."""
        call, settings = self._call, self._call.settings
        limit = self._loop.time() + settings.first_token_s
        problem = late(call.name, "no word", "first_token_s", settings.first_token_s)
        whole = late(call.name, "no whole answer", "timeout_s", settings.timeout_s)
        stream = await self._within(min(limit, over), opened.__aenter__(), problem if limit < over else whole)
        try:
            events = aiter(stream)
            while True:
                event = await self._within(min(limit, over), anext(events, None), problem if limit < over else whole)
                if event is None:
                    break
                yield event
                limit = self._loop.time() + settings.pause_s
                problem = late(call.name, "nothing further", "pause_s", settings.pause_s)
            self._finished(stream)
        finally:
            await opened.__aexit__(None, None, None)

    async def _within(self, limit: float, awaited: Any, problem: Problem) -> Any:
        try:
            async with asyncio.timeout_at(limit):
                return await awaited
        except TimeoutError:
            raise _FailedError(problem) from None

    def _finished(self, stream: Any) -> None:
        """The response is whole: what it used, and how it ended."""
        name, used, reason = self._call.name, stream.usage, stream.finish_reason
        if reason is not None and (used.input_tokens or used.output_tokens):  # before the end it is what was so far
            self._usage = self._priced(Usage(used.input_tokens, used.output_tokens, used.cache_read_tokens))
        if reason == "content_filter":
            raise _FailedError(filtered(name, charged=self._usage is not None))
        if reason not in ("stop", "length", "tool_call"):
            raise _FailedError(cut(name))
        if self._call.sampling.tools:
            self._calls = calls_of(stream.get().tool_calls)
        if not "".join(self._text).strip() and not self._calls:
            raise _FailedError(nothing(name, reason))
        self._show(self._pieces.end())
        self._finish = "length" if reason == "length" and not self._pieces.stopped else "stop"

    def _show(self, piece: str, written: str = "") -> None:
        """Hands a piece to whoever iterates; ``written`` is what the provider sent, for the count."""
        if written:
            self._text.append(written)
        if piece:
            self._queue.put(piece)

    def _charge(self, problem: Problem) -> Charge:
        if self._usage is not None:
            return "reported"
        return "unknown" if problem.charged or self._begun else "nothing"

    def _priced(self, usage: Usage) -> Usage:
        usd = cost(self._call.name, usage, self._call.settings)
        return Usage(usage.input_tokens, usage.output_tokens, usage.cached_tokens, usd)


def _text_of(event: Any) -> str:
    """The text that an event of pydantic-ai brings; "" for thinking, tool calls and marks."""
    from pydantic_ai.messages import PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta

    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
        return event.part.content
    if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
        return event.delta.content_delta
    return ""
