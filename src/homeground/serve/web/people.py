"""People: who may sign in, with which role and groups, and everybody's tokens. For the owner."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ValidationError

from homeground.access.caller import ROLES, Caller
from homeground.errors import ConfigError
from homeground.serve.api import people as api
from homeground.serve.callers import Administering, Here
from homeground.serve.service import Service
from homeground.serve.web.look import is_part, listed, show

router = APIRouter(include_in_schema=False)
MANY = 8  # from the next one on, there is a field to search for somebody
Name = Annotated[str, Form(min_length=1, max_length=200)]
Groups = Annotated[str, Form(max_length=1000)]
Password = Annotated[str, Form(max_length=1024)]


@router.get("/people")
def people(
    request: Request, caller: Administering, here: Here, q: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    """Everybody, or those in whose name or groups something stands."""
    return _shown(request, caller, here, q)


def _shown(request: Request, caller: Caller, here: Service, q: str = "") -> HTMLResponse:
    template = "_people.html" if is_part(request) else "people.html"
    everybody, wanted = here.workspace.people.list(), q.strip().casefold()
    return show(
        request,
        template,
        caller,
        people=[each for each in everybody if any(wanted in part.casefold() for part in (each.name, *each.groups))],
        everybody=len(everybody),
        many=len(everybody) > MANY,
        q=q,
        tokens=here.workspace.tokens.list(),
        roles=list(ROLES),
        oidc=here.sso.settings if here.sso else None,
    )


@router.post("/people/add")
def add(
    request: Request,
    caller: Administering,
    here: Here,
    name: Name,
    role: Annotated[str, Form(max_length=20)] = "reader",
    groups: Groups = "",
    password: Password = "",
) -> Response:
    """Adds somebody. With the first, the visitor signs in as well."""
    first = not here.workspace.people.any()
    if first and not password:
        raise ConfigError("The first person needs a password: else nobody could sign in on this page any more.")
    wanted = _checked(api.PersonIn, name=name, role=role, groups=listed(groups), password=password or None)
    api.add(wanted, caller, here)
    return _to("/login", request) if first else _after(request, caller, here)


@router.post("/people/change")
def change(
    request: Request,
    caller: Administering,
    here: Here,
    name: Name,
    role: Annotated[str, Form(max_length=20)],
    groups: Groups = "",
    password: Password = "",
) -> Response:
    """Changes role and groups, and the password where one is given."""
    sso = here.workspace.people.find(name).sso_groups
    given = [each for each in listed(groups) if each not in sso]
    api.change(name, _checked(api.PersonChange, role=role, groups=given, password=password or None), caller, here)
    return _after(request, caller, here)


@router.post("/people/active")
def active(
    request: Request, caller: Administering, here: Here, name: Name, active: Annotated[str, Form(pattern="^(yes|no)$")]
) -> Response:
    """Shuts somebody out at once, or lets them in again."""
    api.change(name, api.PersonChange(active=active == "yes"), caller, here)
    return _after(request, caller, here)


@router.post("/people/remove")
def remove(request: Request, caller: Administering, here: Here, name: Name) -> Response:
    """Removes somebody."""
    api.remove(name, caller, here)
    return _after(request, caller, here)


@router.post("/people/revoke")
def revoke(request: Request, caller: Administering, here: Here, identity: Name) -> Response:
    """Ends anybody's token."""
    api.revoke(identity, caller, here)
    return _after(request, caller, here)


def _after(request: Request, caller: Caller, here: Service) -> Response:
    return _shown(request, caller, here) if is_part(request) else RedirectResponse("/people", 303)


def _to(path: str, request: Request) -> Response:
    return Response(headers={"HX-Redirect": path}) if is_part(request) else RedirectResponse(path, 303)


def _checked(form: Any, **values: Any) -> Any:
    """The values as the API takes them; ConfigError in words for what it does not take."""
    try:
        found: BaseModel = form(**values)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{'.'.join(map(str, first['loc'])) or 'The form'}: {first['msg']}") from None
    return found
