"""People, their tokens and sessions, and who one is oneself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from homeground.access.audit import append
from homeground.access.caller import Caller, Permission
from homeground.access.people import Person
from homeground.access.tokens import Token
from homeground.serve.callers import Administering, Anyone, Here
from homeground.serve.errors import ForbiddenError
from homeground.serve.login import address_of, proven
from homeground.serve.service import Service

router = APIRouter(tags=["people"])

Name = Annotated[str, Path(min_length=1, max_length=200)]
RoleName = Literal["reader", "editor", "owner"]
Groups = Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=200)]


class PersonOut(BaseModel):
    """Someone who may sign in or hold tokens."""

    name: str
    role: RoleName
    groups: list[str]
    active: bool
    has_password: bool
    sso: bool
    created_at: datetime
    seen_at: datetime | None


class PersonIn(BaseModel):
    """Someone new."""

    name: str = Field(min_length=1, max_length=64)
    role: RoleName = "reader"
    groups: Groups = []
    password: Annotated[str | None, Field(max_length=1024)] = None


class PersonChange(BaseModel):
    """What changes of a person; what is left out stays."""

    role: RoleName | None = None
    groups: Groups | None = None
    active: bool | None = None
    password: Annotated[str | None, Field(max_length=1024)] = None


class Me(BaseModel):
    """Who the caller is, and what they may do."""

    name: str
    role: RoleName
    groups: list[str]
    permissions: list[Permission]
    via: Literal["local", "session", "token"]


class PasswordChange(BaseModel):
    """One's own new password, and the one until now."""

    old: str = Field(max_length=1024)
    new: str = Field(max_length=1024)


class TokenOut(BaseModel):
    """A token without its secret."""

    id: str
    person: str
    label: str
    permissions: list[Permission]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class NewToken(TokenOut):
    """A token with its secret, which is shown this once."""

    secret: str


class TokenIn(BaseModel):
    """A token to be made; ``days`` null for one without an end."""

    label: str = Field(min_length=1, max_length=100)
    permissions: list[Permission] = Field(["read"], min_length=1, max_length=3)
    days: int | None = Field(90, ge=1, le=3650)
    person: str | None = Field(None, max_length=64, description="for somebody else: owners only")


class SessionOut(BaseModel):
    """A browser that is signed in."""

    id: str
    created_at: datetime
    seen_at: datetime
    agent: str
    this: bool


# -- People ---------------------------------------------------------------------------------------


@router.get("/me")
def me(caller: Anyone) -> Me:
    """Who the caller is."""
    who = caller.principal
    return Me(
        name=who.name,
        role=caller.role,
        groups=sorted(who.groups),
        permissions=sorted(caller.permissions),
        via=caller.via,
    )


@router.post("/me/password", status_code=204)
def change_password(request: Request, wanted: PasswordChange, caller: Anyone, here: Here) -> None:
    """Changes one's own password; every session of one's own ends, this one too."""
    name = caller.principal.name
    if caller.via != "session":
        raise ForbiddenError("Sign in with your password to change it.")
    shown = proven(here, name, wanted.old, address_of(request))
    if shown is None or not here.workspace.people.exchange_password(shown, wanted.new):
        raise ForbiddenError("The old password is wrong.")
    _note(here, caller, "person changed", {"person": name, "password": "changed"})


@router.get("/people")
def people(caller: Administering, here: Here) -> list[PersonOut]:
    """Everybody, by name."""
    return [_person(each) for each in here.workspace.people.list()]


@router.post("/people", status_code=201)
def add(wanted: PersonIn, caller: Administering, here: Here) -> PersonOut:
    """Adds somebody. The first must be an owner; from then on everybody signs in."""
    made = here.workspace.people.add(wanted.name, role=wanted.role, groups=wanted.groups, password=wanted.password)
    _note(here, caller, "person added", {"person": made.name, "role": made.role, "groups": sorted(made.groups)})
    return _person(made)


