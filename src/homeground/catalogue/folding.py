"""Deleted text leaves the disk: the write-ahead log is folded into the file and emptied.

SQLite can do that only while nobody reads an older state, and keeps writers out for as long as it waits for readers. So
nobody waits here: an attempt that readers are in the way of is given up at once, and made again later. A fact in the
catalogue, written together with the deletion, remembers what is owed, whatever is killed in between.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, Engine, delete, select

import homeground.catalogue.schema as schema
from homeground.catalogue.database import BUSY_TIMEOUT_S

_OWED = "fold_owed"
_PAUSES_S = (0.0, 0.05, 0.2)  # most readers and writers are gone by then


def owe(connection: Connection) -> None:
    """Within the transaction that deletes: remembers that the text is still in the write-ahead log."""
    connection.execute(delete(schema.meta).where(schema.meta.c.key == _OWED))
    connection.execute(schema.meta.insert(), [{"key": _OWED, "value": str(time.time_ns())}])


def owed(connection: Connection) -> str | None:
    """Which deletion was the last that has not left the disk; None when all of them have."""
    found: str | None = connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == _OWED))
    return found


def paid(connection: Connection, what: str) -> None:
    """Forgets what was owed, unless more was deleted meanwhile."""
    connection.execute(delete(schema.meta).where(schema.meta.c.key == _OWED, schema.meta.c.value == what))


def fold(engine: Engine, wait_s: float) -> bool:
    """Whether the log is folded in and empty now; what is in the way of that may end it in ``wait_s`` seconds, for
    which nobody can write."""
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        _run(raw, f"busy_timeout={int(wait_s * 1000)}")
        try:
            return any(_attempt(raw, pause) for pause in _PAUSES_S)
        finally:
            _run(raw, f"busy_timeout={BUSY_TIMEOUT_S * 1000}")


def _attempt(raw: Any, pause_s: float) -> bool:
    time.sleep(pause_s)
    busy, _, _ = _run(raw, "wal_checkpoint(TRUNCATE)")
    return not busy


def _run(raw: Any, pragma: str) -> Any:
    cursor = raw.execute(f"PRAGMA {pragma}")
    try:
        return cursor.fetchone()
    finally:
        cursor.close()
