"""Tables of format 3: who may read which document.

An access class belongs to a source and is a chain of rules: what is said of the document, of its folders, by its file
(or a sidecar file), and of its source. The grants of a class follow from its chain and are kept beside it, so that a
question reads one small table. The rule of a source is that of its own class, whose chain is empty.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from homeground.catalogue.schema import Moment, metadata


def _owned(target: str) -> ForeignKey:
    return ForeignKey(target, ondelete="CASCADE")


# A path that ends with a slash is a folder's, any other a document's. ``allow`` NULL: it says nothing about that.
rules = Table(
    "rules",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_id", _owned("sources.id"), nullable=False),
    Column("path", LargeBinary, nullable=False),
    Column("allow", JSON(none_as_null=True)),
    Column("deny", JSON, nullable=False),
    UniqueConstraint("source_id", "path"),
    sqlite_autoincrement=True,
)

# ``rules`` are ids, the most specific first; ``files`` is what the file system or a sidecar file says, empty for
# nothing; ``deny`` is what follows from all of them (``access_classes.grants`` is what they allow).
chains = Table(
    "chains",
    metadata,
    Column("access_id", _owned("access_classes.id"), primary_key=True),
    Column("source_id", _owned("sources.id"), nullable=False),
    Column("rules", Text, nullable=False),
    Column("files", Text, nullable=False),
    Column("deny", JSON, nullable=False),
    UniqueConstraint("source_id", "rules", "files"),
)

# The class of each document. While it is ``moving`` its passages may still carry another one in the index: nobody finds
# it, and it is in no count. A document without a row is nobody's to read.
placements = Table(
    "placements",
    metadata,
    Column("document_id", _owned("documents.id"), primary_key=True),
    Column("access_id", _owned("access_classes.id"), nullable=False, index=True),
    Column("moving", Boolean, nullable=False),
)
Index("placements_moving", placements.c.moving, sqlite_where=placements.c.moving, postgresql_where=placements.c.moving)

# Documents that were taken out although their files are still there.
removals = Table(
    "removals",
    metadata,
    Column("source_id", _owned("sources.id"), primary_key=True),
    Column("path", LargeBinary, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("removed_by", Text, nullable=False),
    Column("removed_at", Moment, nullable=False),
)

# What a removed document was called when it was taken out, where its file has another name now: whoever took it out
# knows that name, and need not be told the other one.
removed_as = Table(
    "removed_as",
    metadata,
    Column("source_id", Integer, primary_key=True),
    Column("path", LargeBinary, primary_key=True),
    Column("name", Text, nullable=False),
    ForeignKeyConstraint(["source_id", "path"], ["removals.source_id", "removals.path"], ondelete="CASCADE"),
)

# Sources whose files say themselves who may read them: by the file system, or by sidecar files.
permissions = Table(
    "permissions",
    metadata,
    Column("source_id", _owned("sources.id"), primary_key=True),
    Column("kind", String, nullable=False),
)

TABLES: tuple[Table, ...] = (rules, chains, placements, removals, removed_as, permissions)
