"""`homeground egress`: what left this machine, to where, and whether the record of it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from homeground.cli.options import (
    JsonOption,
    WorkspaceOption,
    counted,
    date_of,
    notes,
    opened,
    out,
    print_json,
    printable,
)

if TYPE_CHECKING:
    from homeground.access.ledger import Departure


def egress(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many requests, newest first.")] = 20,
    day: Annotated[str | None, typer.Option("--day", metavar="DATE", help="Only of this day (UTC).")] = None,
    destination: Annotated[
        str | None, typer.Option("--destination", metavar="HOST[:PORT]", help="Only to this destination.")
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Check the whole record.")] = False,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show what left this machine: when, to where, how much. No text is kept."""
    space = opened(workspace)
    checked = space.verify_departures() if verify else None
    if verify and as_json:
        print_json({"departures": checked, "intact": True})
    elif verify:
        out().print(f"{counted(checked or 0, 'request')} left this machine; the record is intact.")
    else:
        _list(space.departures(limit, day=date_of("--day", day), destination=destination), as_json)


def _list(departures: list[Departure], as_json: bool) -> None:
    if as_json:
        print_json({"departures": departures})
        return
    if not departures:
        notes().print("Nothing left this machine.")
    for each in departures:
        _print(each)


def _print(each: Departure) -> None:
    console, parcel = out(), each.parcel
    where = f"{printable(parcel.destination)} ({printable(parcel.model)})"
    console.print(f"{each.seq:>6}  {each.time[:19]}  {printable(each.principal):<12} ", end="")
    console.print(f"{each.outcome}: {parcel.bytes:,} bytes to {where}")
    carried = [counted(parcel.passages, "passage"), counted(len(parcel.revisions), "document")]
    carried += [counted(parcel.redactions, "redaction"), f"receipt {parcel.receipt}", f"sha256 {parcel.sha256[:12]}"]
    console.print(f"        {', '.join(carried)}", style="dim")
