"""What the catalogue keeps of the files behind documents: size, when their bytes changed, and when they were read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from homeground.catalogue.schema import CURRENT, documents, revisions


@dataclass(frozen=True, slots=True)
class KeptFile:
    """The file that the current revision was read from: ``bytes``, and in UTC when they changed and were read."""

    bytes: int
    changed_at: datetime
    read_at: datetime
    notes: tuple[str, ...]


def kept_file(connection: Connection, document: int) -> KeptFile | None:
    """Of the document's current revision; None when it has none any more. Ask for readable documents only."""
    wanted = (revisions.c.size, revisions.c.mtime_ns, revisions.c.read_at, revisions.c.notes)
    query = select(*wanted).where(revisions.c.document_id == document, revisions.c.state == CURRENT)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return KeptFile(row.size, datetime.fromtimestamp(row.mtime_ns / 1e9, UTC), row.read_at, tuple(row.notes))


def last_reads(connection: Connection) -> dict[int, datetime]:
    """Source → when a file of it was read last, in UTC; for owners: it tells of documents that not all may read."""
    query = select(documents.c.source_id, func.max(revisions.c.read_at).label("at")).join(documents)
    rows = connection.execute(query.where(revisions.c.state == CURRENT).group_by(documents.c.source_id))
    return {row.source_id: row.at for row in rows}
