"""`serve`: the workspace as a service."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from homeground.cli.options import WorkspaceOption, notes, opened


def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="The address to listen on. Default: this machine only.")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65_535, help="The port. Default: 8420.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Serve the workspace: a web page, a native API, the OpenAI protocol and MCP. Ctrl-C ends it."""
    from homeground.serve.run import serve as run

    with opened(workspace) as space:
        settings = space.settings.serve
        settings = replace(
            settings, host=settings.host if host is None else host, port=settings.port if port is None else port
        )
        run(space, settings, lambda url: notes().print(f"{url}  (Ctrl-C ends it)"))
