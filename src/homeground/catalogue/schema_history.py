"""Tables of format 3: former revisions, for people who compare. Nothing that searches or answers reads them.

A former revision belongs to its document and goes with it. Each digest stands once for a document.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from homeground.catalogue.schema import Moment, documents, metadata

former_revisions = Table(
    "former_revisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("document_id", ForeignKey(documents.c.id, ondelete="CASCADE"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("date", Moment),
    Column("read_at", Moment, nullable=False),
    Column("replaced_at", Moment, nullable=False),
    UniqueConstraint("document_id", "sha256"),
    sqlite_autoincrement=True,
)

former_pages = Table(
    "former_pages",
    metadata,
    Column("revision_id", ForeignKey(former_revisions.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("text", LargeBinary, nullable=False),
    Column("label", Text, nullable=False),
)

TABLES: tuple[Table, ...] = (former_revisions, former_pages)
