"""From a request to its caller, as FastAPI dependencies.

    @router.get("/documents")
    def documents(caller: Reading, service: Here) -> ...

Without people in the workspace, and bound to loopback, whoever can reach the port is the local owner.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from homeground.access.caller import ROLES, Caller, Permission
from homeground.serve.errors import ForbiddenError
from homeground.serve.service import Service, service_of


def caller_of(request: Request) -> Caller:
    """Who asks. UnauthenticatedError when the request does not say, or says something that does not hold."""
    service = service_of(request)
    return Caller(service.workspace.owner, "owner", ROLES["owner"], "local")


def _may(permission: Permission) -> Callable[[Caller], Caller]:
    def check(caller: Annotated[Caller, Depends(caller_of)]) -> Caller:
        if not caller.may(permission):
            raise ForbiddenError(f"This needs the permission {permission!r}, which your role or token does not have.")
        return caller

    return check


Here = Annotated[Service, Depends(service_of)]
Reading = Annotated[Caller, Depends(_may("read"))]
Writing = Annotated[Caller, Depends(_may("write"))]
Administering = Annotated[Caller, Depends(_may("admin"))]
