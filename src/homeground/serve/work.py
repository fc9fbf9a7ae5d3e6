"""Where the work of a request is done: in a thread, in its turn, and as long as somebody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from fastapi import Request

    from homeground.access.caller import Caller
    from homeground.serve.service import Service

T = TypeVar("T")


class GoneError(Exception):
    """The client has gone; nobody hears of this."""


async def admitted(
    service: Service,
    caller: Caller,
    work: Callable[[], T],
    request: Request | None = None,
    *,
    counted: bool = True,
    drawn: bool = False,
) -> T:
    """What the work gives, once it had its turn. Everything that asks, searches or draws goes through here.

    With the ``request``, whose body has been read, the work is given up when its client goes; a stream sees to that
    itself. ``counted`` False is for what is no question, ``drawn`` for pictures, for which no question waits.

    Raises:
        BusyError: when too much waits already, or the caller asks too often.
    """
    run = service.admission.run if counted else (service.drawing if drawn else service.admission).uncounted
    if request is None:
        return await run(caller, work)
    working = asyncio.ensure_future(run(caller, work))
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise GoneError
    finally:
        working.cancel()
        leaving.cancel()


async def _left(request: Request) -> None:
    """Returns when the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
