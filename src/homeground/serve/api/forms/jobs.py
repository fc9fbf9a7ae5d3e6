"""Long work in the background."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel


class JobProgress(BaseModel):
    """How far a job is. ``stage``: wait, look, read, rebuild, compare or maintain; ``share`` from 0 to 1 where known.

    Counts and names are for owners: they take documents along that not everybody may read.
    """

    stage: str | None = None
    share: float | None = None
    waiting_for: str | None = None
    files_done: int | None = None
    files_total: int | None = None
    pages: int | None = None
    passages: int | None = None
    seconds: float | None = None
    remaining_s: float | None = None
    name: str | None = None


class Job(BaseModel):
    """Long work. ``result`` (for owners) is what a done one gave, ``problem`` why one failed, in words."""

    id: str
    kind: str
    by: str | None
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    cancelling: bool
    progress: JobProgress
    result: dict[str, Any]
    problem: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class Jobs(BaseModel):
    """Jobs, newest first; ``next`` is the cursor of the following ones, null at the end."""

    jobs: list[Job]
    next: str | None
