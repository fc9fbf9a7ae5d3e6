"""What the routes of one server share. A route parses, calls one function, and shows what it gave."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from fastapi import Request

from homeground.access.sessions import Sessions
from homeground.access.throttle import Throttle
from homeground.serve.jobs import Jobs
from homeground.serve.tasks import jobs_of
from homeground.settings import ServeSettings
from homeground.workspace import Workspace

if TYPE_CHECKING:
    from homeground.serve.sso import SignOn


@dataclass
class Service:
    """The parts of one server. ``workspace`` is safe from several threads."""

    workspace: Workspace
    settings: ServeSettings
    jobs: Jobs = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = jobs_of(self.workspace)

    @cached_property
    def sessions(self) -> Sessions:
        """The browsers that are signed in."""
        return Sessions(self.workspace.catalogue, self.workspace.settings.login)

    @cached_property
    def throttle(self) -> Throttle:
        """The failed logins."""
        return Throttle(self.workspace.catalogue, self.workspace.settings.login)

    @cached_property
    def sso(self) -> SignOn | None:
        """Single sign-on, where the settings name a provider."""
        from homeground.serve.sso import SignOn

        oidc = self.workspace.settings.oidc
        return None if oidc.issuer == "none" else SignOn(oidc)


def service_of(request: Request) -> Service:
    """The service that a request belongs to."""
    service: Service = request.app.state.service
    return service
