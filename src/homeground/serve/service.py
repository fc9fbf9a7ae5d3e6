"""What the routes of one server share. A route parses, calls one function, and shows what it gave."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from fastapi import Request

from homeground.access.sessions import Sessions
from homeground.access.throttle import Throttle
from homeground.models.registry import READER
from homeground.serve.admission import Admission, cores_suit
from homeground.serve.errors import BusyError
from homeground.serve.jobs import Jobs
from homeground.serve.metrics import Metrics
from homeground.serve.readiness import Readiness
from homeground.serve.tasks import jobs_of
from homeground.settings import ServeSettings
from homeground.workspace import Workspace

if TYPE_CHECKING:
    from homeground.serve.sso import SignOn

MOST_SIGNING_IN = 8  # at once by either way, of forty threads that answer: whoever is nobody yet must not take them all


@dataclass
class Service:
    """The parts of one server. ``workspace`` is safe from several threads."""

    workspace: Workspace
    settings: ServeSettings
    jobs: Jobs = field(init=False)
    admission: Admission = field(init=False)
    drawing: Admission = field(init=False)
    readiness: Readiness = field(init=False)
    metrics: Metrics = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = jobs_of(self.workspace)
        self.admission = Admission(self.settings, self._at_once)
        self.drawing = Admission(replace(self.settings, asks=1))  # a lane of its own: no question waits for a picture
        self.readiness = Readiness(self.workspace, self.jobs)
        self.metrics = Metrics(self)
        self._signing_in = threading.BoundedSemaphore(MOST_SIGNING_IN)
        self._signing_on = threading.BoundedSemaphore(MOST_SIGNING_IN)

    def _at_once(self) -> int:
        """A generator answers many questions together, or lets them wait elsewhere; the reader uses all cores."""
        settings = self.workspace.settings
        generates = settings.models.answer != READER or bool(settings.routes)
        return max(cores_suit(), settings.local.requests) if generates else cores_suit()

    @cached_property
    def sessions(self) -> Sessions:
        """The browsers that are signed in."""
        return Sessions(self.workspace.catalogue, self.workspace.settings.login)

    @cached_property
    def throttle(self) -> Throttle:
        """The failed logins."""
        return Throttle(self.workspace.catalogue, self.workspace.settings.login)

    def signing_in(self) -> AbstractContextManager[None]:
        """Room for one more who shows a password; BusyError when there is none."""
        return _room(self._signing_in)

    def signing_on(self) -> AbstractContextManager[None]:
        """As ``signing_in``, for those whose provider is asked: one that hangs must keep no password waiting."""
        return _room(self._signing_on)

    @cached_property
    def sso(self) -> SignOn | None:
        """Single sign-on, where the settings name a provider."""
        from homeground.serve.sso import SignOn

        oidc = self.workspace.settings.oidc
        return None if oidc.issuer == "none" else SignOn(oidc)


@contextmanager
def _room(places: threading.BoundedSemaphore) -> Iterator[None]:
    if not places.acquire(blocking=False):
        raise BusyError("Too many sign in at once. Try again in 2 seconds.", 2)
    try:
        yield
    finally:
        places.release()


def service_of(request: Request) -> Service:
    """The service that a request belongs to."""
    service: Service = request.app.state.service
    return service
