"""The format of the catalogue: a number, and a function from each format to the next.

Each step runs in one transaction together with the new number, so that a kill leaves the old format or the new one.
A backup of the file is made before the first step (SQLite's own copy, consistent while others read).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select, update

import homeground.catalogue.people_rows as people_rows
import homeground.catalogue.rules as rules
import homeground.catalogue.schema as schema
import homeground.catalogue.schema_history as schema_history
import homeground.catalogue.schema_jobs as schema_jobs
import homeground.catalogue.schema_people as schema_people
import homeground.catalogue.schema_rules as schema_rules
from homeground.errors import WorkspaceError

FORMAT = 4


def _to_2(connection: Connection) -> None:
    """Sources get sensitivity labels, those that are there keep the default one; what models elsewhere used up;
    conversations; flags, for which the next sync searches the stored pages and reads no file."""
    tables = (schema.labels, schema.spending, schema.scans, schema.flags)
    for table in (*tables, schema.conversations, schema.turns, schema.turn_revisions):
        table.create(connection)


def _to_3(connection: Connection) -> None:
    """People with their tokens and sessions; rules of access, under which every document keeps the class of its
    source; jobs; former revisions, none so far."""
    tables = (*schema_people.TABLES, *schema_rules.TABLES, *schema_jobs.TABLES, *schema_history.TABLES)
    for table in tables:
        table.create(connection)
    rules.adopt(connection)


def _to_4(connection: Connection) -> None:
    """Turns know the audit entry that holds their receipt; those that are there have none to show.

    What is somebody's own is kept under an id that nobody new can get, no longer under a name. What was
    taken out keeps the name that it had then, from now on."""
    schema.turn_receipts.create(connection, checkfirst=True)
    _give_ids(connection)
    schema_rules.removed_as.create(connection, checkfirst=True)


def _give_ids(connection: Connection) -> None:
    schema_people.identities.create(connection, checkfirst=True)  # an older format has just got it, with the people
    people_rows.adopt(connection)


# MIGRATIONS[n] takes a catalogue of format n to format n + 1.
MIGRATIONS: dict[int, Callable[[Connection], None]] = {1: _to_2, 2: _to_3, 3: _to_4}


def bring_up_to_date(engine: Engine, path: Path) -> None:
    """Creates the tables of an empty catalogue, or migrates an older one. A newer one raises WorkspaceError."""
    found = read_format(engine)
    if found is None:
        _create(engine)
    elif found > FORMAT:
        raise WorkspaceError(
            f"This workspace has format {found}; this homeground knows formats up to {FORMAT}. "
            "Install a newer homeground."
        )
    elif found < FORMAT:
        _migrate(engine, path, found)


def read_format(engine: Engine) -> int | None:
    """The format of the catalogue; None when it is empty."""
    if not inspect(engine).has_table("meta"):
        return None
    with engine.connect() as connection:
        value = connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == "format"))
    return None if value is None else int(value)


def _create(engine: Engine) -> None:
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        schema.metadata.create_all(connection)
        known = connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == "format"))
        if known is None:  # another process may have been faster
            connection.execute(schema.meta.insert(), [{"key": "format", "value": str(FORMAT)}])


def _migrate(engine: Engine, path: Path, found: int) -> None:
    missing = [step for step in range(found, FORMAT) if step not in MIGRATIONS]
    if missing:
        raise WorkspaceError(f"This workspace has format {found}, which this homeground cannot migrate any more.")
    back_up(path, path.with_name(f"{path.name}.format-{found}"))
    for step in range(found, FORMAT):
        _step(engine, step)


def _step(engine: Engine, step: int) -> None:
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        at = connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == "format"))
        if at != str(step):  # another process has done it while this one waited for its turn
            return
        MIGRATIONS[step](connection)
        connection.execute(update(schema.meta).where(schema.meta.c.key == "format").values(value=str(step + 1)))


def back_up(path: Path, target: Path) -> None:
    """A consistent copy of the SQLite file."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
