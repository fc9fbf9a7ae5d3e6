"""The audit log: append-only, each entry chained to the one before it by SHA-256.

``digest = sha256(canonical JSON of seq, time, kind, who, what, previous)``, where ``who`` and ``what`` are seals of the
principal and of the body (see ``seal``), so that both can be erased and the chain still verifies (see ``erasure``).
Entries of format 2 and older have no seals: their digest covers the texts. The catalogue also keeps the number of
entries and the last digest, written in the same transaction, so that cutting off the end shows as well.

What no log on one machine can show: someone who may write the catalogue file and rewrites the whole chain and the head
with it. Keep ``head()`` elsewhere from time to time (a ticket, a printout): ``verify(expected=...)`` holds the log
against it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from homeground.access.seal import canonical, entry_digest, plain_digest, seal, sealed
from homeground.catalogue import Catalogue, people_rows
from homeground.catalogue.schema import audit, meta
from homeground.catalogue.schema_jobs import erased, seals
from homeground.catalogue.store import set_facts
from homeground.errors import AuditError
from homeground.types import Citation, Hit, Principal

GENESIS = "0" * 64
_REMOVED = " *removed*"
ERASE = "erase"  # the kind of the entries that tell which others were emptied
_HEAD, _COUNT = "audit_head", "audit_count"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. ``seq`` counts from 1; ``time`` is ISO 8601 in UTC.

    ``principal`` is empty, and ``body`` too, where they were erased.
    """

    seq: int
    time: str
    kind: str
    principal: str
    body: dict[str, Any]
    previous: str
    digest: str


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends: how many entries, and the digest of the last."""

    count: int
    digest: str


def append(catalogue: Catalogue, kind: str, principal: str | Principal, body: Mapping[str, Any]) -> Entry:
    """Writes one entry; safe from any process and thread. ``body`` is JSON, and must hold no secret."""
    with catalogue.writing() as connection:
        return append_within(connection, kind, principal, body)


def append_within(connection: Connection, kind: str, principal: str | Principal, body: Mapping[str, Any]) -> Entry:
    """Writes one entry in a transaction that has begun."""
    if isinstance(principal, Principal):
        principal = _known_as(connection, principal)
    text, last = canonical(body), _head(connection)
    seq, now = last.count + 1, datetime.now(UTC).isoformat(timespec="microseconds")
    values = {"seq": seq, "time": now, "kind": kind, "principal": principal, "body": text, "previous": last.digest}
    made = sealed(principal, text)
    digest = entry_digest(values | made)
    connection.execute(insert(audit).values(**values, digest=digest))
    connection.execute(insert(seals).values(seq=seq, **made))
    set_facts(connection, {_HEAD: digest, _COUNT: str(seq)})
    return Entry(seq, now, kind, principal, json.loads(text), last.digest, digest)


def _known_as(connection: Connection, principal: Principal) -> str:
    """The name; with a mark for a person who was removed while they asked: somebody new may have the name by now."""
    gone = principal.person and not people_rows.stands(connection, principal.person)
    return removed_name(principal.name) if gone else principal.name


def removed_name(name: str) -> str:
    """What somebody is called in entries that were written after their person was removed. No name holds a star."""
    return f"{name}{_REMOVED}"


def name_in(principal: str) -> str:
    """The name that an entry's principal has, or had."""
    return principal.removesuffix(_REMOVED)


def head(catalogue: Catalogue) -> Head:
    """Where the log ends now."""
    with catalogue.reading() as connection:
        return _head(connection)


def entries(catalogue: Catalogue, limit: int = 20) -> list[Entry]:
    """The newest entries, newest first."""
    with catalogue.reading() as connection:
        rows = connection.execute(select(audit).order_by(audit.c.seq.desc()).limit(limit)).all()
    return [_entry(row) for row in rows]


def verify(catalogue: Catalogue, expected: Head | None = None) -> int:
    """Checks every entry; returns how many there are. AuditError names the first that was changed, removed, inserted
    or moved.

    ``expected`` is a head that was noted earlier: the log must still contain it.
    """
    last, emptied = Head(0, GENESIS), _Emptied()
    with catalogue.reading() as connection:
        for row in connection.execute(_WITH_SEALS.order_by(audit.c.seq)):
            last = _check(row, last)
            if expected and expected.count == last.count and expected.digest != last.digest:
                raise AuditError(f"Audit entry {last.count} is not the one that was noted: the log was rewritten.")
            emptied.look(row)
        emptied.check(connection)
        noted = _head(connection)
    if noted != last:
        raise AuditError(
            f"The audit log ends at entry {last.count}, but {noted.count} were written: its end was cut or replaced."
        )
    if expected and expected.count > last.count:
        raise AuditError(f"The audit log has {last.count} entries; {expected.count} were noted earlier.")
    return last.count


