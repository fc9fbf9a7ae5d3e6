"""Revisions of a document: which are kept, and a former one beside the current one."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from homeground.serve import shown
from homeground.serve.api.documents import NameQuery
from homeground.serve.api.forms.fields import Plain
from homeground.serve.api.forms.revisions import Comparison, Revisions
from homeground.serve.callers import Here, Reading
from homeground.serve.work import admitted

router = APIRouter(tags=["documents"])


@router.get("/document/revisions", response_model=Revisions)
def revisions(name: NameQuery, caller: Reading, here: Here) -> dict[str, Any]:
    """The revisions of one document that are kept. Only the current one is searched, cited and answers."""
    found = here.workspace.revisions(name, caller.principal)
    keep = here.workspace.settings.revisions.keep
    return {"document": name, "keep": keep, "revisions": [asdict(each) for each in found]}


@router.get("/document/compare", response_model=Comparison)
async def compare(
    name: NameQuery,
    former: Annotated[str, Plain, Query(min_length=4, max_length=64, description="A former digest, or its beginning.")],
    request: Request,
    caller: Reading,
    here: Here,
    part: Annotated[int, Query(ge=1, le=100_000, description="Which part of a long comparison.")] = 1,
) -> dict[str, Any]:
    """A former revision beside the current one, line by line, on the pages where they differ."""
    work = partial(shown.comparison, here.workspace, name, former, caller.principal, part)
    return asdict(await admitted(here, caller, work, request, counted=False))
