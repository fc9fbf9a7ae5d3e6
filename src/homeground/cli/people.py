"""`people` and `tokens`: who may sign in, and what programs show instead."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from homeground.cli.options import JsonOption, WorkspaceOption, notes, opened, out, print_json
from homeground.errors import ConfigError

if TYPE_CHECKING:
    from homeground.workspace import Workspace

people = typer.Typer(help="Who may sign in to the service, with roles and groups.", no_args_is_help=True)
tokens = typer.Typer(help="API tokens: shown once, scoped, expiring, revocable.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="The person's name.")]
RoleOption = Annotated[str, typer.Option("--role", help="reader asks, editor also adds documents, owner does all.")]
GroupOption = Annotated[
    list[str] | None, typer.Option("--group", help="A group that the person is in; as often as needed.")
]
PasswordOption = Annotated[
    bool, typer.Option("--password", help="Ask for a password; piped input is taken as its first line.")
]


@people.command("list")
def list_people(as_json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Show everybody."""
    with opened(workspace) as space:
        found = space.people.list()
    if as_json:
        print_json({"people": [_plain(each) for each in found]})
        return
    if not found:
        notes().print("Nobody yet: whoever uses this account is the owner. Add people: homeground people add NAME")
    for each in found:
        state = "" if each.active else ", inactive"
        how = " and ".join(filter(None, ["password" if each.has_password else "", "sign-on" if each.sso else ""]))
        groups = f" in {', '.join(sorted(each.groups))}" if each.groups else ""
        out().print(f"{each.name}: {each.role}{groups}{state} ({how or 'tokens only'})")


@people.command("add")
def add(
    name: NameArgument,
    role: RoleOption = "reader",
    group: GroupOption = None,
    password: PasswordOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Add somebody. From the first one on, everybody signs in; the first must be an owner."""
    given = _password() if password else None
    with opened(workspace) as space:
        made = space.people.add(name, role=role, groups=group or (), password=given)
        _note(space, "person added", {"person": made.name, "role": made.role, "groups": sorted(made.groups)})
    out().print(f"Added {made.name}, {made.role}.")


@people.command("change")
def change(
    name: NameArgument,
    role: Annotated[str | None, typer.Option("--role", help="reader, editor or owner.")] = None,
    group: GroupOption = None,
    no_groups: Annotated[bool, typer.Option("--no-groups", help="Take the person out of every group.")] = False,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Whether the person may sign in and use tokens.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Change role, groups, or whether somebody is active; in force at their next request."""
    groups = [] if no_groups else group
    with opened(workspace) as space:
        made = space.people.change(name, role=role, groups=groups, active=active)
        told = {"person": made.name, "role": made.role, "groups": sorted(made.groups), "active": made.active}
        _note(space, "person changed", told)
    out().print(f"{made.name}: {made.role}{'' if made.active else ', inactive'}.")


@people.command("password")
def password(
    name: NameArgument,
    none: Annotated[bool, typer.Option("--none", help="Take the password away.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Give somebody a new password; all their sessions end."""
    given = None if none else _password()
    with opened(workspace) as space:
        space.people.set_password(name, given)
        _note(space, "person changed", {"person": space.people.find(name).name, "password": "changed"})
    out().print(f"The password of {name} is {'gone' if none else 'changed'}.")


@people.command("remove")
def remove(name: NameArgument, workspace: WorkspaceOption = None) -> None:
    """Remove somebody, with their tokens and sessions."""
    with opened(workspace) as space:
        gone = space.people.remove(name).name
        _note(space, "person removed", {"person": gone})
    out().print(f"Removed {gone}.")


@tokens.command("list")
def list_tokens(
    person: Annotated[str | None, typer.Option("--person", help="Only those of this person.")] = None,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show tokens, without their secrets."""
    with opened(workspace) as space:
        found = space.tokens.list(person)
    if as_json:
        print_json({"tokens": found})
        return
    for each in found:
        until = f"until {each.expires_at:%Y-%m-%d}" if each.expires_at else "without an end"
        used = f"used {each.used_at:%Y-%m-%d}" if each.used_at else "never used"
        out().print(f"{each.id}  {each.person}  {each.label}  ({', '.join(each.permissions)}; {until}; {used})")


@tokens.command("create")
def create(
    person: Annotated[str, typer.Argument(help="Whose token it is.")],
    label: Annotated[str, typer.Argument(help="What it is for.")],
    permission: Annotated[
        list[str] | None, typer.Option("--permission", help="read, write or admin; as often as needed. Default: read.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=0, max=3650, help="Days it lives; 0 for no end.")] = 90,
    workspace: WorkspaceOption = None,
) -> None:
    """Make a token. Its secret is printed this once and kept nowhere."""
    with opened(workspace) as space:
        made, secret = space.tokens.create(person, label, permission or ("read",), days or None)
        _note(space, "token made", {"id": made.id, "person": made.person, "permissions": list(made.permissions)})
    out().print(secret)
    notes().print("This is shown once. Send it as: Authorization: Bearer hgt_…")


@tokens.command("revoke")
def revoke(
    identity: Annotated[str, typer.Argument(metavar="ID", help="The token's id, as `tokens list` shows it.")],
    workspace: WorkspaceOption = None,
) -> None:
    """End a token at once."""
    with opened(workspace) as space:
        gone = space.tokens.revoke(identity)
        _note(space, "token revoked", {"id": gone.id, "person": gone.person})
    out().print(f"Revoked {gone.id} ({gone.label}).")


def _password() -> str:
    """Typed twice, or the first line of piped input; never an argument, which others could see."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise ConfigError("No password came: pipe one in, or run this in a terminal.")
        return line
    given: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return given


def _note(space: Workspace, kind: str, body: dict[str, object]) -> None:
    from homeground.access.audit import append

    append(space.catalogue, kind, space.owner.name, body)


def _plain(person: object) -> dict[str, object]:
    from dataclasses import asdict

    told = asdict(person)  # type: ignore[call-overload]
    return {**told, "groups": sorted(told["groups"])}
