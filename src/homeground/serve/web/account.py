"""The visitor's own account: tokens, sessions, password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from homeground.access.caller import Caller, Permission
from homeground.access.people import Person
from homeground.errors import NotFoundError
from homeground.serve.api import people as api
from homeground.serve.callers import Anyone, Here
from homeground.serve.service import Service
from homeground.serve.web.look import is_part, show

router = APIRouter(include_in_schema=False)
_WITHIN: dict[str, list[Permission]] = {
    "read": ["read"],
    "write": ["read", "write"],
    "admin": ["read", "write", "admin"],
}
Identity = Annotated[str, Form(min_length=1, max_length=200)]
Password = Annotated[str, Form(max_length=1024)]


@router.get("/account")
def account(request: Request, caller: Anyone, here: Here) -> HTMLResponse:
    """Who the visitor is here."""
    return _shown(request, "account.html", caller, here)


def _shown(request: Request, template: str, caller: Caller, here: Service, secret: str = "") -> HTMLResponse:
    person = _person(here, caller)
    return show(
        request,
        template,
        caller,
        person=person,
        secret=secret,
        tokens=here.workspace.tokens.list(person.name) if person else [],
        sessions=here.sessions.list(person.name) if person else [],
        permissions=[each for each in _WITHIN if caller.may(_WITHIN[each][-1])],
    )


def _person(here: Service, caller: Caller) -> Person | None:
    """The visitor as one of the people; None for the local owner."""
    try:
        return here.workspace.people.find(caller.principal.name) if caller.via != "local" else None
    except NotFoundError:
        return None


@router.post("/account/tokens")
def make(
    request: Request,
    caller: Anyone,
    here: Here,
    label: Annotated[str, Form(min_length=1, max_length=100)],
    permission: Annotated[str, Form(pattern="^(read|write|admin)$")] = "read",
    days: Annotated[int, Form(ge=1, le=3650)] = 90,
) -> HTMLResponse:
    """Makes a token, whose secret is in this answer only."""
    wanted = api.TokenIn(label=label, permissions=_WITHIN[permission], days=days, person=None)
    secret = api.create(wanted, caller, here).secret
    return _shown(request, "_tokens.html" if is_part(request) else "account.html", caller, here, secret)


@router.post("/account/revoke")
def revoke(request: Request, caller: Anyone, here: Here, identity: Identity) -> Response:
    """Ends one of the visitor's tokens."""
    api.revoke(identity, caller, here)
    return _after(request, "_tokens.html", caller, here)


@router.post("/account/sessions/end")
def end(request: Request, caller: Anyone, here: Here, identity: Identity) -> Response:
    """Signs one of the visitor's browsers out."""
    api.end(identity, caller, here)
    if identity == caller.credential:
        return _to_login(request)
    return _after(request, "_sessions.html", caller, here)


@router.post("/account/password")
def change_password(request: Request, caller: Anyone, here: Here, old: Password, new: Password) -> Response:
    """Changes the visitor's password, and asks for the new one."""
    api.change_password(request, api.PasswordChange(old=old, new=new), caller, here)
    return _to_login(request)


def _after(request: Request, template: str, caller: Caller, here: Service) -> Response:
    return _shown(request, template, caller, here) if is_part(request) else RedirectResponse("/account", 303)


def _to_login(request: Request) -> Response:
    return Response(headers={"HX-Redirect": "/login"}) if is_part(request) else RedirectResponse("/login", 303)
