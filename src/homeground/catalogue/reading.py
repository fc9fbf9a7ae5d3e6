"""Questions to the catalogue. Whatever faces a user takes the visible access classes and looks at nothing else.

While a batch is between the index commit and the catalogue commit (or a crash has left it there), the index already
answers with the pending revisions: their pages and names can be read here, and they count as standing.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, Select, func, select

import homeground.catalogue.flagging as flagging
import homeground.catalogue.schema as schema
from homeground.catalogue.database import chunks
from homeground.catalogue.packing import unpack_page, unpack_permission, unpack_text
from homeground.catalogue.records import CitedPage, DocumentName, KnownFile, Stamp, Statistics
from homeground.catalogue.schema import CURRENT, documents, pages, revisions, sources, term_counts, totals
from homeground.catalogue.schema_rules import chains, placements
from homeground.types import ParsedDocument

if TYPE_CHECKING:
    from homeground.index.statistics import CollectionStatistics

JOINED = (
    documents.join(revisions, revisions.c.document_id == documents.c.id)
    .join(sources, sources.c.id == documents.c.source_id)
    .join(placements, placements.c.document_id == documents.c.id)
)
_SHOWN = ~documents.c.withheld & ~placements.c.moving


def standing(connection: Connection, ids: Collection[int]) -> frozenset[tuple[int, str]]:
    """The (document, revision) pairs that may be shown now: current or pending, neither withheld nor moving."""
    query = select(documents.c.id, revisions.c.sha256).select_from(JOINED).where(_SHOWN)
    return frozenset((row.id, row.sha256) for row in _for(connection, query, ids))


def describe(connection: Connection, ids: Collection[int]) -> dict[int, DocumentName]:
    """How documents are called; a pending revision's title counts before the current one's."""
    rows = _for(connection, _NAMES.order_by(revisions.c.state), ids)  # "current" sorts before "pending"
    return {row.id: DocumentName(row.name, row.title, row.date, row.source, row.access_id) for row in rows}


_NAMES = select(
    documents.c.id,
    documents.c.name,
    revisions.c.title,
    revisions.c.date,
    sources.c.name.label("source"),
    placements.c.access_id,
).select_from(JOINED)


def visible_names(connection: Connection, access: Collection[int], source: str | None) -> dict[int, DocumentName]:
    """What the visible documents are called."""
    rows = connection.execute(visible(_NAMES, access, source))
    return {row.id: DocumentName(row.name, row.title, row.date, row.source, row.access_id) for row in rows}


def _for(connection: Connection, query: Select[Any], ids: Collection[int]) -> Iterator[Row[Any]]:
    for some in chunks(sorted(set(ids))):
        yield from connection.execute(query.where(documents.c.id.in_(some)))


def page_text(connection: Connection, document: int, revision: str, page: int) -> str | None:
    """The text of one page of a current or pending revision; None when there is none."""
    query = (
        select(pages.c.text)
        .join(revisions, revisions.c.id == pages.c.revision_id)
        .where(revisions.c.document_id == document, revisions.c.sha256 == revision, pages.c.number == page)
    )
    packed = connection.scalar(query.limit(1))
    return None if packed is None else unpack_text(packed)


def cited_page(
    connection: Connection, access: Collection[int], name: str, revision: str, page: int
) -> CitedPage | None:
    """The page that a citation names, if it is visible. ``revision`` may be shortened; empty means the current one."""
    query = (
        select(documents, revisions.c.sha256, revisions.c.state, revisions.c.title, revisions.c.media_type)
        .add_columns(pages.c.text, pages.c.label, sources.c.root)
        .select_from(JOINED.join(pages, pages.c.revision_id == revisions.c.id))
        .where(documents.c.name == name, pages.c.number == page, _SHOWN)
        .where(placements.c.access_id.in_(access), revisions.c.sha256.startswith(revision, autoescape=True))
        .order_by(revisions.c.state)
    )
    row = connection.execute(query.limit(1)).first()
    return None if row is None else _cited(row, page)


def _cited(row: Row[Any], page: int) -> CitedPage:
    return CitedPage(
        document=row.id,
        name=row.name,
        title=row.title,
        revision=row.sha256,
        page=page,
        text=unpack_text(row.text),
        label=row.label,
        media_type=row.media_type,
        path=Path(os.fsdecode(row.root + b"/" + row.path)),
        current=row.state == CURRENT,
    )


def parsed_document(connection: Connection, document: int, revision: str | None) -> ParsedDocument | None:
    """The current revision as it was parsed; None when it is another than the one that is wanted."""
    query = select(revisions).where(revisions.c.document_id == document, revisions.c.state == CURRENT)
    if revision is not None:
        query = query.where(revisions.c.sha256 == revision)
    row = connection.execute(query).first()
    if row is None:
        return None
    columns = (pages.c.number, pages.c.text, pages.c.label, pages.c.structure, pages.c.problem)
    stored = connection.execute(select(*columns).where(pages.c.revision_id == row.id).order_by(pages.c.number))
    found = tuple(unpack_page(*page) for page in stored)
    return ParsedDocument(row.title, row.media_type, found, row.date, tuple(row.notes)) if found else None


def visible(query: Select[Any], access: Collection[int], source: str | None) -> Select[Any]:
    """The query over current revisions (of ``JOINED``), narrowed to what these access classes may see."""
    query = query.where(placements.c.access_id.in_(access), revisions.c.state == CURRENT, _SHOWN)
    return query if source is None else query.where(sources.c.name == source)


def visible_revision(connection: Connection, access: Collection[int], name: str) -> Row[Any] | None:
    """The current revision of a document by its name: its row; None when that is absent or not visible."""
    query = visible(select(revisions).select_from(JOINED), access, None).where(documents.c.name == name)
    return connection.execute(query.order_by(documents.c.id).limit(1)).first()


def visible_statistics(connection: Connection, access: Collection[int], source: str | None) -> Statistics:
    """How many documents, passages and pages are visible, and how many documents were not read or only in part."""
    paged = select(func.count()).where(pages.c.revision_id == revisions.c.id).scalar_subquery()
    unread = func.count().filter(revisions.c.imperfect)
    flagged = func.count().filter(flagging.FLAGGED)
    columns: tuple[Any, ...] = (func.count(), func.sum(revisions.c.passages), func.sum(paged), unread, flagged)
    row = connection.execute(visible(select(*columns).select_from(JOINED), access, source)).one()
    return Statistics(*(int(value or 0) for value in row))


def collection_statistics(
    connection: Connection, access: Collection[int], terms: Collection[str]
) -> CollectionStatistics:
    """Passages, their mean length in terms, and how many contain each term: over the visible access classes only."""
    from homeground.index.statistics import CollectionStatistics

    counted = select(func.sum(totals.c.passages), func.sum(totals.c.length)).where(totals.c.access_id.in_(access))
    passages, length = (int(value or 0) for value in connection.execute(counted).one())
    per_term = (
        select(term_counts.c.term, func.sum(term_counts.c.passages).label("passages"))
        .where(term_counts.c.access_id.in_(access))
        .group_by(term_counts.c.term)
    )
    rows = (
        row
        for some in chunks(sorted(set(terms)))
        for row in connection.execute(per_term.where(term_counts.c.term.in_(some)))
    )
    frequency = {row.term: int(row.passages) for row in rows if row.passages}
    return CollectionStatistics(passages, length / passages if passages else 0.0, frequency)


def known_files(connection: Connection) -> Iterable[KnownFile]:
    """Every document as the last sync left it."""
    joined = JOINED.join(chains, chains.c.access_id == placements.c.access_id)
    columns: tuple[Any, ...] = (documents, placements.c.access_id, chains.c.files, *_FILE_COLUMNS)
    for row in connection.execute(select(*columns).select_from(joined).where(revisions.c.state == CURRENT)):
        stamp = Stamp(row.size, row.mtime_ns, row.ctime_ns, row.inode, row.settled)
        yield KnownFile(
            row.id,
            row.source_id,
            row.access_id,
            row.path,
            row.name,
            row.sha256,
            stamp,
            row.reader,
            row.passages,
            row.imperfect,
            row.withheld,
            unpack_permission(row.files),
        )


_FILE_COLUMNS = tuple(
    schema.revisions.c[name]
    for name in ("sha256", "size", "mtime_ns", "ctime_ns", "inode", "settled", "reader", "passages", "imperfect")
)
