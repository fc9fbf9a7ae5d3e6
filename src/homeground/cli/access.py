"""`homeground access`: who may read what, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from homeground.cli.options import (
    AsOption,
    JsonOption,
    WorkspaceOption,
    counted,
    notes,
    opened,
    out,
    principal_of,
    print_json,
    printable,
)

if TYPE_CHECKING:
    from homeground.access.rules import AccessRule

app = typer.Typer(help="Who may read which document: rules by source, folder and document, and why.")

TargetArgument = Annotated[
    str, typer.Argument(help="A source's name, SOURCE:FOLDER/ (with the slash), or a document's name.")
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow", metavar="GRANT", help="Who may read: everyone, user:NAME, group:NAME; none to say nothing."
    ),
]
DenyOption = Annotated[
    list[str] | None,
    typer.Option("--deny", metavar="GRANT", help="Who may not, whatever is allowed below; none for nobody."),
]
PERMISSIONS = {
    "none": "",
    "files": "; its files say who may read them, by the file system",
    "sidecar": "; its sidecar files say who may read",
}


@app.command("show")
def show(as_json: JsonOption = False, as_who: AsOption = None, workspace: WorkspaceOption = None) -> None:
    """List every rule: sources, and their folders and documents."""
    space = opened(workspace)
    listed = space.access_rules(principal_of(as_who, space))
    if as_json:
        print_json({"rules": listed})
        return
    for rule in listed:
        out().print(f"{printable(rule.target)}", style="bold" if rule.kind == "source" else None)
        out().print(f"  {_said(rule)}; {counted(rule.documents, 'document')}")


def _said(rule: AccessRule) -> str:
    allow = "says nothing of who may read" if rule.allow is None else f"allows {', '.join(rule.allow)}"
    deny = f"; denies {', '.join(rule.deny)}" if rule.deny else ""
    return allow + deny + (PERMISSIONS[rule.permissions] if rule.kind == "source" else "")


@app.command("set")
def set_access(
    target: TargetArgument,
    allow: AllowOption = None,
    deny: DenyOption = None,
    as_json: JsonOption = False,
    as_who: AsOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Say who may read a source, a folder or a document, and who may not; in force at the next question."""
    space = opened(workspace)
    rule = space.set_access(target, allow=_grants(allow), deny=_grants(deny), principal=principal_of(as_who, space))
    if as_json:
        print_json(rule)
        return
    out().print(f"{printable(rule.target)}: {_said(rule)}. It speaks of {counted(rule.documents, 'document')}.")
    _tell_hidden(rule.hidden)


def _grants(given: list[str] | None) -> list[str] | None:
    return [] if given == ["none"] else given


def _tell_hidden(hidden: int) -> None:
    if hidden:
        notes().print(
            f"Another process is writing: {counted(hidden, 'document')} cannot be found by anybody until it has moved "
            "them.",
            style="yellow",
        )


@app.command("clear")
def clear(
    target: TargetArgument,
    as_json: JsonOption = False,
    as_who: AsOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Take the rule of a folder or a document away; what lies above decides."""
    space = opened(workspace)
    hidden = space.clear_access(target, principal=principal_of(as_who, space))
    if as_json:
        print_json({"cleared": target, "hidden": hidden})
        return
    out().print(f"{printable(target)} has no rule of its own any more.")
    _tell_hidden(hidden)


@app.command("explain")
def explain(
    who: Annotated[str, typer.Argument(metavar="WHO", help="NAME of a known person, or NAME,GROUP,GROUP.")],
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="The document's name.")],
    as_json: JsonOption = False,
    as_who: AsOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Say whether somebody may read a document, and why."""
    space = opened(workspace)
    told = space.explain_access(space.person(who), document, principal_of(as_who, space))
    if as_json:
        print_json(told)
        return
    out().print(f"{'May read' if told.readable else 'May not read'} {printable(document)}.", style="bold")
    out().print(f"  {printable(told.because)}")
    if told.allow:
        out().print(f"  allowed: {', '.join(told.allow)}", style="dim")
    if told.deny:
        out().print(f"  denied: {', '.join(told.deny)}", style="dim")
