"""The audit log: an owner sees everything, everybody else their own entries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from homeground.access.audit import Entry, head
from homeground.access.entries import AuditFilter
from homeground.serve.api import forms
from homeground.serve.api.cursors import Cursor, cursor_of, number_of
from homeground.serve.callers import Administering, Here, Reading

router = APIRouter(tags=["audit"])


class Person(BaseModel):
    """Whose data is erased."""

    person: forms.Word


def wanted(
    since: Annotated[datetime | None, Query(description="Entries of this time or later (UTC unless it says).")] = None,
    until: Annotated[datetime | None, Query(description="Entries before this time.")] = None,
    kind: Annotated[forms.Word | None, Query(description="`ask`, `search`, `show`, `upload`, `egress`, …")] = None,
    principal: Annotated[forms.Word | None, Query(description="Entries of this person.")] = None,
    text: Annotated[forms.Word | None, Query(description="What stands anywhere in the entry.")] = None,
) -> AuditFilter:
    """The filter that the query asks for."""
    return AuditFilter(since, until, kind, principal, text)


Wanted = Annotated[AuditFilter, Depends(wanted)]


@router.get("/audit", response_model=forms.AuditEntries)
def entries(
    caller: Reading,
    here: Here,
    wanted: Wanted,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Who asked what, what was read and shown, by which model, and what left this machine; newest first."""
    found = here.workspace.log.page(caller.acting, wanted, limit=limit, before=number_of(cursor))
    following = None if found.next is None else cursor_of(found.next)
    return {"entries": [asdict(each) for each in found.entries], "next": following}


@router.get(
    "/audit/export",
    response_class=Response,
    responses={200: {"description": "A JSON object on each line.", "content": {"application/x-ndjson": {}}}},
)
def export(caller: Reading, here: Here, wanted: Wanted) -> Response:
    """Every entry that fits, newest first, as JSON lines."""
    lines = _lines(here.workspace.log.export(caller.acting, wanted))
    name = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
    return StreamingResponse(lines, media_type="application/x-ndjson", headers=name)


@router.get("/audit/verify", response_model=forms.AuditVerified)
def verify(caller: Administering, here: Here) -> dict[str, Any]:
    """Check the whole chain; an error of the code `audit` names the first entry that is not as it was written."""
    last = head(here.workspace.catalogue)
    return {"entries": here.workspace.verify_audit(), "intact": True, "head": last.digest}


@router.post("/audit/erase", response_model=forms.ErasedPerson)
def erase(wanted: Person, caller: Administering, here: Here) -> dict[str, Any]:
    """Forget what a person asked, was shown and said. The chain still verifies; the account is not touched."""
    return asdict(here.workspace.log.erase(wanted.person, caller.principal))


def _lines(found: Iterator[Entry]) -> Iterator[str]:
    for each in found:
        yield json.dumps(asdict(each), ensure_ascii=False) + "\n"