_SEAL_COLUMNS = (seals.c.who, seals.c.who_salt, seals.c.what, seals.c.what_salt, seals.c.late)
_WITH_SEALS = select(audit, *_SEAL_COLUMNS).outerjoin(seals, seals.c.seq == audit.c.seq)


def _check(row: Row[Any], last: Head) -> Head:
    if row.seq != last.count + 1:
        raise AuditError(f"Audit entry {last.count + 1} is missing: the next one is {row.seq}.")
    if row.previous != last.digest:
        raise AuditError(
            f"Audit entry {row.seq} does not follow entry {last.count}: one was changed, removed, inserted or moved."
        )
    if not _holds(row):
        raise AuditError(f"Audit entry {row.seq} was changed after it was written.")
    return Head(row.seq, row.digest)


def _holds(row: Row[Any]) -> bool:
    """Whether the entry's digest covers what it says. What is emptied, and late seals, are for ``_Emptied``."""
    values = row._asdict()
    if row.who is None:
        return bool(row.digest == plain_digest(values))
    who = row.principal == "" if row.who_salt is None else seal(row.who_salt, row.principal) == row.who
    what = row.body == EMPTY if row.what_salt is None else seal(row.what_salt, row.body) == row.what
    return who and what and (bool(row.late) or row.digest == entry_digest(values))


EMPTY = "{}"  # the body of an entry that was emptied


class _Emptied:
    """Holds every emptied entry against the entries that tell of the emptying."""

    def __init__(self) -> None:
        self._rows: dict[int, Row[Any]] = {}
        self._told: dict[int, str] = {}

    def look(self, row: Row[Any]) -> None:
        """At an entry on the way through the log."""
        if row.who is not None and (row.who_salt is None or row.what_salt is None or row.late):
            self._rows[row.seq] = row
        if row.kind == ERASE:
            self._told[row.seq] = json.loads(row.body).get("kept", "")

    def check(self, connection: Connection) -> None:
        """AuditError when an entry was emptied and no entry tells of it, or of another one in its place."""
        named: dict[int, list[int]] = {}
        for row in connection.execute(select(erased).order_by(erased.c.erasure, erased.c.seq)):
            named.setdefault(row.erasure, []).append(row.seq)
        for erasure, seqs in named.items():
            rows = [self._rows[seq] for seq in seqs if seq in self._rows]
            if len(rows) < len(seqs) or self._told.get(erasure) != kept_digest(rows):
                raise AuditError(f"Audit entry {erasure} does not tell of the entries that it is said to have emptied.")
        untold = set(self._rows) - {seq for seqs in named.values() for seq in seqs}
        if untold:
            raise AuditError(f"Audit entry {min(untold)} was emptied, and no entry of the log tells of that.")


def kept_digest(rows: Sequence[Row[Any]]) -> str:
    """What stays of emptied entries, as the entry that tells of them keeps it; ``rows`` with their seals, by number."""
    columns = ("seq", "time", "kind", "digest", "who", "what")
    kept = [[getattr(row, column) for column in columns] + [bool(row.late)] for row in rows]
    return hashlib.sha256(canonical(kept).encode("ascii")).hexdigest()


def _head(connection: Connection) -> Head:
    # FOR UPDATE (ignored by SQLite, whose writers take turns anyway) makes appending processes take turns.
    query = select(meta.c.key, meta.c.value).where(meta.c.key.in_([_HEAD, _COUNT])).with_for_update()
    facts = {row.key: row.value for row in connection.execute(query)}
    return Head(int(facts.get(_COUNT, "0")), facts.get(_HEAD, GENESIS))


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.seq, row.time, row.kind, row.principal, json.loads(row.body), row.previous, row.digest)


def all_entries(catalogue: Catalogue) -> Iterator[Entry]:
    """Every entry, oldest first."""
    with catalogue.reading() as connection:
        for row in connection.execute(select(audit).order_by(audit.c.seq)):
            yield _entry(row)


def pages_of(places: Iterable[Hit | Citation]) -> dict[str, list[int]]:
    """Pages by document, for an entry that tells what was shown."""
    found: dict[str, set[int]] = {}
    for place in places:
        found.setdefault(place.document, set()).add(place.page)
    return {document: sorted(pages) for document, pages in found.items()}
