"""Documents as a list: those that fit, a part of them at a time. Only what is shown is read whole."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select

import homeground.catalogue.flagging as flagging
from homeground.catalogue.database import chunks
from homeground.catalogue.reading import JOINED, visible
from homeground.catalogue.schema import documents, pages, revisions, sources
from homeground.types import Document, DocumentFilter, DocumentState, Flag

_REVISION = revisions.c.id.label("revision_id")
_UNREAD = revisions.c.problem.is_not(None)
_GAPS = exists().where(pages.c.revision_id == revisions.c.id, pages.c.problem.is_not(None))
_STATES: dict[DocumentState, ColumnElement[bool]] = {
    "unread": _UNREAD,
    "partly": ~_UNREAD & _GAPS,
    "read": ~_UNREAD & ~_GAPS,
}


def fitting(connection: Connection, access: Collection[int], wanted: DocumentFilter) -> dict[int, str]:
    """Id and name of each visible document that fits, by name."""
    columns = select(documents.c.id, documents.c.name, revisions.c.title).select_from(JOINED)
    query = visible(columns, access, wanted.source).order_by(documents.c.name)
    if wanted.state is not None:
        query = query.where(_STATES[wanted.state])
    if wanted.flagged is not None:
        query = query.where(flagging.FLAGGED if wanted.flagged else ~flagging.FLAGGED)
    words = [word.casefold() for word in wanted.words]  # SQLite folds ASCII only
    rows = connection.execute(query)
    return {row.id: row.name for row in rows if all(word in f"{row.name}\n{row.title}".casefold() for word in words)}


def listing(connection: Connection, access: Collection[int], ids: Collection[int]) -> list[Document]:
    """The visible ones of these documents by name, each with what of it could not be read."""
    counted = select(func.count()).where(pages.c.revision_id == revisions.c.id).scalar_subquery()
    columns = (documents.c.id, documents.c.name, sources.c.name.label("source"), revisions, counted.label("page_count"))
    query = visible(select(*columns).add_columns(_REVISION).select_from(JOINED), access, None)
    rows = [row for some in chunks(sorted(ids)) for row in connection.execute(query.where(documents.c.id.in_(some)))]
    revision_ids = [row.revision_id for row in rows]
    unread, flags = _unread_pages(connection, revision_ids), flagging.of_revisions(connection, revision_ids)
    rows.sort(key=lambda row: str(row.name))
    return [_document(row, unread.get(row.revision_id, ()), flags.get(row.revision_id, ())) for row in rows]


def id_of(connection: Connection, access: Collection[int], name: str) -> int | None:
    """The document of that name; None when it is absent or not visible."""
    query = visible(select(documents.c.id).select_from(JOINED), access, None).where(documents.c.name == name)
    row = connection.execute(query.order_by(documents.c.id).limit(1)).first()
    return None if row is None else int(row.id)


def kinds(connection: Connection, access: Collection[int]) -> dict[str, int]:
    """Media types of the visible documents, with how many there are of each, the most first."""
    columns = select(revisions.c.media_type, func.count().label("documents")).select_from(JOINED)
    query = visible(columns, access, None).group_by(revisions.c.media_type)
    rows = connection.execute(query.order_by(func.count().desc(), revisions.c.media_type))
    return {row.media_type: row.documents for row in rows}


def _unread_pages(connection: Connection, ids: Collection[int]) -> dict[int, tuple[tuple[int, str], ...]]:
    """Revision id → its pages that were not read, with the reason."""
    query = select(pages.c.revision_id, pages.c.number, pages.c.problem).where(pages.c.problem.is_not(None))
    found: dict[int, tuple[tuple[int, str], ...]] = {}
    for some in chunks(sorted(ids)):
        for row in connection.execute(query.where(pages.c.revision_id.in_(some)).order_by(pages.c.number)):
            found[row.revision_id] = (*found.get(row.revision_id, ()), (row.number, row.problem))
    return found


def _document(row: Row[Any], unread: tuple[tuple[int, str], ...], flags: tuple[Flag, ...]) -> Document:
    return Document(
        id=row.id,
        name=row.name,
        title=row.title,
        source=row.source,
        revision=row.sha256,
        media_type=row.media_type,
        date=row.date,
        pages=row.page_count,
        passages=row.passages,
        unread_pages=unread,
        problem=row.problem,
        flags=flags,
    )
