"""The two catalogue transactions around the one index commit that makes a batch true.

1. ``prepare``: revisions and pages are written as pending. Nobody lists them, but whoever gets a hit can read them.
2. the index swaps the passages of every document of the batch in one commit: the instant of truth.
3. ``finish``: pending becomes current, replaced and dropped text is deleted (or kept apart), term counts move.

A kill before 2 is undone by ``discard``; one after 2 is completed by ``finish``, which needs nothing but the catalogue.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, select, update

import homeground.catalogue.counting as counting
import homeground.catalogue.flagging as flagging
import homeground.catalogue.former as former
import homeground.catalogue.placing as placing
import homeground.catalogue.rules as rules
from homeground.catalogue.database import inserted_id
from homeground.catalogue.packing import pack_counts, pack_structure, pack_text
from homeground.catalogue.records import NewRevision, Pending, Permission, Stamp, TermCounts
from homeground.catalogue.schema import (
    CURRENT,
    PENDING,
    batch_drops,
    batches,
    documents,
    pages,
    recounts,
    revisions,
    term_counts,
    totals,
)


def new_document(
    connection: Connection,
    placer: placing.Placer,
    source: int,
    path: bytes,
    name: str,
    permission: Permission | None = None,
) -> int:
    """A document that nobody sees before its first revision is current; returns its id."""
    made = connection.execute(insert(documents).values(source_id=source, path=path, name=name, withheld=False))
    placing.settle_new(connection, inserted_id(made), source, path, permission, placer)
    return inserted_id(made)


def rename(connection: Connection, document: int, path: bytes, name: str, stamp: Stamp) -> None:
    """The same bytes under another name. A rule of the document goes along."""
    old = connection.execute(select(documents.c.source_id, documents.c.path).where(documents.c.id == document)).one()
    rule = rules.at(connection, old.source_id, old.path)
    if rule and not rules.at(connection, old.source_id, path):
        rules.move(connection, rule.id, path)
    connection.execute(update(documents).where(documents.c.id == document).values(path=path, name=name))
    restamp(connection, document, stamp)


def restamp(connection: Connection, document: int, stamp: Stamp) -> None:
    """The bytes are those of the current revision, the file system's record of them is new."""
    table = revisions.c
    connection.execute(
        update(revisions).where(table.document_id == document, table.state == CURRENT).values(**_stamped(stamp))
    )


def _stamped(stamp: Stamp) -> dict[str, Any]:
    return {
        "size": stamp.size,
        "mtime_ns": stamp.mtime_ns,
        "ctime_ns": stamp.ctime_ns,
        "inode": stamp.inode & (2**63 - 1),
        "settled": stamp.settled,
    }


def prepare(connection: Connection, puts: Sequence[NewRevision], drops: Collection[int]) -> int:
    """Writes a batch as pending; returns its id."""
    made = connection.execute(insert(batches).values(created_at=datetime.now(UTC)))
    batch = inserted_id(made)
    if drops:
        connection.execute(insert(batch_drops), [{"batch_id": batch, "document_id": each} for each in sorted(drops)])
    for put in puts:
        _write_revision(connection, batch, put)
    return batch


def _write_revision(connection: Connection, batch: int, put: NewRevision) -> None:
    read = put.parsed
    made = connection.execute(
        insert(revisions).values(
            document_id=put.document,
            state=PENDING,
            batch_id=batch,
            sha256=put.sha256,
            **_stamped(put.stamp),
            reader=put.reader,
            read_at=datetime.now(UTC),
            seconds=put.seconds,
            title=read.title if read else "",
            media_type=read.media_type if read else "",
            date=read.date if read else None,
            problem=put.problem,
            notes=list(read.problems) if read else [],
            imperfect=_imperfect(put),
            passages=put.terms.passages,
            length=put.terms.length,
            terms=pack_counts(put.terms.frequency),
        )
    )
    revision = inserted_id(made)
    rows = _page_rows(revision, put)
    if rows:
        connection.execute(insert(pages), rows)
    if put.patterns:
        flagging.write(connection, revision, put.patterns, put.flags)


def _imperfect(put: NewRevision) -> bool:
    read = put.parsed
    return bool(put.problem or read is None or read.problems or any(page.problem for page in read.pages))


