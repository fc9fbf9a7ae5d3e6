"""Where the work of a request is done: in a thread, and in its turn where the service takes turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from homeground.access.caller import Caller
    from homeground.serve.service import Service

T = TypeVar("T")


async def admitted(service: Service, caller: Caller, work: Callable[[], T]) -> T:
    """What the work gives, once it had its turn. BusyError when too much waits already."""
    admission = getattr(service, "admission", None)
    if admission is None:
        return await run_in_threadpool(work)
    return cast(T, await admission.run(caller, work))
