"""Work in the background, as it goes on: a piece of a page that renews itself until the job has ended."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from homeground.serve.api.jobs import found_for, job_form
from homeground.serve.callers import Here, Reading
from homeground.serve.web.look import show

router = APIRouter(include_in_schema=False)


@router.get("/jobs/{identity}")
def job(identity: str, request: Request, caller: Reading, here: Here) -> HTMLResponse:
    """How far a job is, as far as the visitor may see it."""
    return show(request, "_job.html", caller, job=job_form(found_for(identity, caller, here), caller))