def _page_rows(revision: int, put: NewRevision) -> list[dict[str, Any]]:
    return [
        {
            "revision_id": revision,
            "number": page.number,
            "text": pack_text(page.text),
            "label": page.label,
            "structure": pack_structure(page),
            "problem": page.problem,
        }
        for page in (put.parsed.pages if put.parsed else ())
    ]


def pending(connection: Connection) -> list[Pending]:
    """The batches that were prepared and neither finished nor discarded (at most one, unless something is odd)."""
    return [_pending(connection, batch) for batch in connection.scalars(select(batches.c.id).order_by(batches.c.id))]


def _pending(connection: Connection, batch: int) -> Pending:
    query = select(revisions.c.document_id, revisions.c.sha256, revisions.c.passages)
    puts = connection.execute(query.where(revisions.c.batch_id == batch)).all()
    drops = connection.scalars(select(batch_drops.c.document_id).where(batch_drops.c.batch_id == batch)).all()
    held = {row.document_id: row.sha256 for row in puts if row.passages}
    return Pending(batch, frozenset(drops) | {row.document_id for row in puts}, held)


def finish(connection: Connection, batch: int, keep_former: int = 0) -> None:
    """Makes the batch's revisions current and deletes what they replace, text and all; of each document up to
    ``keep_former`` former revisions are kept apart, where nothing answers from them."""
    _count(connection, batch)
    former.keep(connection, batch, keep_former)
    of_batch = select(revisions.c.document_id).where(revisions.c.batch_id == batch)
    dropped = select(batch_drops.c.document_id).where(batch_drops.c.batch_id == batch)
    connection.execute(
        delete(revisions).where(revisions.c.state == CURRENT, revisions.c.document_id.in_(of_batch.scalar_subquery()))
    )
    connection.execute(delete(documents).where(documents.c.id.in_(dropped.scalar_subquery())))
    connection.execute(update(revisions).where(revisions.c.batch_id == batch).values(state=CURRENT, batch_id=None))
    connection.execute(delete(batches).where(batches.c.id == batch))


def discard(connection: Connection, batch: int) -> None:
    """Undoes ``prepare``."""
    connection.execute(delete(revisions).where(revisions.c.batch_id == batch))
    connection.execute(delete(batches).where(batches.c.id == batch))
    sweep(connection)


_UNBORN = ~exists().where(revisions.c.document_id == documents.c.id)


def sweep(connection: Connection) -> None:
    """Deletes documents that never had a revision: what an interrupted run left."""
    connection.execute(delete(documents).where(_UNBORN))


def unborn(connection: Connection) -> bool:
    """Whether there are such documents."""
    return connection.execute(select(documents.c.id).where(_UNBORN).limit(1)).first() is not None


def _count(connection: Connection, batch: int) -> None:
    """Moves the term counts: plus what the batch brings, minus what it replaces or drops."""
    coming = revisions.c.batch_id == batch
    put = select(revisions.c.document_id).where(coming)
    dropped = select(batch_drops.c.document_id).where(batch_drops.c.batch_id == batch)
    touched = put.union(dropped).subquery()
    going = (revisions.c.state == CURRENT) & revisions.c.document_id.in_(select(touched))
    counting.shift(connection, coming, 1)
    counting.shift(connection, going, -1)


def stage_recounts(connection: Connection, counts: Mapping[int, TermCounts]) -> None:
    """Keeps, per document, what a rebuild of the index has counted."""
    connection.execute(delete(recounts).where(recounts.c.document_id.in_(counts)))
    rows = [
        {"document_id": each, "passages": new.passages, "length": new.length, "terms": pack_counts(new.frequency)}
        for each, new in counts.items()
    ]
    connection.execute(insert(recounts), rows)


def apply_recounts(connection: Connection) -> None:
    """Replaces the counts of current revisions by the staged ones, and every sum with them."""
    for column in ("passages", "length", "terms"):
        staged = select(recounts.c[column]).where(recounts.c.document_id == revisions.c.document_id).scalar_subquery()
        known = revisions.c.document_id.in_(select(recounts.c.document_id))
        connection.execute(update(revisions).where(known, revisions.c.state == CURRENT).values({column: staged}))
    connection.execute(delete(recounts))
    connection.execute(delete(term_counts))
    connection.execute(update(totals).values(passages=0, length=0))
    counting.shift(connection, revisions.c.state == CURRENT, 1)
