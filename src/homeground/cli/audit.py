"""`homeground audit`: who asked what and what was shown, whether the log is whole, and forgetting a person."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Annotated

import typer

from homeground.cli.options import (
    LATER,
    JsonOption,
    WorkspaceOption,
    counted,
    date_of,
    notes,
    one_line,
    opened,
    out,
    print_json,
    printable,
)

if TYPE_CHECKING:
    from homeground.access.entries import AuditFilter

app = typer.Typer(help="The audit log: who asked what and what was shown, whether it is whole, and forgetting.")
ERASED = "(erased)"

SinceDay = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Only entries of this day or later.")]
UntilDay = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Only entries of this day or before.")]
Kind = Annotated[str | None, typer.Option("--kind", help="Only of this kind: ask, search, show, upload, egress, …")]
Person = Annotated[str | None, typer.Option("--person", metavar="NAME", help="Only entries of this person.")]
Text = Annotated[str | None, typer.Option("--text", help="Only entries in which this stands.")]


@app.command("list")
def list_entries(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many entries, newest first.")] = 20,
    since: SinceDay = None,
    until: UntilDay = None,
    kind: Kind = None,
    person: Person = None,
    text: Text = None,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show the newest entries."""
    wanted, space = _filter(since, until, kind, person, text), opened(workspace)
    entries = space.log.page(space.owner, wanted, limit=limit).entries
    if as_json:
        print_json({"entries": entries})
        return
    console = out()
    for entry in entries:
        told = (entry.body.get(key) for key in ("question", "what", "destination", "outcome", "why"))
        what = one_line(str(next(filter(None, told), "")), 60)
        who = printable(entry.principal) or ERASED
        console.print(f"{entry.seq:>6}  {entry.time[:19]}  {who:<12} {entry.kind:<10} {what}")


@app.command("export")
def export(
    since: SinceDay = None,
    until: UntilDay = None,
    kind: Kind = None,
    person: Person = None,
    text: Text = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Print every entry as one JSON object on a line of its own, newest first."""
    wanted, space = _filter(since, until, kind, person, text), opened(workspace)
    for entry in space.log.export(space.owner, wanted):
        sys.stdout.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")


@app.command("verify")
def verify(as_json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Check the whole chain; fails when an entry was changed, moved, added, removed, or emptied in secret."""
    checked = opened(workspace).verify_audit()
    if as_json:
        print_json({"entries": checked, "intact": True})
    else:
        out().print(f"{checked} entries, the chain is intact.")


@app.command("erase")
def erase(
    person: Annotated[str, typer.Argument(help="Whose data: the name that the log shows.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Forget what a person asked, was shown and said, and their conversations; the chain still verifies."""
    space = opened(workspace)
    if not yes:
        typer.confirm(f"Erase all that {printable(person)} asked, was shown and said?", abort=True, err=True)
    gone = space.log.erase(person, space.owner)
    if as_json:
        print_json(gone)
        return
    said = f"{counted(gone.conversations, 'conversation')} and {counted(gone.feedback, 'judgement')}"
    later = "" if gone.overwritten else LATER
    notes().print(f"{gone.entries:,} of the log's entries emptied; {said} erased. The chain is intact.{later}")


def _filter(
    since: str | None, until: str | None, kind: str | None, person: str | None, text: str | None
) -> AuditFilter:
    from homeground.access.entries import AuditFilter
    from homeground.moments import after

    first, last = date_of("--since", since), date_of("--until", until)
    return AuditFilter(
        None if first is None else datetime.combine(first, time.min, UTC),
        None if last is None else after(last),
        kind,
        person,
        text,
    )
