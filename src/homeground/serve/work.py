"""Where the work of a request is done: in a thread, in its turn, and as long as somebody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from fastapi import Request

    from homeground.access.caller import Caller
    from homeground.serve.service import Service

T = TypeVar("T")


class GoneError(Exception):
    """The client has gone; nobody hears of this."""


async def admitted(service: Service, caller: Caller, work: Callable[[], T], request: Request | None = None) -> T:
    """What the work gives, once it had its turn; given up when the client of the ``request`` goes.

    BusyError when too much waits already.
    """
    if request is None:
        return await _run(service, caller, work)
    working = asyncio.ensure_future(_run(service, caller, work))
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise GoneError
    finally:
        working.cancel()
        leaving.cancel()


async def _run(service: Service, caller: Caller, work: Callable[[], T]) -> T:
    admission = getattr(service, "admission", None)
    if admission is None:
        return await run_in_threadpool(work)
    return cast(T, await admission.run(caller, work))


async def _left(request: Request) -> None:
    """Returns when the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
