"""Tables of format 3: jobs, uploads, feedback, and what lets the audit log forget."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from homeground.catalogue.schema import Moment, audit, metadata

# Long work. ``number`` gives the order, ``id`` is what others are told.
jobs = Table(
    "jobs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("by", Text, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("cancelling", Boolean, nullable=False, default=False),
    Column("progress", JSON, nullable=False),
    Column("result", JSON, nullable=False),
    Column("problem", Text),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    sqlite_autoincrement=True,
)

# What was acknowledged under an idempotency key, so that the same request gives the same result.
uploads = Table(
    "uploads",
    metadata,
    Column("principal", Text, primary_key=True),
    Column("key", String, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)

# What a person said of an answer: a row per receipt and person.
feedback = Table(
    "feedback",
    metadata,
    Column("receipt", String, primary_key=True),
    Column("principal", Text, primary_key=True),
    Column("question", Text, nullable=False),
    Column("verdict", String, nullable=False),
    Column("comment", Text, nullable=False),
    Column("places", JSON, nullable=False),
    Column("at", Moment, nullable=False),
)

# What the chain covers in the place of who and what: salted digests. Without its salt a digest says nothing, so a text
# that is emptied together with its salt is forgotten, and the chain still holds. ``late``: an entry of an older format,
# whose own digest covers the texts themselves; sealed when it was emptied.
seals = Table(
    "audit_seals",
    metadata,
    Column("seq", ForeignKey(audit.c.seq), primary_key=True, autoincrement=False),
    Column("who", String(64), nullable=False),
    Column("who_salt", String(32)),
    Column("what", String(64), nullable=False),
    Column("what_salt", String(32)),
    Column("late", Boolean, nullable=False, default=False),
)

# Which entry of kind "erase" tells that an entry was emptied.
erased = Table(
    "audit_erased",
    metadata,
    Column("seq", ForeignKey(audit.c.seq), primary_key=True, autoincrement=False),
    Column("erasure", ForeignKey(audit.c.seq), primary_key=True, autoincrement=False),
)
Index("erased_by", erased.c.erasure)

TABLES: tuple[Table, ...] = (jobs, uploads, feedback, seals, erased)
