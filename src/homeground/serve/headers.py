"""What every response carries: an id, and what keeps browsers from doing with it what nobody meant.

A route that sets one of these headers keeps its own. The id is made here: one that a request brings along is not used,
since it goes into logs.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"  # for what is no page: it may do nothing at all
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HSTS = "max-age=31536000"


class Headers:
    """Gives each request its id (``request.state.id``), and each response its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identity = secrets.token_hex(8)
        scope.setdefault("state", {})["id"] = identity

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                _dress(MutableHeaders(scope=message), identity, scope["scheme"] == "https")
            await send(message)

        await self._app(scope, receive, dressed)


def _dress(headers: MutableHeaders, identity: str, encrypted: bool) -> None:
    headers["X-Request-Id"] = identity
    page = headers.get("content-type", "").startswith("text/html")
    headers.setdefault("Content-Security-Policy", PAGE_POLICY if page else DATA_POLICY)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if encrypted:
        headers["Strict-Transport-Security"] = _HSTS
    del headers["Server"]
