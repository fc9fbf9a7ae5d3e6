"""Sources and who may read them: rows in, rows out.

Every source has an access class of its own. The rows of the passage index carry its id and never its grants, so that
changing the grants is one small transaction, in force at the next query, and moves no passage.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

import homeground.catalogue.schema as schema
from homeground.catalogue.database import inserted_id
from homeground.catalogue.records import Source

_COLUMNS = (
    select(schema.sources, schema.access_classes.c.grants, schema.labels.c.label)
    .join(schema.access_classes)
    .outerjoin(schema.labels)
)


def all_sources(connection: Connection) -> list[Source]:
    """Every source, in the order of adding."""
    return [_source(row) for row in connection.execute(_COLUMNS.order_by(schema.sources.c.id))]


def _source(row: Row[Any]) -> Source:
    return Source(
        id=row.id,
        name=row.name,
        kind=row.kind,
        root=Path(os.fsdecode(row.root)),
        pattern=os.fsdecode(row.pattern),
        prefix=row.prefix,
        access=row.access_id,
        grants=frozenset(row.grants),
        device=row.device,
        added_at=row.added_at,
        label=row.label or "",
    )


def insert_source(
    connection: Connection, name: str, kind: str, root: Path, pattern: str, prefix: str, grants: Iterable[str]
) -> int:
    """A new source with an access class of its own; returns the source's id."""
    made = connection.execute(schema.access_classes.insert().values(grants=sorted(set(grants))))
    access = inserted_id(made)
    connection.execute(schema.totals.insert().values(access_id=access, passages=0, length=0))
    values = {"name": name, "kind": kind, "root": os.fsencode(root), "pattern": os.fsencode(pattern), "prefix": prefix}
    row = schema.sources.insert().values(**values, access_id=access, added_at=datetime.now(UTC))
    return inserted_id(connection.execute(row))


def set_grants(connection: Connection, access: int, grants: Iterable[str]) -> None:
    """Who may read: in force at the next query."""
    table = schema.access_classes
    connection.execute(update(table).where(table.c.id == access).values(grants=sorted(set(grants))))


def set_label(connection: Connection, source: int, label: str) -> None:
    """How sensitive the source is: in force at the next question."""
    connection.execute(delete(schema.labels).where(schema.labels.c.source_id == source))
    connection.execute(schema.labels.insert().values(source_id=source, label=label))


def set_name(connection: Connection, source: int, name: str) -> None:
    """What the source is called from now on."""
    connection.execute(update(schema.sources).where(schema.sources.c.id == source).values(name=name))


def set_device(connection: Connection, source: int, device: int) -> None:
    """Remembers the file system that a root lies on."""
    connection.execute(update(schema.sources).where(schema.sources.c.id == source).values(device=device))


def delete_source(connection: Connection, source: Source) -> None:
    """The source and its access class; its documents must be gone from the index."""
    connection.execute(delete(schema.sources).where(schema.sources.c.id == source.id))
    connection.execute(delete(schema.access_classes).where(schema.access_classes.c.id == source.access))


def visible(connection: Connection, grants: Collection[str]) -> frozenset[int]:
    """The access classes that share a grant with ``grants``."""
    held = frozenset(grants)
    rows = connection.execute(select(schema.access_classes.c.id, schema.access_classes.c.grants))
    return frozenset(row.id for row in rows if held.intersection(row.grants))


def withhold(connection: Connection, documents: Collection[int]) -> None:
    """Hides documents from everyone, at once, until the next sync has moved them to their new source."""
    connection.execute(update(schema.documents).where(schema.documents.c.id.in_(documents)).values(withheld=True))
