"""Tables of people: who they are, and by what they show it. Secrets are kept as digests only."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, String, Table, Text

from homeground.catalogue.schema import Moment, metadata


def _of_person() -> ForeignKey:
    return ForeignKey("people.name", ondelete="CASCADE", onupdate="CASCADE")


# `key` is the name as it is compared: two names that read alike cannot both exist.
people = Table(
    "people",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("password", Text),
    Column("active", Boolean, nullable=False),
    Column("subject", Text, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment),
)

# Who a person is, for good: what is their own is kept under this id, never under a name. The row outlives the person,
# with a digest of the name as it is compared, so that somebody new of that name is told apart, and what is left of the
# one before can still be erased. `mark` tells the uploads folders of people of one name apart; none for the first.
identities = Table(
    "identities",
    metadata,
    Column("id", String, primary_key=True),
    Column("person", Text, ForeignKey("people.name", ondelete="SET NULL", onupdate="CASCADE"), unique=True),
    Column("digest", String(64), nullable=False, index=True),
    Column("mark", String, nullable=False),
)

# `origin` is local, or sso for what the last single sign-on said.
person_groups = Table(
    "person_groups",
    metadata,
    Column("person", Text, _of_person(), primary_key=True),
    Column("group", Text, primary_key=True),
    Column("origin", String, primary_key=True),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("person", Text, _of_person(), nullable=False, index=True),
    Column("label", Text, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("permissions", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("used_at", Moment),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String, primary_key=True),
    Column("person", Text, _of_person(), nullable=False, index=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("agent", Text, nullable=False),
)

# Failed logins by the digest of what they are counted for; successes clear them.
login_failures = Table(
    "login_failures",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("since", Moment, nullable=False),
)

TABLES: tuple[Table, ...] = (people, identities, person_groups, tokens, sessions, login_failures)
