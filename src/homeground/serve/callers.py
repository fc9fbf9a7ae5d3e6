"""From a request to its caller, as FastAPI dependencies.

    @router.get("/documents")
    def documents(caller: Reading, service: Here) -> ...

A bearer token comes before a session. Without people in the workspace, whoever reaches the port from this machine is
the local owner; with people, nobody is anybody before they have shown it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from homeground.access.caller import ROLES, Caller, Permission
from homeground.serve import csrf
from homeground.serve.errors import ForbiddenError, UnauthenticatedError
from homeground.serve.exposure import host_name, is_loopback
from homeground.serve.service import Service, service_of

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def caller_of(request: Request) -> Caller:
    """Who asks. UnauthenticatedError when the request does not say, or says something that does not hold."""
    found = _caller_of(request, service_of(request))
    if found.via == "token" or request.method in csrf.SAFE:
        return found
    csrf.check_site(request)
    if found.via == "session":
        csrf.check_token(request, request.headers.get("x-csrf-token"))
    return found


def _caller_of(request: Request, service: Service) -> Caller:
    workspace = service.workspace
    nobody = not workspace.people.any()
    if nobody and _is_local(request, service):
        return Caller(workspace.owner, "owner", ROLES["owner"], "local")
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret:
        if caller := workspace.tokens.caller(secret.strip()):
            return caller
        raise UnauthenticatedError("This token is unknown, expired or revoked.")
    if secret := request.cookies.get(csrf.session_cookie(request), ""):
        if caller := service.sessions.caller(secret):
            return caller
        raise UnauthenticatedError("Your session is over. Sign in again.")
    if nobody:
        raise UnauthenticatedError("Nobody may ask from elsewhere yet. Add people: homeground people add NAME")
    raise UnauthenticatedError("Sign in, or send a token: Authorization: Bearer hgt_…")


def _is_local(request: Request, service: Service) -> bool:
    """Does this come from this machine, by a name of this machine, and through nobody?"""
    address = request.client.host if request.client else ""
    through = service.settings.behind_proxy or any(name in request.headers for name in _FORWARDED)
    named = host_name(request.headers.get("host", ""))
    return is_loopback(service.settings.host) and is_loopback(address) and is_loopback(named) and not through


async def _here(request: Request) -> Service:
    return service_of(request)


def _may(permission: Permission) -> Callable[[Caller], Awaitable[Caller]]:
    async def check(caller: Annotated[Caller, Depends(caller_of)]) -> Caller:  # async: it needs no thread
        if not caller.may(permission):
            raise ForbiddenError(f"This needs the permission {permission!r}, which your role or token does not have.")
        return caller

    return check


Here = Annotated[Service, Depends(_here)]
Anyone = Annotated[Caller, Depends(caller_of)]
Reading = Annotated[Caller, Depends(_may("read"))]
Writing = Annotated[Caller, Depends(_may("write"))]
Administering = Annotated[Caller, Depends(_may("admin"))]
