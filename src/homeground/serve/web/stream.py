"""Pieces of a page, sent while they come about: server-sent events, one piece of HTML each.

When the browser leaves, the work is given up: what waits is dropped, and what runs ends as soon as it can end well.
What was shown by then, even in part, stands in the audit log.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi.responses import StreamingResponse

from homeground.errors import HomegroundError

Say = Callable[[str], None]
_LINES = re.compile(r"\r\n|\r|\n")
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_under_way: set[asyncio.Task[None]] = set()


def message(html: str) -> str:
    """One event with a piece of HTML."""
    return "".join(f"data: {line}\n" for line in _LINES.split(html)) + "\n"


def streamed(
    run: Callable[[Say], Awaitable[None]], failed: Callable[[HomegroundError | None], str]
) -> StreamingResponse:
    """What the work says, as it says it. ``failed`` makes a piece of an error; of None when it was not foreseen."""

    async def pieces() -> AsyncIterator[str]:
        loop, waiting = asyncio.get_running_loop(), asyncio.Queue[str | None]()

        def say(html: str) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody listens
                loop.call_soon_threadsafe(waiting.put_nowait, html)

        async def work() -> None:
            try:
                await run(say)
            except HomegroundError as error:
                say(failed(error))
            except Exception:
                logging.getLogger("homeground.serve").exception("An answer failed")
                say(failed(None))
            finally:
                loop.call_soon(waiting.put_nowait, None)  # after the pieces that the thread has handed over already

        task = asyncio.create_task(work())
        _under_way.add(task)
        task.add_done_callback(_under_way.discard)
        try:
            while (piece := await waiting.get()) is not None:
                yield message(piece)
        finally:
            task.cancel()

    return StreamingResponse(pieces(), media_type="text/event-stream", headers=_HEADERS)