@router.patch("/people/{name}")
def change(name: Name, wanted: PersonChange, caller: Administering, here: Here) -> PersonOut:
    """Changes role, groups, password, or whether the person is active; in force at their next request."""
    made = here.workspace.people.change(name, **dict(wanted))
    told = wanted.model_dump(exclude_none=True, exclude={"password"})
    told |= {"password": "changed"} if wanted.password is not None else {}
    _note(here, caller, "person changed", {"person": made.name} | told)
    return _person(made)


@router.delete("/people/{name}", status_code=204)
def remove(name: Name, caller: Administering, here: Here) -> None:
    """Removes somebody, with their tokens and sessions."""
    gone = here.workspace.people.remove(name)
    _note(here, caller, "person removed", {"person": gone.name})


# -- Tokens ---------------------------------------------------------------------------------------


@router.get("/tokens")
def tokens(caller: Anyone, here: Here, everybody: bool = False) -> list[TokenOut]:
    """The caller's tokens; for owners also everybody's."""
    if everybody and not caller.may("admin"):
        raise ForbiddenError("Only owners see the tokens of others.")
    if not everybody and caller.via == "local":
        return []
    return [_token(each) for each in here.workspace.tokens.list(None if everybody else caller.principal.name)]


@router.post("/tokens", status_code=201)
def create(wanted: TokenIn, caller: Anyone, here: Here) -> NewToken:
    """Makes a token, which can do no more than the caller may now. Its secret is in this answer only."""
    name = wanted.person or caller.principal.name
    if caller.via == "token" and not caller.may("admin"):
        raise ForbiddenError("A token makes no tokens: sign in, or use one with the permission 'admin'.")
    if name != caller.principal.name and not caller.may("admin"):
        raise ForbiddenError("Only owners make tokens for others.")
    if beyond := set(wanted.permissions) - caller.permissions:
        raise ForbiddenError(f"You do not hold {', '.join(sorted(beyond))} yourself here.")
    made, secret = here.workspace.tokens.create(name, wanted.label, wanted.permissions, wanted.days)
    _note(here, caller, "token made", {"id": made.id, "person": made.person, "permissions": list(made.permissions)})
    return NewToken(**_token(made).model_dump(), secret=secret)


@router.delete("/tokens/{identity}", status_code=204)
def revoke(identity: Name, caller: Anyone, here: Here) -> None:
    """Ends a token at once: one's own, for owners anybody's."""
    gone = here.workspace.tokens.revoke(identity, None if caller.may("admin") else caller.principal.name)
    _note(here, caller, "token revoked", {"id": gone.id, "person": gone.person})


# -- Sessions -------------------------------------------------------------------------------------


@router.get("/sessions")
def sessions(caller: Anyone, here: Here) -> list[SessionOut]:
    """The browsers in which the caller is signed in."""
    found = here.sessions.list(caller.principal.name)
    return [
        SessionOut(
            id=each.id,
            created_at=each.created_at,
            seen_at=each.seen_at,
            agent=each.agent,
            this=each.id == caller.credential,
        )
        for each in found
    ]


@router.delete("/sessions/{identity}", status_code=204)
def end(identity: Name, caller: Anyone, here: Here) -> None:
    """Signs one of the caller's browsers out."""
    here.sessions.end(identity, caller.principal.name)
    _note(here, caller, "session ended", {"id": identity})


def _note(here: Service, caller: Caller, kind: str, body: dict[str, object]) -> None:
    append(here.workspace.catalogue, kind, caller.principal.name, body)


def _person(one: Person) -> PersonOut:
    return PersonOut(
        name=one.name,
        role=one.role,
        groups=sorted(one.groups),
        active=one.active,
        has_password=one.has_password,
        sso=one.sso,
        created_at=one.created_at,
        seen_at=one.seen_at,
    )


def _token(one: Token) -> TokenOut:
    return TokenOut.model_validate(one, from_attributes=True)
