"""The audit log: append-only, each entry chained to the one before it by SHA-256.

``digest = sha256(canonical JSON of seq, time, kind, principal, body, previous)``. The catalogue also keeps the number
of entries and the last digest, written in the same transaction, so that cutting off the end shows as well.

What no log on one machine can show: someone who may write the catalogue file and rewrites the whole chain and the head
with it. Keep ``head()`` elsewhere from time to time (a ticket, a printout): ``verify(expected=...)`` holds the log
against it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from homeground.catalogue import Catalogue
from homeground.catalogue.schema import audit, meta
from homeground.catalogue.store import set_facts
from homeground.errors import AuditError

GENESIS = "0" * 64
_HEAD, _COUNT = "audit_head", "audit_count"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. ``seq`` counts from 1; ``time`` is ISO 8601 in UTC."""

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


def append(catalogue: Catalogue, kind: str, principal: str, body: Mapping[str, Any]) -> Entry:
    """Writes one entry; safe from any process and thread. ``body`` is JSON, and must hold no secret."""
    with catalogue.writing() as connection:
        return add(connection, kind, principal, body)


def add(connection: Connection, kind: str, principal: str, body: Mapping[str, Any]) -> Entry:
    """As ``append``, within a transaction: what is done and the entry that tells of it happen together."""
    text = canonical(body)
    last = _head(connection)
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    values = {"seq": last.count + 1, "time": now, "kind": kind, "principal": principal, "body": text}
    values |= {"previous": last.digest}
    digest = _digest(values)
    connection.execute(insert(audit).values(**values, digest=digest))
    set_facts(connection, {_HEAD: digest, _COUNT: str(last.count + 1)})
    return Entry(last.count + 1, now, kind, principal, json.loads(text), last.digest, digest)


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
    last = Head(0, GENESIS)
    with catalogue.reading() as connection:
        for row in connection.execute(select(audit).order_by(audit.c.seq)):
            last = _check(row, last)
            if expected and expected.count == last.count and expected.digest != last.digest:
                raise AuditError(f"Audit entry {last.count} is not the one that was noted: the log was rewritten.")
        noted = _head(connection)
    if noted != last:
        raise AuditError(
            f"The audit log ends at entry {last.count}, but {noted.count} were written: its end was cut or replaced."
        )
    if expected and expected.count > last.count:
        raise AuditError(f"The audit log has {last.count} entries; {expected.count} were noted earlier.")
    return last.count


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: one text for one value. TypeError for what JSON cannot hold."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _check(row: Row[Any], last: Head) -> Head:
    if row.seq != last.count + 1:
        raise AuditError(f"Audit entry {last.count + 1} is missing: the next one is {row.seq}.")
    if row.previous != last.digest:
        raise AuditError(
            f"Audit entry {row.seq} does not follow entry {last.count}: one was changed, removed, inserted or moved."
        )
    if row.digest != _digest(row._asdict()):
        raise AuditError(f"Audit entry {row.seq} was changed after it was written.")
    return Head(row.seq, row.digest)


def _digest(values: Mapping[str, Any]) -> str:
    signed = {key: values[key] for key in ("seq", "time", "kind", "principal", "body", "previous")}
    return hashlib.sha256(canonical(signed).encode("ascii")).hexdigest()


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
