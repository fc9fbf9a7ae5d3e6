"""The audit log: who asked what, what was read, what left; and whether the log is whole. For the owner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from homeground.access import audit_names
from homeground.access.audit import Entry, head
from homeground.access.entries import AuditFilter
from homeground.access.seal import canonical
from homeground.errors import AuditError
from homeground.moments import after
from homeground.serve.callers import Administering, Here
from homeground.serve.web.look import is_part, show

router = APIRouter(include_in_schema=False)
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Sought:
    """What the log is narrowed to: a kind of entry, a person, words in it, days (UTC)."""

    kind: str = ""
    person: str = ""
    q: str = ""
    since: str = ""
    until: str = ""


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
    before: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> HTMLResponse:
    """The entries, newest first; ``before`` a number, older ones only."""
    sought, catalogue = Sought(kind, person, q, since, until), here.workspace.catalogue
    page = here.workspace.log.page(caller.principal, _filter(sought), limit=AT_ONCE, before=before or None)
    with catalogue.reading() as connection:
        kinds, persons = audit_names.kinds(connection), audit_names.persons(connection)
    return show(
        request,
        "_entries.html" if is_part(request) else "audit.html",
        caller,
        sought=sought,
        found=page.entries,
        more=page.next is not None,
        kinds=kinds,
        persons=persons,
        export=_export(sought),
        head=head(catalogue),
        rows=rows,
    )


def _export(sought: Sought) -> dict[str, str]:
    """The same filter as the API's export takes it; its ``until`` is an instant, not a day."""
    wanted = _filter(sought)
    told = {"kind": wanted.kind, "principal": wanted.principal, "text": wanted.text}
    told |= {name: at.isoformat() for name in ("since", "until") if (at := getattr(wanted, name))}
    return {name: value for name, value in told.items() if value}


def _filter(sought: Sought) -> AuditFilter:
    since, until = _day(sought.since), _day(sought.until)
    return AuditFilter(
        since=datetime.combine(since, time.min, UTC) if since else None,
        until=after(until) if until else None,
        kind=sought.kind or None,
        principal=sought.person or None,
        text=sought.q or None,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


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
