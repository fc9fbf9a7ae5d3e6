"""Status of the workspace, and whether the service lives and is ready."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter

from homeground.serve.api import forms
from homeground.serve.api.sources import source_form
from homeground.serve.callers import Here, Reading

router = APIRouter(tags=["status"])
_COUNTED = (
    "format",
    "embedder",
    "embedder_digest",
    "next_embedder",
    "documents",
    "pages",
    "passages",
    "unread",
    "flagged",
)


@router.get("/status", response_model=forms.Status)
def status(caller: Reading, here: Here) -> dict[str, Any]:
    """What the workspace holds, as far as the caller may see it."""
    now, owner = here.workspace.status(caller.principal), caller.may("admin")
    told = {key: getattr(now, key) for key in _COUNTED} | {"answer": here.workspace.settings.models.answer}
    told |= {"path": now.path if owner else None, "disk_mb": now.disk_mb if owner else None}
    return told | {"sources": [source_form(each, caller) for each in now.sources]}


@router.head("/health", include_in_schema=False)
@router.get("/health", response_model=forms.Health)
async def health() -> dict[str, str]:
    """Whether the process answers at all."""
    return {"status": "live"}


@router.head("/ready", include_in_schema=False)
@router.get("/ready", response_model=forms.Health)
async def ready(here: Here) -> dict[str, str]:
    """Whether questions can be answered now: an error of the code `workspace` or `model` when not."""
    await asyncio.to_thread(here.readiness.check)  # in threads of its own: it waits for no other request
    return {"status": "ready"}
