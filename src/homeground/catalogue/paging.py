"""The pages of one document, without their texts."""

from __future__ import annotations

from sqlalchemy import Connection, select

from homeground.catalogue.schema import CURRENT, pages, revisions
from homeground.types import PageStatus


def pages_of(connection: Connection, document: int, revision: str) -> tuple[PageStatus, ...]:
    """The pages of a current revision, by number; whoever asks must have made sure that it may be read."""
    query = (
        select(pages.c.number, pages.c.label, pages.c.problem)
        .join(revisions, revisions.c.id == pages.c.revision_id)
        .where(revisions.c.document_id == document, revisions.c.sha256 == revision, revisions.c.state == CURRENT)
    )
    return tuple(PageStatus(*row) for row in connection.execute(query.order_by(pages.c.number)))
