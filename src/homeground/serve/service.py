"""What the routes of one server share. A route parses, calls one function, and shows what it gave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import Request

from homeground.serve.tasks import jobs_of

if TYPE_CHECKING:
    from homeground.serve.jobs import Jobs
    from homeground.settings import ServeSettings
    from homeground.workspace import Workspace


@dataclass(slots=True)
class Service:
    """The parts of one server. ``workspace`` is safe from several threads."""

    workspace: Workspace
    settings: ServeSettings
    jobs: Jobs = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = jobs_of(self.workspace)


def service_of(request: Request) -> Service:
    """The service that a request belongs to."""
    service: Service = request.app.state.service
    return service
