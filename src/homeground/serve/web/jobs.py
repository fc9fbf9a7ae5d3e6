"""Work in the background, as it goes on: pieces of pages that renew themselves until it has ended; and its end."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from homeground.access.caller import Caller
from homeground.catalogue.job_rows import ENDED
from homeground.serve import tasks
from homeground.serve.api import jobs as api
from homeground.serve.callers import Administering, Here, Reading, Writing
from homeground.serve.service import Service
from homeground.serve.web.look import is_part, show

router = APIRouter(include_in_schema=False)
_LATEST = 10
_LISTING = frozenset({tasks.SYNC, tasks.ADD, tasks.REMOVE})  # what changes which documents there are
_CHANGED = {"HX-Trigger": '{"documents-changed": {"target": "body"}}'}


@router.get("/jobs/{identity}")
def job(identity: str, request: Request, caller: Reading, here: Here) -> HTMLResponse:
    """How far a job is, as far as the visitor may see it. Its end tells the page that documents have changed."""
    found = api.found_for(identity, caller, here)
    headers = _CHANGED if found.state in ENDED and found.kind in _LISTING else {}
    return show(request, "_job.html", caller, headers=headers, job=api.job_form(found, caller))


@router.get("/jobs")
def jobs(request: Request, caller: Administering, here: Here) -> Response:
    """The latest jobs, for the page that shows them."""
    if not is_part(request):
        return RedirectResponse("/status#jobs", 303)
    return show(request, "_jobs.html", caller, jobs=latest(here, caller))


@router.post("/jobs/{identity}/cancel")
def cancel(
    identity: str, request: Request, caller: Writing, here: Here, listed: Annotated[str, Form(max_length=3)] = ""
) -> Response:
    """Stops a job, and shows it, or the list that it stands in."""
    found = api.cancel(identity, caller, here)
    if not is_part(request):
        return RedirectResponse("/status#jobs" if listed else "/documents", 303)
    if listed and caller.may("admin"):
        return show(request, "_jobs.html", caller, jobs=latest(here, caller))
    return show(request, "_job.html", caller, job=found)


def latest(here: Service, caller: Caller) -> list[dict[str, Any]]:
    """The newest jobs, newest first."""
    return [api.job_form(each, caller) for each in here.jobs.listing(_LATEST)]


def under_way(here: Service, caller: Caller) -> dict[str, Any] | None:
    """The job that changes documents now or next, where there is one and the visitor may see it."""
    kinds = _LISTING if caller.may("admin") else tasks.COMMON
    whose = None if caller.may("write") else caller.principal.key
    open_ = [each for each in here.jobs.listing(_LATEST, kinds=kinds, whose=whose) if each.state not in ENDED]
    return api.job_form(open_[-1], caller) if open_ else None
