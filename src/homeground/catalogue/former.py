"""Former revisions: kept in the transaction that replaces them, trimmed, and read for who may read the document now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Select, Subquery, delete, exists, func, insert, literal, select

from homeground.catalogue.packing import unpack_text
from homeground.catalogue.reading import visible_revision
from homeground.catalogue.schema import CURRENT, Moment, pages, revisions
from homeground.catalogue.schema_history import former_pages, former_revisions
from homeground.types import Page


@dataclass(frozen=True, slots=True)
class KnownRevision:
    """A revision of a document: the current one when ``replaced_at`` is None. Times are in UTC; ``id`` is its row."""

    id: int
    sha256: str
    title: str
    date: datetime | None
    read_at: datetime
    replaced_at: datetime | None
    pages: int


# -- Writing --------------------------------------------------------------------------------------


def keep(connection: Connection, batch: int, most: int) -> None:
    """What a batch replaces becomes former, and the oldest above ``most`` go. Call it before the batch becomes current,
    in the same transaction.

    The same bytes read anew, and a revision of which nothing was read, are not kept.
    """
    if not most:
        return
    _drop_repeated(connection, batch)
    replaced = _replaced(batch)
    copied = ("document_id", "sha256", "title", "date", "read_at")
    now = literal(datetime.now(UTC), Moment)
    rows = select(*(revisions.c[name] for name in copied), now).where(replaced)
    connection.execute(insert(former_revisions).from_select([*copied, "replaced_at"], rows))
    texts = (
        select(former_revisions.c.id, pages.c.number, pages.c.text, pages.c.label)
        .join_from(pages, revisions, revisions.c.id == pages.c.revision_id)
        .join(former_revisions, _SAME)
        .where(replaced)
    )
    connection.execute(insert(former_pages).from_select(["revision_id", "number", "text", "label"], texts))
    _drop(connection, _ranked(former_revisions.c.document_id.in_(_documents(batch))), most)


_SAME = (former_revisions.c.document_id == revisions.c.document_id) & (former_revisions.c.sha256 == revisions.c.sha256)


def _documents(batch: int) -> Select[tuple[int]]:
    return select(revisions.c.document_id).where(revisions.c.batch_id == batch)


def _replaced(batch: int) -> ColumnElement[bool]:
    """The current revisions with text whose documents get other bytes."""
    coming, read = revisions.alias("coming"), pages.alias("read")
    other = (coming.c.document_id == revisions.c.document_id) & (coming.c.sha256 != revisions.c.sha256)
    changes = exists().where(coming.c.batch_id == batch, other)
    return (revisions.c.state == CURRENT) & changes & exists().where(read.c.revision_id == revisions.c.id)


def _drop_repeated(connection: Connection, batch: int) -> None:
    """What comes back is current and no longer former; what is replaced again is former since now."""
    touched = former_revisions.c.document_id.in_(_documents(batch))
    connection.execute(delete(former_revisions).where(touched, exists().where(_SAME)))


def trim(connection: Connection, most: int) -> None:
    """Former revisions above ``most`` of each document go, the oldest first, text and all."""
    _drop(connection, _ranked(), most)


def surplus(connection: Connection, most: int) -> bool:
    """Whether there are any above ``most``."""
    ranked = _ranked()
    return connection.execute(select(ranked.c.id).where(ranked.c.rank > most).limit(1)).first() is not None


def _ranked(*which: ColumnElement[bool]) -> Subquery:
    """Former revisions, the latest of each document with rank 1."""
    of_document = former_revisions.c.document_id
    rank = func.row_number().over(partition_by=of_document, order_by=former_revisions.c.id.desc()).label("rank")
    return select(former_revisions.c.id, rank).where(*which).subquery()


def _drop(connection: Connection, ranked: Subquery, most: int) -> None:
    above = select(ranked.c.id).where(ranked.c.rank > most)
    connection.execute(delete(former_revisions).where(former_revisions.c.id.in_(above)))


# -- Reading --------------------------------------------------------------------------------------


def of_document(connection: Connection, access: Collection[int], name: str, most: int) -> list[KnownRevision]:
    """The current revision of a visible document and up to ``most`` former ones, the latest first. Empty when the
    document is absent or not visible, which read the same."""
    now = visible_revision(connection, access, name)
    if now is None:
        return []
    counted = select(func.count()).where(pages.c.revision_id == now.id)
    count = int(connection.scalar(counted) or 0)
    current = KnownRevision(now.id, now.sha256, now.title, now.date, now.read_at, None, count)
    return [current, *_former(connection, now.document_id, most)]


def _former(connection: Connection, document: int, most: int) -> list[KnownRevision]:
    counted = select(func.count()).where(former_pages.c.revision_id == former_revisions.c.id).scalar_subquery()
    kept = former_revisions.c
    query = (
        select(kept.id, kept.sha256, kept.title, kept.date, kept.read_at, kept.replaced_at, counted.label("pages"))
        .where(kept.document_id == document)
        .order_by(kept.id.desc())
    )
    return [KnownRevision(*row) for row in connection.execute(query.limit(most))]


def texts(connection: Connection, revision: KnownRevision, most: int) -> list[Page]:
    """The pages of a revision, by number: whole ones, up to about ``most`` characters together, but at least one."""
    table = pages if revision.replaced_at is None else former_pages
    query = select(table.c.number, table.c.text, table.c.label).where(table.c.revision_id == revision.id)
    found: list[Page] = []
    held = 0
    for row in connection.execute(query.order_by(table.c.number)):
        text = unpack_text(row.text)
        if found and held + len(text) > most:
            break
        found.append(Page(row.number, text, row.label))
        held += len(text)
    return found
