"""Looking through the audit log: filters, one page after the other, and only what the reader of the log may see."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, or_, select

from homeground.access.audit import Entry
from homeground.access.policy import visible_to
from homeground.catalogue import Catalogue
from homeground.catalogue.schema import audit
from homeground.types import Principal

_AT_ONCE = 500
_OF_A_DOCUMENT = ("what", "document", "revision", "sha256", "page", "start", "end")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Narrows a look at the audit log. Times include ``since`` and leave out ``until``; None means no limit.

    ``text`` stands anywhere in the entry's body, in any case.
    """

    since: datetime | None = None
    until: datetime | None = None
    kind: str | None = None
    principal: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Entries, newest first. ``next`` is what to give as ``before`` for the following ones; None at the end."""

    entries: tuple[Entry, ...]
    next: int | None


def page(
    catalogue: Catalogue, reader: Principal, wanted: AuditFilter, *, limit: int, before: int | None = None
) -> EntryPage:
    """The newest entries that fit and stand before entry ``before``: an owner sees all, everybody else their own.

    What one's own entries say of documents is left out where one may not read them any more.
    """
    query = _narrowed(select(audit), reader, wanted).order_by(audit.c.seq.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(audit.c.seq < before)
    with catalogue.reading() as connection:
        rows = [_entry(row) for row in connection.execute(query)]
    shown = tuple(_as_seen(catalogue, reader, rows[:limit]))
    last = shown[-1].seq if len(rows) > limit else None
    if wanted.text and not reader.owner:  # what is left out of an entry cannot be guessed by looking for it
        shown = tuple(each for each in shown if wanted.text.casefold() in _as_text(each.body))
    return EntryPage(shown, last)


def every(catalogue: Catalogue, reader: Principal, wanted: AuditFilter) -> Iterator[Entry]:
    """All entries that fit, newest first, a few hundred at a time; what is written meanwhile is left out."""
    before: int | None = None
    while True:
        found = page(catalogue, reader, wanted, limit=_AT_ONCE, before=before)
        yield from found.entries
        if found.next is None:
            return
        before = found.next


def _as_text(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False).casefold()


def _narrowed(query: Select[Any], reader: Principal, wanted: AuditFilter) -> Select[Any]:
    if not reader.owner:
        query = query.where(audit.c.principal == reader.name)
    if wanted.since is not None:
        query = query.where(audit.c.time >= _written(wanted.since))
    if wanted.until is not None:
        query = query.where(audit.c.time < _written(wanted.until))
    if wanted.kind is not None:
        query = query.where(audit.c.kind == wanted.kind)
    if wanted.principal is not None:
        query = query.where(audit.c.principal == wanted.principal)
    return query if not wanted.text else query.where(_says(wanted.text))


def _written(moment: datetime) -> str:
    """A time as the log writes it, which sorts as text."""
    known = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return known.isoformat(timespec="microseconds")


def _says(text: str) -> Any:
    """Bodies are ASCII JSON: other letters stand there as escapes, which have no case, so each case is looked for."""
    cases = {text, text.lower(), text.upper(), text.title()}
    return or_(*(audit.c.body.icontains(json.dumps(each)[1:-1], autoescape=True) for each in sorted(cases)))


def _entry(row: Any) -> Entry:
    return Entry(row.seq, row.time, row.kind, row.principal, json.loads(row.body), row.previous, row.digest)


# -- One's own entries ----------------------------------------------------------------------------


def _as_seen(catalogue: Catalogue, reader: Principal, entries: Collection[Entry]) -> Iterator[Entry]:
    if reader.owner:
        yield from entries
        return
    names = {each.name for each in catalogue.names(visible_to(reader, catalogue)).values()} if entries else set()
    for entry in entries:
        yield replace(entry, body=_readable(entry.body, names))


def _readable(body: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """A body without what it says of other documents; a standalone question may have words from them."""
    shown = dict(body)
    revisions = shown.get("revisions")
    if isinstance(revisions, dict):
        shown["revisions"] = {name: each for name, each in revisions.items() if name in names}
        if len(shown["revisions"]) < len(revisions) and shown.get("standalone"):
            shown["standalone"] = None
    if isinstance(shown.get("flags"), list):
        shown["flags"] = [each for each in shown["flags"] if each.get("document") in names]
    if "document" in shown and shown["document"] not in names:
        shown = {key: value for key, value in shown.items() if key not in _OF_A_DOCUMENT}
    return shown
