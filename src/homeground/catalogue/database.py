"""The connection: SQLite in WAL mode, with words for what can go wrong.

``synchronous=FULL``: a batch must be on the disk before the passage index commits it, else a power cut could
leave rows in the index that the catalogue has never heard of. It costs two fsyncs a batch of about a thousand passages.
``secure_delete``: the text of a deleted revision is overwritten, not merely unlinked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError, OperationalError

from homeground.errors import HomegroundError, LockedError, StorageError, WorkspaceError

BUSY_TIMEOUT_S = 30
_CHUNK = 5_000  # SQLite takes 32,766 values in one statement

T = TypeVar("T")


def connect(path: Path) -> Engine:
    """An engine for the SQLite file at ``path``. A file in a folder that cannot be written is opened for reading."""
    # Overflow without an end: a question holds a connection while it is answered, and needs a second one to write.
    engine = create_engine(_url(path), connect_args={"timeout": BUSY_TIMEOUT_S}, pool_size=24, max_overflow=-1)
    writable = os.access(path.parent, os.W_OK)

    @event.listens_for(engine, "connect")
    def _configure(raw: Any, record: Any) -> None:
        raw.isolation_level = None  # the driver must not begin transactions by itself
        pragmas = ["foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_S * 1000}", "synchronous=FULL", "secure_delete=ON"]
        for pragma in (["journal_mode=WAL"] if writable else []) + pragmas:
            raw.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # IMMEDIATE: a writer waits for its turn here, and cannot fail half-way because another one was faster.
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _url(path: Path) -> str:
    if os.access(path.parent, os.W_OK) or not path.exists():
        return f"sqlite:///{path}"
    waiting = path.with_name(path.name + "-wal")
    immutable = "" if waiting.exists() and waiting.stat().st_size else "&immutable=1"
    return f"sqlite:///file:{path}?mode=ro{immutable}&uri=true"


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turns the driver's errors into ours."""
    try:
        yield
    except DatabaseError as error:
        raise _explain(error, path) from error


def _explain(error: DatabaseError, path: Path) -> HomegroundError:
    reason = str(error.orig)
    if "locked" in reason or "busy" in reason:
        return LockedError(
            f"The catalogue {path} has been busy for {BUSY_TIMEOUT_S} s: another process is writing to it."
        )
    if "malformed" in reason or "not a database" in reason:
        return WorkspaceError(
            f"The catalogue {path} is damaged ({reason}). Restore it from a backup, or add the sources anew."
        )
    if isinstance(error, OperationalError):
        return StorageError(
            f"The catalogue {path} cannot be used: {reason}. Check free space and permissions; nothing was lost."
        )
    return WorkspaceError(f"The catalogue {path} refused an operation: {reason}.")


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """``values`` in pieces that fit into one statement."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def inserted_id(result: Any) -> int:
    """The id of the row that was just inserted."""
    return int(result.inserted_primary_key[0])


def insert_or_add(connection: Connection, table: Table, key: list[str], rows: Sequence[dict[str, Any]]) -> None:
    """Inserts rows; where the key exists, the other columns are added to what is there."""
    if not rows:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement: Any = insert(table)
    others = [column.name for column in table.columns if column.name not in key]
    added = {name: table.c[name] + statement.excluded[name] for name in others}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=added), list(rows))
