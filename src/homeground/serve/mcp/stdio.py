"""MCP over standard input and output, for a host on this machine that starts it. Nothing else is written there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import anyio
from mcp.server.stdio import stdio_server
from starlette.concurrency import run_in_threadpool

from homeground.serve.mcp.progress import progress_of
from homeground.serve.mcp.server import server_of
from homeground.serve.mcp.visit import Visit
from homeground.types import Principal
from homeground.workspace import Workspace


def run(workspace: Workspace, principal: Callable[[], Principal]) -> None:
    """Serve until standard input ends. ``principal`` says who asks, anew for each request."""
    anyio.run(partial(_serve, workspace, principal))


async def _serve(workspace: Workspace, principal: Callable[[], Principal]) -> None:
    async def visit(context: Any) -> Visit:
        asker = await run_in_threadpool(principal)
        return Visit(workspace, asker, run_in_threadpool, progress_of(context))

    server = server_of(visit)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
