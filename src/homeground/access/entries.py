"""Looking through the audit log: filters, one page after the other, and only what the reader of the log may see."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Select, or_, select

from homeground.access.audit import Entry
from homeground.access.policy import visible_to
from homeground.catalogue import Catalogue
from homeground.catalogue.schema import audit
from homeground.catalogue.schema_people import people
from homeground.types import Principal

_AT_ONCE = 500
_BY_DOCUMENT = ("revisions", "shown")
_OF_A_DOCUMENT = ("what", "document", "revision", "former", "sha256", "bytes", "page", "start", "end")
# The kinds of entries that speak of their own person alone. A sync, say, counts documents of everybody.
_OWN = frozenset(
    {"ask", "search", "show", "upload", "delete", "remove", "restore", "egress", "egress end"}
    | {"login", "logout", "session ended", "token made", "token revoked"}
)


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

    What one's own entries say of documents is left out where one may not read them any more. Entries from before
    somebody was added are of another person of that name.
    """
    found = list(islice(_seen(catalogue, reader, wanted, before, limit + 1), limit + 1))
    return EntryPage(tuple(found[:limit]), found[limit - 1].seq if len(found) > limit else None)


def every(catalogue: Catalogue, reader: Principal, wanted: AuditFilter) -> Iterator[Entry]:
    """All entries that fit, newest first, a few hundred at a time; what is written meanwhile is left out."""
    return _seen(catalogue, reader, wanted, None, _AT_ONCE)


def _seen(
    catalogue: Catalogue, reader: Principal, wanted: AuditFilter, before: int | None, at_once: int
) -> Iterator[Entry]:
    """What fits of what the reader may see: an entry is found by no word of it that they are not shown."""
    wanted = replace(wanted, since=_begun(catalogue, reader, wanted.since))
    query = _narrowed(select(audit), reader, wanted).order_by(audit.c.seq.desc()).limit(at_once)
    names = _readable_names(catalogue, reader)
    while True:
        with catalogue.reading() as connection:
            older = query if before is None else query.where(audit.c.seq < before)
            rows = [_entry(row) for row in connection.execute(older)]
        for entry in rows:
            shown = entry if names is None else replace(entry, body=_readable(entry.kind, entry.body, names))
            if names is None or not wanted.text or _holds(shown.body, wanted.text):
                yield shown
        if len(rows) < at_once:
            return
        before = rows[-1].seq


def _begun(catalogue: Catalogue, reader: Principal, since: datetime | None) -> datetime | None:
    """From when on the reader's entries are theirs and wanted; None for all."""
    with catalogue.reading() as connection:
        added: datetime | None = connection.scalar(select(people.c.created_at).where(people.c.name == reader.name))
    if reader.owner or added is None:
        return since
    return added if since is None else max(added, _in_utc(since))


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
    return _in_utc(moment).isoformat(timespec="microseconds")


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _says(text: str) -> Any:
    """Bodies are ASCII JSON: other letters stand there as escapes, which have no case, so each case is looked for."""
    cases = {text, text.lower(), text.upper(), text.title()}
    return or_(*(audit.c.body.icontains(json.dumps(each)[1:-1], autoescape=True) for each in sorted(cases)))


def _entry(row: Any) -> Entry:
    return Entry(row.seq, row.time, row.kind, row.principal, json.loads(row.body), row.previous, row.digest)


# -- One's own entries ----------------------------------------------------------------------------


def _readable_names(catalogue: Catalogue, reader: Principal) -> Collection[str] | None:
    """The documents that the reader of the log may read; None for an owner, who sees every entry whole."""
    if reader.owner:
        return None
    return {each.name for each in catalogue.names(visible_to(reader, catalogue)).values()}


def _readable(kind: str, body: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """A body without what it says of other documents; a standalone question may have words from them."""
    if kind not in _OWN:
        return {}
    shown = dict(body)
    for key in _BY_DOCUMENT:
        if isinstance(said := shown.get(key), dict):
            shown[key] = {name: each for name, each in said.items() if name in names}
            if len(shown[key]) < len(said) and shown.get("standalone"):
                shown["standalone"] = None
    if isinstance(shown.get("flags"), list):
        shown["flags"] = [each for each in shown["flags"] if each.get("document") in names]
    if "document" in shown and shown["document"] not in names:
        shown = {key: value for key, value in shown.items() if key not in _OF_A_DOCUMENT}
    return shown


def _holds(body: dict[str, Any], text: str) -> bool:
    return json.dumps(text, ensure_ascii=False)[1:-1].casefold() in json.dumps(body, ensure_ascii=False).casefold()
