"""Pieces of a page, sent while they come about: server-sent events, one piece of HTML each.

The work goes on when the browser leaves: what was shown, even in part, must stand in the audit log.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from homeground.access.caller import Caller
from homeground.errors import HomegroundError
from homeground.serve.service import Service

Say = Callable[[str], None]
_LINES = re.compile(r"\r\n|\r|\n")
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_under_way: set[asyncio.Task[None]] = set()


def message(html: str) -> str:
    """One event with a piece of HTML."""
    return "".join(f"data: {line}\n" for line in _LINES.split(html)) + "\n"


async def admitted(service: Service, caller: Caller, work: Callable[[], Any]) -> Any:
    """Runs the work in a thread when its turn has come. BusyError when too much waits already."""
    admission: Any = getattr(service, "admission", None)
    return await (run_in_threadpool(work) if admission is None else admission.run(caller, work))


def streamed(
    run: Callable[[Say], Awaitable[None]], failed: Callable[[HomegroundError | None], str]
) -> StreamingResponse:
    """What the work says, as it says it. ``failed`` makes a piece of an error; of None when it was not foreseen."""

    async def pieces() -> AsyncIterator[str]:
        loop, waiting = asyncio.get_running_loop(), asyncio.Queue[str | None]()

        def say(html: str) -> None:
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
                loop.call_soon_threadsafe(waiting.put_nowait, None)

        task = asyncio.create_task(work())
        _under_way.add(task)
        task.add_done_callback(_under_way.discard)
        while (piece := await waiting.get()) is not None:
            yield message(piece)

    return StreamingResponse(pieces(), media_type="text/event-stream", headers=_HEADERS)
