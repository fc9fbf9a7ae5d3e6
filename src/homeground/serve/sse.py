"""Server-sent events: what a function tells while it works, as a stream that stays alive.

Each event is a name and a JSON object. A comment every few seconds keeps proxies from closing a quiet stream.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from fastapi.responses import StreamingResponse

HEARTBEAT_S = 10.0
MEDIA_TYPE = "text/event-stream"
ALIVE = b": alive\n\n"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_EARLY_S = 1.0  # how long to wait for an error that can still be told by its status

Tell = Callable[[str, Any], None]
Failed = Callable[[BaseException], tuple[str, Any]]


def event(name: str, data: Any) -> bytes:
    """One event, of no kind where it has no name. JSON escapes line breaks: no text can begin an event of its own."""
    kind = f"event: {name}\n" if name else ""
    return f"{kind}data: {json.dumps(data, ensure_ascii=True)}\n\n".encode("ascii")


def streamed(stream: AsyncIterator[bytes]) -> StreamingResponse:
    """A response that sends events as they come."""
    return StreamingResponse(stream, media_type=MEDIA_TYPE, headers=_HEADERS)


async def begun(work: Callable[[Tell], Awaitable[None]], failed: Failed) -> AsyncIterator[bytes]:
    """Begins the work; gives its events as they come, with comments in between, until it ends.

    ``work`` may tell from any thread. What it raises before it told anything, and soon, is raised here; what it raises
    later becomes the event that ``failed`` makes of it. When the one who listens goes, the work is cancelled.
    """
    telling = _Telling()
    task = asyncio.ensure_future(work(telling.tell))
    task.add_done_callback(lambda _: telling.end())
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(telling.something.wait(), _EARLY_S)
    if task.done() and not telling.told and (error := task.exception()):
        raise error
    return _events(task, telling.queue, failed)


class _Telling:
    """Carries events from the threads of the work to the loop of the stream. ``None`` ends them."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.queue, self.something, self.told = asyncio.Queue[bytes | None](), asyncio.Event(), False

    def tell(self, name: str, data: Any) -> None:
        """Takes an event, from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody listens
            self._loop.call_soon_threadsafe(self._put, event(name, data))

    def end(self) -> None:
        """The work is over."""
        self._loop.call_soon(self._close)  # after the events that threads have handed over already

    def _put(self, piece: bytes) -> None:
        self.told = True
        self.queue.put_nowait(piece)
        self.something.set()

    def _close(self) -> None:
        self.queue.put_nowait(None)
        self.something.set()


async def _events(
    task: asyncio.Future[None], queue: asyncio.Queue[bytes | None], failed: Failed
) -> AsyncIterator[bytes]:
    try:
        while True:
            try:
                piece = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
            except TimeoutError:
                yield ALIVE
                continue
            if piece is not None:
                yield piece
            elif error := task.exception():
                yield event(*failed(error))
                return
            else:
                return
    finally:
        task.cancel()
