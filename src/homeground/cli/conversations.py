"""`homeground conversations`: what you asked before, to look at, take along or erase."""

from __future__ import annotations

from typing import Annotated

import typer

from homeground.cli.ask import UNSUPPORTED
from homeground.cli.options import (
    LATER,
    AsOption,
    JsonOption,
    WorkspaceOption,
    counted,
    notes,
    one_line,
    opened,
    out,
    principal_of,
    print_json,
    printable,
)
from homeground.errors import ConfigError

app = typer.Typer(help="What you asked before: list, show, export, erase.")

ConversationArgument = Annotated[str, typer.Argument(help="As `conversations list` shows it.")]


@app.command("list")
def list_conversations(as_json: JsonOption = False, as_who: AsOption = None, workspace: WorkspaceOption = None) -> None:
    """List your conversations, the latest first."""
    space = opened(workspace)
    found = space.conversations(principal_of(as_who, space))
    if as_json:
        print_json({"conversations": found})
        return
    if not found:
        notes().print("No conversations.")
    for each in found:
        out().print(f"{each.id}  {each.changed_at:%Y-%m-%d %H:%M}  {each.count:>3}  {one_line(each.title, 60)}")


@app.command("show")
def show(
    conversation: ConversationArgument,
    as_json: JsonOption = False,
    as_who: AsOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Show a conversation, as far as you may still read what it rests on."""
    space = opened(workspace)
    found = space.conversation(conversation, principal_of(as_who, space))
    if as_json:
        print_json(found)
        return
    console = out()
    for turn in found.turns:
        console.print(f"{turn.asked_at:%Y-%m-%d %H:%M}  {printable(turn.question)}", style="bold")
        if turn.standalone:
            console.print(f"Understood as: {printable(turn.standalone)}", style="dim")
        if turn.refused:
            console.print(f"No answer: {turn.reason}", style="yellow")
        for statement in turn.statements:
            unchecked = UNSUPPORTED.get(statement.origin, "")
            console.print(" ".join(filter(None, [printable(statement.text), unchecked])))
            for citation in statement.citations:
                console.print(f"    {citation}", style="dim")
        if turn.withheld:
            said = counted(turn.withheld, "statement")
            console.print(
                f"{said} not shown: the documents changed, are gone or are not yours to read.", style="yellow"
            )
        console.print()


@app.command("export")
def export(as_who: AsOption = None, workspace: WorkspaceOption = None) -> None:
    """Print all your conversations with their turns as one JSON object."""
    space = opened(workspace)
    principal = principal_of(as_who, space)
    listed = space.conversations(principal)
    print_json({"conversations": [space.conversation(each.id, principal) for each in listed]})


@app.command("erase")
def erase(
    conversations: Annotated[list[str] | None, typer.Argument(help="Which ones, by their ids.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of yours.")] = False,
    as_json: JsonOption = False,
    as_who: AsOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Erase conversations, from the disk as well."""
    if bool(conversations) == everything:
        raise ConfigError("Say which conversations to erase, by their ids, or --all.")
    space = opened(workspace)
    erased = space.erase_conversations(principal_of(as_who, space), None if everything else conversations)
    if as_json:
        print_json({"erased": erased, "overwritten": not space.catalogue.owes()})
    else:
        notes().print(f"{counted(erased, 'conversation')} erased.{LATER if space.catalogue.owes() else ''}")
