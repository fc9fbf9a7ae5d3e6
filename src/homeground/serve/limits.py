"""What a request may be: called by a name of the service, of a bounded size, and not too slow in coming."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from fastapi import HTTPException
from starlette.datastructures import Headers

from homeground.serve.errors import problem
from homeground.serve.hosts import Hosts

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from homeground.settings import ServeSettings

MOST_TARGET = 16_384  # bytes of path and query
MOST_HEADERS, MOST_HEADER_BYTES = 100, 32_768
MOST_BODY = 1_000_000
UPLOADS = "/api/documents"
_SLACK = 1 << 16  # of a body around its file
_PACE = 100_000  # bytes of a body that are given one more second
_ELSEWHERE = "This service is not called so. Names under which it is reached stand in hosts of [serve]."
_SLOW = "The request came too slowly. How long one may take is slow_s in [serve]."


class Limits:
    """Turns away what is too large, too slow, or meant for another host, before any route sees it."""

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app, self._settings, self._hosts = app, settings, Hosts(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most = self._most(scope)
        if wrong := self._wrong(scope, headers, most):
            status, code, detail = wrong
            response = problem(status, code, detail, scope["state"]["id"])
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        body = _Body(receive, most, self._settings.slow_s, _has_body(headers))

        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start" and not body.whole:  # what is left of it is not waited for
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await self._app(scope, body.receive, closing)

    def _most(self, scope: Scope) -> int:
        path = scope["path"]
        upload = scope["method"] in ("POST", "PUT") and (path == UPLOADS or path.startswith(f"{UPLOADS}/"))
        return self._settings.body_mb * 1_000_000 + _SLACK if upload else MOST_BODY

    def _wrong(self, scope: Scope, headers: Headers, most: int) -> tuple[int, str, str] | None:
        """Status, code and words for what speaks against the request."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return 421, "host", _ELSEWHERE
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MOST_TARGET:
            return 414, "too_long", f"The address has more than {MOST_TARGET:,} bytes."
        if len(headers.raw) > MOST_HEADERS or sum(len(n) + len(v) for n, v in headers.raw) > MOST_HEADER_BYTES:
            return 431, "headers", f"The request has more than {MOST_HEADERS} headers, or {MOST_HEADER_BYTES:,} bytes."
        lengths = headers.getlist("content-length")
        length = lengths[0] if lengths else "0"
        if len(lengths) > 1 or not (length.isascii() and length.isdigit()) or (lengths and _chunked(headers)):
            return 400, "http", "How long the body is, the headers do not say, or say twice."
        if int(length[:18]) > most:
            return 413, "too_large", too_large(most)
        return None


class _Body:
    """The body of a request on its way in. ``whole`` once all of it has come."""

    def __init__(self, receive: Receive, most: int, slow_s: int, there: bool) -> None:
        self._receive, self._most, self._slow_s = receive, most, slow_s
        self._began, self._came = time.monotonic(), 0
        self.whole = not there

    async def receive(self) -> Message:
        """The next piece; HTTPException 408 or 413 when it is too slow, or too much."""
        if self.whole:
            return await self._receive()
        left = self._began + self._slow_s + self._came / _PACE - time.monotonic()
        try:
            async with asyncio.timeout(max(left, 0)):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, _SLOW) from None
        self._came += len(message.get("body", b""))
        if self._came > self._most:
            raise HTTPException(413, too_large(self._most))
        self.whole = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message


def _chunked(headers: Headers) -> bool:
    return "transfer-encoding" in headers


def _has_body(headers: Headers) -> bool:
    return _chunked(headers) or headers.get("content-length", "0").strip("0") != ""


def too_large(most: int) -> str:
    """What is said of a body that is larger than ``most`` bytes."""
    return f"The body is larger than {most / 1e6:,.0f} MB."
