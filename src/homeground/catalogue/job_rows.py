"""Jobs: rows in, rows out. A job is queued, running, done, failed or cancelled."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, insert, select, update

from homeground.catalogue import people_rows
from homeground.catalogue.database import inserted_id
from homeground.catalogue.schema_jobs import jobs

State = Literal["queued", "running", "done", "failed", "cancelled"]
QUEUED: State = "queued"
RUNNING: State = "running"
DONE: State = "done"
FAILED: State = "failed"
CANCELLED: State = "cancelled"
ENDED: tuple[State, ...] = (DONE, FAILED, CANCELLED)


@dataclass(frozen=True, slots=True)
class Job:
    """Long work. ``number`` gives the order; ``by`` is the name of who wants it, empty once they are removed or erased;
    ``whose`` their key, which nobody new can have.

    ``progress`` is what it last told, ``result`` what a done one gave, ``problem`` why one failed, in words.
    ``cancelling``: it was told to stop, and has not yet.
    """

    number: int
    id: str
    kind: str
    by: str
    whose: str
    parameters: dict[str, Any]
    state: State
    cancelling: bool
    progress: dict[str, Any]
    result: dict[str, Any]
    problem: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


def add(connection: Connection, kind: str, whose: str, parameters: Mapping[str, Any], *, merge: bool) -> Job:
    """A new job; with ``merge``, one like it that still waits, when there is one."""
    alike = select(jobs).where(jobs.c.kind == kind, jobs.c.state == QUEUED).order_by(jobs.c.number)
    for row in connection.execute(alike) if merge else ():
        if row.parameters == dict(parameters):
            return _job(connection, row)
    new = insert(jobs).values(
        id=secrets.token_hex(12),
        kind=kind,
        by=whose,
        parameters=dict(parameters),
        state=QUEUED,
        cancelling=False,
        progress={},
        result={},
        created_at=datetime.now(UTC),
    )
    number = inserted_id(connection.execute(new))
    return _job(connection, connection.execute(select(jobs).where(jobs.c.number == number)).one())


def find(connection: Connection, identity: str) -> Job | None:
    """A job by its id."""
    row = connection.execute(select(jobs).where(jobs.c.id == identity)).first()
    return None if row is None else _job(connection, row)


def listing(
    connection: Connection,
    limit: int,
    before: int | None = None,
    kinds: Collection[str] | None = None,
    whose: str | None = None,
) -> list[Job]:
    """The newest jobs, newest first; before a number, of some kinds, of one person, where those are given."""
    query = select(jobs).order_by(jobs.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(jobs.c.number < before)
    if kinds is not None:
        query = query.where(jobs.c.kind.in_(kinds))
    if whose is not None:
        query = query.where(jobs.c.by == whose)
    return [_job(connection, row) for row in connection.execute(query).all()]


def waiting(connection: Connection) -> bool:
    """Whether a job waits for its turn."""
    return connection.execute(select(jobs.c.number).where(jobs.c.state == QUEUED).limit(1)).first() is not None


def take(connection: Connection) -> Job | None:
    """The oldest job that waits, running from now on; None when none does."""
    query = select(jobs).where(jobs.c.state == QUEUED).order_by(jobs.c.number).limit(1)
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        return None
    _set(connection, row.id, state=RUNNING, started_at=datetime.now(UTC))
    return find(connection, row.id)


def take_up(connection: Connection) -> int:
    """Queues what ran in a process that is no more; what was told to stop there has stopped. Returns how many."""
    now = datetime.now(UTC)
    stopped = update(jobs).where(jobs.c.state == RUNNING, jobs.c.cancelling)
    connection.execute(stopped.values(state=CANCELLED, ended_at=now))
    again = update(jobs).where(jobs.c.state == RUNNING)
    return connection.execute(again.values(state=QUEUED, started_at=None)).rowcount


def put_back(connection: Connection, identity: str) -> None:
    """A running job waits again: its process ends."""
    _set(connection, identity, state=QUEUED, started_at=None)


def note(connection: Connection, identity: str, progress: Mapping[str, Any]) -> bool:
    """Keeps how far a job is; returns whether it was told to stop."""
    _set(connection, identity, progress=dict(progress))
    return bool(connection.scalar(select(jobs.c.cancelling).where(jobs.c.id == identity)))


def end(
    connection: Connection, identity: str, state: State, result: Mapping[str, Any], problem: str | None = None
) -> None:
    """A running job has ended."""
    _set(connection, identity, state=state, result=dict(result), problem=problem, ended_at=datetime.now(UTC))


def cancel(connection: Connection, identity: str) -> None:
    """Ends a job that waits, and tells one that runs to stop."""
    of = jobs.c.id == identity
    now = datetime.now(UTC)
    connection.execute(update(jobs).where(of, jobs.c.state == QUEUED).values(state=CANCELLED, ended_at=now))
    connection.execute(update(jobs).where(of, jobs.c.state == RUNNING).values(cancelling=True))


def _set(connection: Connection, identity: str, **values: Any) -> None:
    connection.execute(update(jobs).where(jobs.c.id == identity).values(**values))


def _job(connection: Connection, row: Row[Any]) -> Job:
    names = people_rows.called(connection, {row.by})
    return Job(**row._asdict() | {"by": names[row.by], "whose": row.by})
