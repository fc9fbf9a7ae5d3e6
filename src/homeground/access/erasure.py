"""Forgetting: a person's data, and what is older than it is kept, without breaking the chain of the audit log.

Emptied entries lose principal and body together with the salts of their seals; number, time, kind and seals stay. One
entry of kind ``erase`` tells which ones, how many and why, names nobody but who asked for it, and is never emptied
itself. The record of what left this machine keeps its bodies, which hold no words of anybody, and loses the names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from homeground.access.audit import EMPTY, ERASE, append_within, kept_digest
from homeground.access.ledger import BEGUN, ENDED
from homeground.access.seal import sealed
from homeground.access.sought import Sought, last_seq
from homeground.catalogue import Catalogue, conversations, people_rows
from homeground.catalogue.database import chunks
from homeground.catalogue.schema import audit, spending
from homeground.catalogue.schema_jobs import erased, feedback, jobs, seals, uploads
from homeground.catalogue.schema_rules import removals
from homeground.catalogue.store import set_facts
from homeground.errors import NotFoundError

PERSON, RETENTION = "a person asked for it", "kept long enough"
BY_ITSELF = "homeground"  # who erases what the settings say is old
_EXPIRED = "audit_expired"  # the number of the last entry that was old enough
_KEPT_BODIES = (BEGUN, ENDED)
_MOST_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Erased:
    """What was forgotten of a person: entries of the audit log, conversations, and what they said of answers.

    Not ``overwritten``: gone from the tables now, and from the disk as soon as answers under way have ended.
    """

    entries: int
    conversations: int
    feedback: int
    overwritten: bool


def erase_person(catalogue: Catalogue, person: str, by: str) -> Erased:
    """Forgets what a person asked, was shown and said, wherever their name stands, in any spelling that is theirs, or
    the folder of what they handed in; the disk is overwritten.

    ``by`` is who asks for it, and stands in the log. The account itself is not touched. NotFoundError when there is
    nobody of this name, and nothing of theirs.
    """
    with catalogue.reading() as connection:  # looking through a long log must keep nobody from writing
        seen, wanted = last_seq(connection), Sought.of(connection, person)
        found = wanted.entries(connection, 0, seen)
    with catalogue.erasing() as connection:
        found += wanted.entries(connection, seen, last_seq(connection))
        known = {*wanted.names, *people_rows.ids_of(connection, wanted.key)}  # of everybody who ever had this name
        if not (found or known or person.startswith(people_rows.LOCAL)):
            raise NotFoundError(f"There is nobody called {person!r} here, and nothing of theirs in the log.")
        of_person = (_not_emptied().where(audit.c.seq.in_(some)) for some in chunks(found))
        rows = [row for query in of_person for row in connection.execute(query)]
        empty(connection, rows, by, PERSON)
        keys = known | {person}
        talked = sum(conversations.erase(connection, key, None) for key in keys)
        said = connection.execute(delete(feedback).where(feedback.c.principal.in_(keys))).rowcount
        connection.execute(delete(uploads).where(uploads.c.principal.in_(keys)))
        connection.execute(update(spending).where(spending.c.principal.in_(keys)).values(principal=""))
        connection.execute(update(jobs).where(jobs.c.by.in_(keys)).values(by=""))
        connection.execute(update(removals).where(removals.c.removed_by.in_(keys)).values(removed_by=""))
        people_rows.note_erasure(connection, keys)
    return Erased(len(rows), talked, said, overwritten=not catalogue.owes())


def expire(catalogue: Catalogue, keep_days: int) -> int:
    """Empties what is older than so many days (0: nothing is); returns how many entries. Cheap when nothing is due."""
    if keep_days == 0:
        return 0
    before = (datetime.now(UTC) - timedelta(days=keep_days)).isoformat(timespec="microseconds")
    total = 0
    while (count := _expire_some(catalogue, before)) is not None:
        total += count
    return total


def _expire_some(catalogue: Catalogue, before: str) -> int | None:
    """Empties the next old entries; None when there are none."""
    seen = int(catalogue.facts(_EXPIRED).get(_EXPIRED, "0"))
    with catalogue.reading() as connection:
        first = connection.execute(
            select(audit.c.time).where(audit.c.seq > seen).order_by(audit.c.seq).limit(1)
        ).scalar()
    if first is None or first >= before:
        return None
    with catalogue.erasing() as connection:
        due = and_(audit.c.seq > seen, audit.c.time < before)
        last = connection.scalars(select(audit.c.seq).where(due).order_by(audit.c.seq).limit(_MOST_AT_ONCE)).all()[-1]
        rows = connection.execute(_not_emptied().where(due, audit.c.seq <= last)).all()
        empty(connection, rows, BY_ITSELF, RETENTION)
        set_facts(connection, {_EXPIRED: str(last)})
    return len(rows)


def empty(connection: Connection, rows: Sequence[Row[Any]], by: str, why: str) -> None:
    """Empties these entries (with the columns of their seals) and writes the entry that tells of it."""
    if not rows:
        return
    late = [{"seq": row.seq} | _late_seal(row) for row in rows if row.who is None]
    if late:
        connection.execute(insert(seals), late)
    for some in chunks([row.seq for row in rows]):
        _drop(connection, some)
    kept = _kept(connection, [row.seq for row in rows])
    told = {"entries": len(rows), "first": rows[0].seq, "last": rows[-1].seq, "why": why, "kept": kept_digest(kept)}
    erasure = append_within(connection, ERASE, by, told).seq
    connection.execute(insert(erased), [{"seq": row.seq, "erasure": erasure} for row in rows])


def _drop(connection: Connection, seqs: Sequence[int]) -> None:
    these = audit.c.seq.in_(seqs)
    whole = [row.seq for row in connection.execute(select(audit.c.seq).where(these, ~audit.c.kind.in_(_KEPT_BODIES)))]
    connection.execute(update(audit).where(these).values(principal=""))
    connection.execute(update(seals).where(seals.c.seq.in_(seqs)).values(who_salt=None))
    connection.execute(update(audit).where(audit.c.seq.in_(whole)).values(body=EMPTY))
    connection.execute(update(seals).where(seals.c.seq.in_(whole)).values(what_salt=None))


def _kept(connection: Connection, seqs: Sequence[int]) -> list[Row[Any]]:
    query = select(audit, seals.c.who, seals.c.what, seals.c.late).join(seals, seals.c.seq == audit.c.seq)
    return [
        row
        for some in chunks(sorted(seqs))
        for row in connection.execute(query.where(audit.c.seq.in_(some)).order_by(audit.c.seq))
    ]


def _late_seal(row: Row[Any]) -> dict[str, Any]:
    """A seal for an entry of an older format, which its own digest cannot vouch for once it is emptied."""
    return sealed(row.principal, row.body) | {"late": True}


def _not_emptied() -> Any:
    """Entries with their seals that have something left to lose, by number."""
    left = or_(seals.c.seq.is_(None), seals.c.who_salt.is_not(None))
    query = select(audit, seals.c.who).outerjoin(seals, seals.c.seq == audit.c.seq)
    return query.where(left, audit.c.kind != ERASE).order_by(audit.c.seq)
