"""The tables. Everything here means the same to SQLite and to PostgreSQL.

A document has at most one revision in the state CURRENT and, while a batch is on its way, at most one
in the state PENDING. A new document whose first revision is still pending is invisible to listings.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator

from homeground.moments import in_utc

CURRENT, PENDING = "current", "pending"


class Moment(TypeDecorator[datetime]):
    """An instant: stored as UTC, given back with its zone. A time without a zone is taken as UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Towards the database."""
        return None if value is None else in_utc(value).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else value.replace(tzinfo=UTC)


def _owned(target: str) -> ForeignKey:
    return ForeignKey(target, ondelete="CASCADE")


metadata = MetaData()

meta = Table("meta", metadata, Column("key", String, primary_key=True), Column("value", Text, nullable=False))

access_classes = Table(
    "access_classes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("grants", JSON, nullable=False),
    sqlite_autoincrement=True,
)

# Paths are bytes: a file name need not be text.
sources = Table(
    "sources",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("pattern", LargeBinary, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("access_id", ForeignKey("access_classes.id"), nullable=False),
    Column("device", BigInteger),
    Column("added_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

# How sensitive a source is; one without a row has the default label of the settings.
labels = Table(
    "labels",
    metadata,
    Column("source_id", _owned("sources.id"), primary_key=True),
    Column("label", Text, nullable=False),
)

# sqlite_autoincrement: the id of a deleted document is never given out again, so that rows which a crash
# left in the passage index can never be taken for those of a newer document.
documents = Table(
    "documents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_id", _owned("sources.id"), nullable=False, index=True),
    Column("path", LargeBinary, nullable=False),
    Column("name", Text, nullable=False, index=True),
    Column("withheld", Boolean, nullable=False, default=False),
    sqlite_autoincrement=True,
)

batches = Table(
    "batches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("created_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

batch_drops = Table(
    "batch_drops",
    metadata,
    Column("batch_id", _owned("batches.id"), primary_key=True),
    Column("document_id", _owned("documents.id"), primary_key=True),
)

revisions = Table(
    "revisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("document_id", _owned("documents.id"), nullable=False),
    Column("state", String, nullable=False),
    Column("batch_id", _owned("batches.id"), index=True),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("ctime_ns", BigInteger, nullable=False),
    Column("inode", BigInteger, nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("reader", String, nullable=False),
    Column("read_at", Moment, nullable=False),
    Column("seconds", Float, nullable=False, default=0.0),
    Column("title", Text, nullable=False),
    Column("media_type", String, nullable=False),
    Column("date", Moment),
    Column("problem", Text),
    Column("notes", JSON, nullable=False),
    Column("imperfect", Boolean, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("terms", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
Index(
    "one_revision_per_state",
    revisions.c.document_id,
    revisions.c.state,
    unique=True,
)

pages = Table(
    "pages",
    metadata,
    Column("revision_id", _owned("revisions.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("text", LargeBinary, nullable=False),
    Column("label", Text, nullable=False, default=""),
    Column("structure", JSON, nullable=False),
    Column("problem", Text),
)
_TROUBLED = text("problem IS NOT NULL")
Index("pages_with_problems", pages.c.revision_id, sqlite_where=_TROUBLED, postgresql_where=_TROUBLED)

term_counts = Table(
    "term_counts",
    metadata,
    Column("access_id", _owned("access_classes.id"), primary_key=True),
    Column("term", Text, primary_key=True),
    Column("passages", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# What a rebuild of the index has counted so far; takes the place of the counts in revisions when the new index does.
recounts = Table(
    "recounts",
    metadata,
    Column("document_id", _owned("documents.id"), primary_key=True),
    Column("passages", Integer, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("terms", LargeBinary, nullable=False),
)

totals = Table(
    "totals",
    metadata,
    Column("access_id", _owned("access_classes.id"), primary_key=True),
    Column("passages", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
)

# Which version of the injection patterns a revision was searched for, and what was found.
scans = Table(
    "scans",
    metadata,
    Column("revision_id", _owned("revisions.id"), primary_key=True),
    Column("patterns", Integer, nullable=False),
)

flags = Table(
    "flags",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("revision_id", _owned("revisions.id"), nullable=False, index=True),
    Column("page", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("kind", String, nullable=False),
)

# What a person asked and was told. Quotes are not kept: they are read from their pages when they are shown.
conversations = Table(
    "conversations",
    metadata,
    Column("id", String, primary_key=True),
    Column("principal", Text, nullable=False, index=True),
    Column("started_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    Column("conversation_id", _owned("conversations.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("asked_at", Moment, nullable=False),
    Column("question", Text, nullable=False),
    Column("standalone", JSON, nullable=False),
    Column("refused", Boolean, nullable=False),
    Column("reason", Text),
    Column("statements", JSON, nullable=False),
    Column("withheld", Integer, nullable=False),
)

# The revisions that a turn rests on, so that what goes takes along what was said of it.
turn_revisions = Table(
    "turn_revisions",
    metadata,
    Column("conversation_id", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("document", Text, primary_key=True),
    Column("sha256", String(64), primary_key=True),
    ForeignKeyConstraint(["conversation_id", "number"], ["turns.conversation_id", "turns.number"], ondelete="CASCADE"),
)

# Where the receipt of a turn stands: the number of its entry in the audit log. Turns from before format 4 have none.
turn_receipts = Table(
    "turn_receipts",
    metadata,
    Column("conversation_id", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("entry", Integer, nullable=False),
    ForeignKeyConstraint(["conversation_id", "number"], ["turns.conversation_id", "turns.number"], ondelete="CASCADE"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("time", Text, nullable=False),
    Column("kind", String, nullable=False),
    Column("principal", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
)

# What models elsewhere used up, a row per question. Written at its worst before the question leaves, put right after
# the answer: a row that stays open (a crash, a broken line) counts as it was written.
spending = Table(
    "spending",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("day", String(10), nullable=False, index=True),
    Column("time", Moment, nullable=False),
    Column("principal", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("usd", Float),
    Column("settled", Boolean, nullable=False),
    sqlite_autoincrement=True,
)
