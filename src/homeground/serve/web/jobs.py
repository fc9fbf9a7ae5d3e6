"""Work in the background, as it goes on: a piece of a page that renews itself until the job has ended."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from homeground.errors import NotFoundError
from homeground.serve.callers import Here, Reading
from homeground.serve.web.look import show

router = APIRouter(include_in_schema=False)


@router.get("/jobs/{identity}")
def job(identity: str, request: Request, caller: Reading, here: Here) -> HTMLResponse:
    """How far a job is; for owners, and for who wanted it."""
    found = here.jobs.find(identity)
    if not found or not (caller.may("admin") or found.by == caller.principal.name):
        raise NotFoundError(f"There is no job {identity!r}.")
    return show(request, "_job.html", caller, job=found)
