"""Signing in with a password, and out. Pages: GET /login belongs to the web page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse

from homeground.access.audit import append
from homeground.access.people import Person, Proven
from homeground.serve import csrf
from homeground.serve.callers import Here
from homeground.serve.errors import BusyError, UnauthenticatedError
from homeground.serve.service import Service

router = APIRouter(tags=["login"], include_in_schema=False)

_SEE_OTHER = 303


@router.post("/login")
def login(
    request: Request,
    here: Here,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=2000)],
    next: Annotated[str, Form(max_length=2000)] = "/",
) -> RedirectResponse:
    """Begins a session and goes on to ``next``."""
    csrf.check_site(request)
    address, catalogue = address_of(request), here.workspace.catalogue
    shown = proven(here, name, password, address)
    response = shown and signed_in(request, here, shown.person, next, shown.kept)
    if not shown or not response:
        append(catalogue, "login failed", "", {"address": address})
        raise UnauthenticatedError("Name or password is wrong.")
    append(catalogue, "login", shown.person.name, {"address": address, "by": "password"})
    return response


def proven(here: Service, name: str, password: str, address: str) -> Proven | None:
    """The person, if it is their password. BusyError after too many wrong ones, and while too many others sign in."""
    with here.signing_in():
        if wait := here.throttle.begin(name, address):
            raise BusyError(f"Too many wrong passwords. Try again in {wait} seconds.", wait)
        shown = here.workspace.people.with_password(name, password)
        if shown is not None:
            here.throttle.passed(name, address)
        return shown


@router.post("/logout")
def logout(request: Request, here: Here, csrf_token: Annotated[str, Form(alias="csrf")] = "") -> RedirectResponse:
    """Ends the session."""
    csrf.check_site(request)
    caller = here.sessions.caller(request.cookies.get(csrf.session_cookie(request), ""))
    if caller is not None:
        csrf.check_token(request, csrf_token or request.headers.get("x-csrf-token"))
        here.sessions.end(caller.credential, caller.principal.name)
        append(here.workspace.catalogue, "logout", caller.principal.name, {})
    response = RedirectResponse("/login", _SEE_OTHER)
    response.delete_cookie(csrf.session_cookie(request), path="/")
    return response


def signed_in(
    request: Request, here: Service, person: Person, then: str, kept: str | None = None
) -> RedirectResponse | None:
    """Begins a new session for the person, in place of any other of this browser, and goes on; None when they may not
    come in any more, or their password is not that of the hash ``kept`` any more."""
    secret = here.sessions.begin(person, request.headers.get("user-agent", ""), kept)
    if secret is None:
        return None
    if old := here.sessions.caller(request.cookies.get(csrf.session_cookie(request), "")):
        here.sessions.end(old.credential, old.principal.name)
    response = RedirectResponse(local_path(then), _SEE_OTHER)
    response.set_cookie(
        csrf.session_cookie(request),
        secret,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        max_age=here.sessions.settings.session_hours * 3600,
    )
    return response


def address_of(request: Request) -> str:
    """Where a request comes from; empty where nobody says."""
    return request.client.host if request.client else ""


def local_path(wanted: str) -> str:
    """A path of this service, whatever was wanted: never another site."""
    plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    return wanted if plain and wanted.startswith("/") and not wanted.startswith("//") else "/"
