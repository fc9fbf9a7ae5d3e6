"""Jobs: long work in the background, what it tells, and stopping it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from homeground.access.caller import Caller
from homeground.catalogue.job_rows import DONE, ENDED, FAILED, Job
from homeground.errors import NotFoundError
from homeground.serve import errors, sse, tasks
from homeground.serve.api import forms
from homeground.serve.api.cursors import Cursor, cursor_of, number_of
from homeground.serve.callers import Here, Reading, Writing
from homeground.serve.errors import ForbiddenError
from homeground.serve.service import Service

router = APIRouter(tags=["jobs"])
JobId = Annotated[str, Path(max_length=64)]
_LOOK_S = 0.25
_SEEN_BY_ALL = ("stage", "share", "seconds")
_AS_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "`job` each time that something has changed, with the job; the stream ends with the job, or "
        "with the service: then call it again.",
        "content": {sse.MEDIA_TYPE: {"schema": {"type": "string"}, "example": 'event: job\ndata: {"id": "…"}\n\n'}},
    }
}


@router.post("/sync", response_model=forms.Job, status_code=202)
def sync(caller: Writing, here: Here) -> dict[str, Any]:
    """Read what is new or changed in the sources, in the background; a sync that waits already is given instead."""
    return job_form(here.jobs.submit(tasks.SYNC, caller.principal.key), caller)


@router.get("/jobs", response_model=forms.Jobs)
def jobs(
    caller: Reading, here: Here, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """Jobs, newest first: an owner sees all, an editor every sync, a reader their own."""
    kinds = None if caller.may("admin") else tasks.COMMON
    whose = None if caller.may("write") else caller.principal.key
    found = here.jobs.listing(limit + 1, number_of(cursor), kinds, whose)
    following = cursor_of(found[limit - 1].number) if len(found) > limit else None
    return {"jobs": [job_form(each, caller) for each in found[:limit]], "next": following}


@router.get("/jobs/{job}", response_model=forms.Job)
def job(job: JobId, caller: Reading, here: Here) -> dict[str, Any]:
    """One job."""
    return job_form(found_for(job, caller, here), caller)


@router.get("/jobs/{job}/events", response_class=Response, responses=_AS_EVENTS)
async def events(job: JobId, request: Request, caller: Reading, here: Here) -> Response:
    """What a job tells, as server-sent events, until it ends."""
    first = await run_in_threadpool(found_for, job, caller, here)

    async def follow(tell: sse.Tell) -> None:
        last, now = None, first
        while True:
            if now != last:
                tell("job", forms.Job(**job_form(now, caller)).model_dump(mode="json"))
            if now.state in ENDED or here.jobs.stopping:
                return
            await asyncio.sleep(_LOOK_S)
            last, now = now, await run_in_threadpool(here.jobs.find, job)

    def failed(error: BaseException) -> tuple[str, Any]:
        return "error", errors.body_of(503, "workspace", "The job cannot be followed any more.", request.state.id)

    return sse.streamed(await sse.begun(follow, failed))


@router.post("/jobs/{job}/cancel", response_model=forms.Job)
def cancel(job: JobId, caller: Writing, here: Here) -> dict[str, Any]:
    """Stop a job: one that waits at once, one that runs at its next step. What it has done by then stays."""
    found = found_for(job, caller, here)
    if not caller.may("admin") and found.whose != caller.principal.key:
        raise ForbiddenError("Only an owner stops the jobs of others.")
    return job_form(here.jobs.cancel(found.id), caller)


def found_for(identity: str, caller: Caller, here: Service) -> Job:
    """A job that the caller may see; NotFoundError for any other."""
    job = here.jobs.find(identity)
    if not _sees(caller, job):
        raise NotFoundError(f"There is no job {identity!r}.")
    return job


def _sees(caller: Caller, job: Job) -> bool:
    mine = job.whose == caller.principal.key and job.kind in tasks.COMMON
    return caller.may("admin") or mine or (caller.may("write") and job.kind in tasks.COMMON)


def job_form(job: Job, caller: Caller) -> dict[str, Any]:
    """A job as its caller may see it: what it counts and names takes documents along that not everybody may read."""
    told = {key: getattr(job, key) for key in ("id", "kind", "state", "cancelling")}
    told |= {key: getattr(job, key) for key in ("created_at", "started_at", "ended_at")}
    done = {"share": 1.0} if job.state == DONE else {}
    if caller.may("admin"):
        return told | {
            "by": job.by or None,
            "progress": job.progress | done,
            "result": job.result,
            "problem": job.problem,
        }
    progress = {key: value for key, value in job.progress.items() if key in _SEEN_BY_ALL} | done
    if progress.get("share") is not None:
        progress["share"] = int(progress["share"] * 10) / 10  # the exact one would tell how many files there are
    if job.progress.get("waiting_for"):
        progress["waiting_for"] = "The workspace is being written to by another process."
    problem = "The job failed. An owner sees why." if job.state == FAILED else None
    by = job.by if job.whose == caller.principal.key else None
    return told | {"by": by, "progress": progress, "result": {}, "problem": problem}
