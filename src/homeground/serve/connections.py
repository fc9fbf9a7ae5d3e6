"""Connections: a bounded number of them, and none that stays without asking, or without taking what it asked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from homeground.serve.exposure import is_loopback

if TYPE_CHECKING:
    from homeground.settings import ServeSettings

MOST_HEAD = 32_768  # bytes of a request's first line and headers
_SHARE = 4  # the part of all connections that one address may have is one in so many
_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"


def guarded(settings: ServeSettings) -> type[H11Protocol]:
    """uvicorn's protocol, with the limits of the settings: it has none for headers that do not come."""

    class Guarded(H11Protocol):
        _late: asyncio.TimerHandle | None = None
        _stuck: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            if _crowded(self.connections, transport, settings):
                transport.write(_FULL)
                transport.close()
                self.transport = transport
                return
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            if self.flow is None:  # turned away
                return
            super().data_received(data)
            if self._idle():
                self._wait()
            else:
                self._done_waiting()

        def connection_lost(self, exc: Exception | None) -> None:
            self._done_waiting()
            self._moves()
            if self.flow is not None:
                super().connection_lost(exc)

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._done_waiting()  # uvicorn's own limit for idle connections counts from here

        # -- Headers that do not come -------------------------------------------------------------

        def _idle(self) -> bool:
            return self.cycle is None or self.cycle.response_complete

        def _wait(self) -> None:
            if self._late is None:
                self._late = self.loop.call_later(settings.slow_s, self._too_late)

        def _done_waiting(self) -> None:
            if self._late is not None:
                self._late.cancel()
                self._late = None

        def _too_late(self) -> None:
            if not self.transport.is_closing():
                self.transport.write(_LATE)
                self.transport.close()

        # -- Answers that are not taken -----------------------------------------------------------

        def pause_writing(self) -> None:
            super().pause_writing()
            if self._stuck is None:
                self._stuck = self.loop.call_later(settings.slow_s, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._moves()

        def _moves(self) -> None:
            if self._stuck is not None:
                self._stuck.cancel()
                self._stuck = None

    return Guarded


def _crowded(connections: set[Any], transport: asyncio.Transport, settings: ServeSettings) -> bool:
    """Whether there is no room for one more; an idle connection makes room."""
    address = _address(transport)
    if not (settings.behind_proxy or is_loopback(address)):
        same = sum(_address(each.transport) == address for each in connections)
        if same >= max(1, settings.connections // _SHARE):
            return True
    if len(connections) < settings.connections:
        return False
    idle = next((each for each in connections if each.cycle is not None and each.cycle.response_complete), None)
    if idle is None:
        return True
    connections.discard(idle)
    idle.shutdown()
    return False


def _address(transport: asyncio.Transport | None) -> str:
    peer = transport.get_extra_info("peername") if transport else None
    return str(peer[0]) if peer else ""
