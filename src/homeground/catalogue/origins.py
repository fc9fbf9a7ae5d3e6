"""Sources and who may read them: rows in, rows out.

Every source has an access class of its own, and more where rules say so. The rows of the passage index carry the id of
a class and never its grants, so that changing the grants is one small transaction, in force at the next query, and
moves no passage.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

import homeground.catalogue.rules as rules
import homeground.catalogue.schema as schema
from homeground.catalogue.database import chunks, inserted_id
from homeground.catalogue.records import Source
from homeground.catalogue.schema_rules import chains, permissions, placements
from homeground.types import OWNER

_CLASS = schema.access_classes.c
_COLUMNS = (
    select(schema.sources, _CLASS.grants, schema.labels.c.label, chains.c.deny, permissions.c.kind.label("permissions"))
    .join(schema.access_classes, _CLASS.id == schema.sources.c.access_id)
    .join(chains, chains.c.access_id == schema.sources.c.access_id)
    .outerjoin(schema.labels, schema.labels.c.source_id == schema.sources.c.id)
    .outerjoin(permissions, permissions.c.source_id == schema.sources.c.id)
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
        deny=frozenset(row.deny),
        permissions=row.permissions or "none",
    )


def insert_source(
    connection: Connection, name: str, kind: str, root: Path, pattern: str, prefix: str, grants: Iterable[str]
) -> int:
    """A new source with an access class of its own; returns the source's id."""
    access = rules.new_class(connection, grants)
    values = {"name": name, "kind": kind, "root": os.fsencode(root), "pattern": os.fsencode(pattern), "prefix": prefix}
    row = schema.sources.insert().values(**values, access_id=access, added_at=datetime.now(UTC))
    source = inserted_id(connection.execute(row))
    rules.link(connection, access, source)
    return source


def set_grants(
    connection: Connection, source: Source, grants: Iterable[str], deny: Iterable[str] | None = None
) -> None:
    """Who may read, and who may not (None: as before): in force at the next query."""
    rules.store(connection, source.access, grants, source.deny if deny is None else deny)
    rules.refresh(connection, next(each for each in all_sources(connection) if each.id == source.id))


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
    """The source and its access classes; its documents must be gone from the index."""
    classes = connection.scalars(select(chains.c.access_id).where(chains.c.source_id == source.id)).all()
    connection.execute(delete(schema.sources).where(schema.sources.c.id == source.id))
    for some in chunks(classes):
        connection.execute(delete(schema.access_classes).where(_CLASS.id.in_(some)))


def visible(connection: Connection, grants: Collection[str]) -> frozenset[int]:
    """The access classes that someone with these grants may read."""
    held = frozenset(grants)
    rows = connection.execute(select(_CLASS.id, _CLASS.grants, chains.c.deny).join(chains))
    return frozenset(row.id for row in rows if may_read(held, row.grants, row.deny))


def may_read(held: Collection[str], allow: Collection[str], deny: Collection[str]) -> bool:
    """Whether someone who holds these grants is allowed and not denied. Owners are denied by name of ``owner`` only."""
    if OWNER in held and OWNER in allow:
        return OWNER not in deny
    return not set(held).isdisjoint(allow) and set(held).isdisjoint(deny)


def open_sources(connection: Connection, access: Collection[int]) -> frozenset[int]:
    """The sources of which someone sees anything: their own class, or a document."""
    own = select(schema.sources.c.id).where(schema.sources.c.access_id.in_(access))
    documents = schema.documents
    holding = (
        select(documents.c.source_id)
        .join(placements, placements.c.document_id == documents.c.id)
        .join(schema.revisions, schema.revisions.c.document_id == documents.c.id)
        .where(placements.c.access_id.in_(access), ~placements.c.moving, ~documents.c.withheld)
        .where(schema.revisions.c.state == schema.CURRENT)
    )
    return frozenset(connection.scalars(own.union(holding)))


def withhold(connection: Connection, documents: Collection[int]) -> None:
    """Hides documents from everyone, at once, until the next sync has moved them to their new source."""
    connection.execute(update(schema.documents).where(schema.documents.c.id.in_(documents)).values(withheld=True))
