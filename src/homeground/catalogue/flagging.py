"""Which revisions were searched for text that speaks to a model, and what was found.

A revision is searched anew when the patterns are newer than its last search.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, exists, insert, select

from homeground.catalogue.database import chunks
from homeground.catalogue.schema import CURRENT, documents, flags, pages, revisions, scans
from homeground.catalogue.schema_rules import placements
from homeground.types import Flag

FLAGGED = exists().where(flags.c.revision_id == revisions.c.id)


def write(connection: Connection, revision: int, patterns: int, found: Sequence[Flag]) -> None:
    """What the search of a revision found, in place of what an earlier one did."""
    connection.execute(delete(flags).where(flags.c.revision_id == revision))
    connection.execute(delete(scans).where(scans.c.revision_id == revision))
    connection.execute(insert(scans).values(revision_id=revision, patterns=patterns))
    rows = [
        {"revision_id": revision, "page": one.page, "start": one.start, "end": one.end, "kind": one.kind}
        for one in found
    ]
    if rows:
        connection.execute(insert(flags), rows)


def due(connection: Connection, patterns: int) -> list[tuple[int, int]]:
    """(document, revision id) of the current revisions with pages that were not searched for these patterns."""
    searched = exists().where(scans.c.revision_id == revisions.c.id, scans.c.patterns == patterns)
    paged = exists().where(pages.c.revision_id == revisions.c.id)
    query = select(revisions.c.document_id, revisions.c.id).where(revisions.c.state == CURRENT, ~searched, paged)
    return [(row.document_id, row.id) for row in connection.execute(query.order_by(revisions.c.id))]


def of_revisions(connection: Connection, ids: Collection[int]) -> dict[int, tuple[Flag, ...]]:
    """Revision id → its flags; revisions without any are left out."""
    found: dict[int, tuple[Flag, ...]] = {}
    for some in chunks(sorted(ids)):
        query = select(flags).where(flags.c.revision_id.in_(some)).order_by(flags.c.id)
        for row in connection.execute(query):
            found[row.revision_id] = (*found.get(row.revision_id, ()), Flag(row.page, row.start, row.end, row.kind))
    return found


def of_documents(
    connection: Connection, access: Collection[int], names: Collection[str]
) -> dict[tuple[str, str], tuple[Flag, ...]]:
    """(document name, SHA-256) → flags, over what is visible. A batch on its way counts as well."""
    joined = flags.join(revisions, revisions.c.id == flags.c.revision_id).join(
        documents, documents.c.id == revisions.c.document_id
    )
    query = (
        select(documents.c.name, revisions.c.sha256, flags)
        .select_from(joined.join(placements, placements.c.document_id == documents.c.id))
        .where(documents.c.name.in_(names), placements.c.access_id.in_(access))
        .where(~documents.c.withheld, ~placements.c.moving)
        .order_by(flags.c.id)
    )
    found: dict[tuple[str, str], tuple[Flag, ...]] = {}
    for row in connection.execute(query):
        key = row.name, row.sha256
        found[key] = (*found.get(key, ()), Flag(row.page, row.start, row.end, row.kind))
    return found
