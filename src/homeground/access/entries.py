"""Looking through the audit log: filters, one page after the other, and only what the reader of the log may see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Select, or_, select

from homeground.access.audit import Entry
from homeground.access.policy import visible_to
from homeground.catalogue import Catalogue
from homeground.catalogue.schema import audit
from homeground.catalogue.schema_people import people
from homeground.moments import in_utc
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
    shelf = None if reader.owner else readable(catalogue, reader)
    while True:
        with catalogue.reading() as connection:
            older = query if before is None else query.where(audit.c.seq < before)
            rows = [_entry(row) for row in connection.execute(older)]
        for entry in rows:
            shown = entry if shelf is None else replace(entry, body=_shown(entry.kind, entry.body, shelf))
            if shelf is None or not wanted.text or _holds(shown.body, wanted.text):
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
    return added if since is None else max(added, in_utc(since))


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
    return in_utc(moment).isoformat(timespec="microseconds")


def _says(text: str) -> Any:
    """Bodies are ASCII JSON: other letters stand there as escapes, which have no case, so each case is looked for."""
    cases = {text, text.lower(), text.upper(), text.title()}
    return or_(*(audit.c.body.icontains(json.dumps(each)[1:-1], autoescape=True) for each in sorted(cases)))


def _entry(row: Any) -> Entry:
    return Entry(row.seq, row.time, row.kind, row.principal, json.loads(row.body), row.previous, row.digest)


# -- One's own entries ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shelf:
    """What somebody may read now: documents by name, and their present revisions."""

    names: frozenset[str]
    revisions: frozenset[tuple[str, str]]


def readable(catalogue: Catalogue, reader: Principal) -> Shelf:
    """What the reader may read now."""
    named = {document: each.name for document, each in catalogue.names(visible_to(reader, catalogue)).items()}
    standing = catalogue.standing(named.keys())
    return Shelf(frozenset(named.values()), frozenset((named[document], sha256) for document, sha256 in standing))


def understood(body: dict[str, Any], shelf: Shelf) -> str | None:
    """The standalone question of an `ask` entry; None when words of it are from what is not to be read now.

    Entries of older versions do not say where its words are from.
    """
    standalone, borrowed = body.get("standalone"), body.get("borrowed")
    known = isinstance(borrowed, list) and all(tuple(each) in shelf.revisions for each in borrowed)
    return str(standalone) if standalone and known and _whole(body, shelf) else None


def _whole(body: dict[str, Any], shelf: Shelf) -> bool:
    """Whether all documents that an entry is about may be read."""
    said = [body[key] for key in _BY_DOCUMENT if isinstance(body.get(key), dict)]
    return all(name in shelf.names for each in said for name in each)


def _shown(kind: str, body: dict[str, Any], shelf: Shelf) -> dict[str, Any]:
    """A body without what it says of other documents, and without words from them."""
    if kind not in _OWN:
        return {}
    shown, whole = dict(body), _whole(body, shelf)
    for key in _BY_DOCUMENT:
        if isinstance(said := shown.get(key), dict):
            shown[key] = {name: each for name, each in said.items() if name in shelf.names}
    if "standalone" in shown:
        shown["standalone"] = understood(body, shelf)
    if isinstance(shown.get("borrowed"), list):
        shown["borrowed"] = [each for each in shown["borrowed"] if tuple(each) in shelf.revisions]
    if isinstance(shown.get("attempts"), list) and not whole:  # a reason names the sources that were withheld
        shown["attempts"] = [each | {"reason": ""} for each in shown["attempts"]]
    if isinstance(shown.get("flags"), list):
        shown["flags"] = [each for each in shown["flags"] if each.get("document") in shelf.names]
    if "document" in shown and shown["document"] not in shelf.names:
        shown = {key: value for key, value in shown.items() if key not in _OF_A_DOCUMENT}
    return shown


def _holds(body: dict[str, Any], text: str) -> bool:
    return json.dumps(text, ensure_ascii=False)[1:-1].casefold() in json.dumps(body, ensure_ascii=False).casefold()
