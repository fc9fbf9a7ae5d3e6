"""The state of the service: what there is, what it takes, and how fast it is. For the owner."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from homeground.access.audit import entries
from homeground.access.caller import Caller
from homeground.access.policy import visible_to
from homeground.catalogue import listing
from homeground.serve.callers import Administering, Here
from homeground.serve.service import Service
from homeground.serve.web import jobs
from homeground.serve.web.look import is_part, show

router = APIRouter(include_in_schema=False)
_KINDS = 6
_LATEST = 200  # entries of the audit log whose times are looked at


@dataclass(frozen=True, slots=True)
class Speed:
    """Of the last answers: how many, the middle time and the one that 95 % stay below, in milliseconds."""

    answers: int
    middle_ms: float
    slow_ms: float


@dataclass(frozen=True, slots=True)
class Machine:
    """What the service takes, in bytes: ``memory`` of this process (None where it cannot be told), ``free`` on disk."""

    memory: int | None
    disk: float
    free: int
    cores: int


@router.get("/status")
def status(request: Request, caller: Administering, here: Here) -> HTMLResponse:
    """The whole page, or its figures anew."""
    found = here.workspace.status(caller.principal)
    return show(
        request,
        "_status.html" if is_part(request) else "status.html",
        caller,
        status=found,
        kinds=_kinds(here, caller),
        speed=_speed(here),
        machine=_machine(here, found.disk_mb * 1e6),
        jobs=jobs.latest(here, caller),
    )


def _kinds(here: Service, caller: Caller) -> list[tuple[str, int]]:
    """The commonest media types, with how many documents there are of each."""
    catalogue = here.workspace.catalogue
    with catalogue.reading() as connection:
        return list(listing.kinds(connection, visible_to(caller.principal, catalogue)).items())[:_KINDS]


def _speed(here: Service) -> Speed | None:
    asked = [each for each in entries(here.workspace.catalogue, _LATEST) if each.kind == "ask"]
    times = sorted(sum(each.body.get("timings_ms", {}).values()) for each in asked)
    return Speed(len(times), median(times), times[int(0.95 * (len(times) - 1))]) if times else None


def _machine(here: Service, disk: float) -> Machine:
    return Machine(_memory(), disk, shutil.disk_usage(here.workspace.folder).free, os.cpu_count() or 1)


def _memory() -> int | None:
    """What this process has in memory now."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
