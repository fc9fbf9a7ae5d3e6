"""The audit log: who asked what, what was read, what left; and whether the log is whole. For the owner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from homeground.access.audit import Entry, canonical, entries, head
from homeground.errors import AuditError
from homeground.serve.callers import Administering, Here
from homeground.serve.web.look import is_part, show

router = APIRouter(include_in_schema=False)
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Sought:
    """What the log is narrowed to: a kind of entry, a person, words in it, days (UTC). ``before``: older ones only."""

    kind: str = ""
    person: str = ""
    q: str = ""
    since: str = ""
    until: str = ""
    before: int = 0

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is what is sought."""
        return (
            (not self.kind or entry.kind == self.kind)
            and (not self.person or entry.principal == self.person)
            and (not self.since or entry.time[:10] >= self.since)
            and (not self.until or entry.time[:10] <= self.until)
            and (not self.before or entry.seq < self.before)
            and (not self.q or self.q.casefold() in canonical(entry.body).casefold())
        )


@router.get("/audit")
def audit(
    request: Request,
    caller: Administering,
    here: Here,
    kind: Annotated[str, Query(max_length=100)] = "",
    person: Annotated[str, Query(max_length=500)] = "",
    q: Annotated[str, Query(max_length=500)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
    before: Annotated[int, Query(ge=0)] = 0,
) -> HTMLResponse:
    """The entries, newest first."""
    sought = Sought(kind, person, q, since, until, before)
    log = head(here.workspace.catalogue)
    known = entries(here.workspace.catalogue, log.count)
    found = [entry for entry in known if sought.fits(entry)]
    return show(
        request,
        "_entries.html" if is_part(request) else "audit.html",
        caller,
        sought=sought,
        found=found[:AT_ONCE],
        more=len(found) > AT_ONCE,
        kinds=sorted({entry.kind for entry in known}),
        persons=sorted({entry.principal for entry in known}),
        head=log,
        rows=rows,
    )


def rows(entry: Entry) -> Iterator[tuple[str, str]]:
    """What an entry says, by name; what is empty is left out."""
    for name, value in entry.body.items():
        if value not in (None, "", [], {}):
            yield name.replace("_", " "), value if isinstance(value, str) else canonical(value)


@router.post("/audit/verify")
def verify(request: Request, caller: Administering, here: Here) -> HTMLResponse:
    """Checks the whole chain."""
    problem, checked = None, 0
    try:
        checked = here.workspace.verify_audit()
    except AuditError as error:
        problem = str(error)
    return show(request, "_audit_verified.html", caller, problem=problem, checked=checked)
