"""MCP over HTTP, at /mcp: each request stands for itself, with the same authentication as everything else.

There are no sessions: a request that has shown who asks needs none, and none can be taken over or outlive a token.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Route

from homeground.errors import WorkspaceError
from homeground.serve import csrf
from homeground.serve.callers import caller_of
from homeground.serve.errors import ForbiddenError
from homeground.serve.exposure import is_loopback
from homeground.serve.mcp.progress import progress_of
from homeground.serve.mcp.server import server_of
from homeground.serve.mcp.visit import Visit
from homeground.serve.work import admitted

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from homeground.serve.service import Service
    from homeground.settings import ServeSettings

PATH = "/mcp"
MOST_BODY = 1_000_000
_LOCAL = ("127.0.0.1", "localhost", "[::1]")


def add_mcp(app: FastAPI, service: Service) -> Endpoint:
    """Adds MCP to the application; its ``running`` belongs into the lifespan."""
    endpoint = Endpoint(service)
    app.router.routes.append(Route(PATH, endpoint=endpoint))
    return endpoint


class Endpoint:
    """The ASGI application at /mcp."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Takes requests as long as this lasts."""
        manager = StreamableHTTPSessionManager(
            server_of(self._visit),
            stateless=True,
            security_settings=security(self._service.settings),
            max_request_body_size=MOST_BODY,
        )
        async with manager.run():
            self._manager = manager
            try:
                yield
            finally:
                self._manager = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. UnauthenticatedError and ForbiddenError as for any other route."""
        request = Request(scope, receive)
        if request.method != "POST":  # nothing is told but in answers, and there are no sessions to end
            raise HTTPException(405, "Only POST: there are no sessions here.", {"Allow": "POST"})
        caller = await run_in_threadpool(caller_of, request)
        csrf.check_site(request)
        if not caller.may("read"):
            raise ForbiddenError("This needs the permission 'read', which your role or token does not have.")
        if self._manager is None:
            raise WorkspaceError("The service is starting or ending.")
        request.state.caller = caller
        await self._manager.handle_request(scope, receive, send)

    async def _visit(self, context: Any) -> Visit:
        caller = context.request.state.caller
        return Visit(
            self._service.workspace,
            caller.principal,
            partial(admitted, self._service, caller),
            progress_of(context),
        )


def security(settings: ServeSettings) -> TransportSecuritySettings:
    """Which names a request may call this service by, against pages that let their own name lead to this machine.

    A service that others reach may have any name unless ``hosts`` says which; it always asks who comes.
    """
    only_local = is_loopback(settings.host) and not settings.behind_proxy
    names = [each for name in (*_LOCAL, *settings.hosts) for each in (name, f"{name}:*")]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=only_local or bool(settings.hosts),
        allowed_hosts=names,
        allowed_origins=[f"{scheme}://{name}" for scheme in ("http", "https") for name in names],
    )
