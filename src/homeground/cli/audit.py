"""`homeground audit`: who asked what, and whether the log is whole."""

from __future__ import annotations

from typing import Annotated

import typer

from homeground.cli.options import JsonOption, WorkspaceOption, one_line, opened, out, print_json

app = typer.Typer(help="The audit log: who asked what, and whether it is whole.")


@app.command("list")
def list_entries(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many entries, newest first.")] = 20,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show the newest entries."""
    entries = opened(workspace).audit_entries(limit)
    if as_json:
        print_json({"entries": entries})
        return
    console = out()
    for entry in entries:
        told = (entry.body.get(key) for key in ("question", "what", "target", "document", "destination", "outcome"))
        what = one_line(str(next(filter(None, told), "")), 60)
        console.print(f"{entry.seq:>6}  {entry.time[:19]}  {entry.principal:<12} {entry.kind:<10} {what}")


@app.command("verify")
def verify(as_json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Check the whole chain; fails when an entry was changed, moved, added or removed."""
    checked = opened(workspace).verify_audit()
    if as_json:
        print_json({"entries": checked, "intact": True})
    else:
        out().print(f"{checked} entries, the chain is intact.")
