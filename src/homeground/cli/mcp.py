"""`mcp`: the workspace as an MCP server for a host on this machine."""

from __future__ import annotations

from homeground.cli.options import AsOption, WorkspaceOption, opened, principal_of


def mcp(person: AsOption = None, workspace: WorkspaceOption = None) -> None:
    """Serve the workspace over MCP on standard input and output, for a program that starts this command."""
    from homeground.serve.mcp.stdio import run

    with opened(workspace) as space:
        principal_of(person, space)  # a name that does not fit is told now
        run(space, lambda: principal_of(person, space))
