"""API tokens: shown once, kept as a digest, bound to a person, never able to do more than that person may."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from homeground.access.caller import ROLES, Caller, Permission
from homeground.access.people import People
from homeground.catalogue import Catalogue, people_rows
from homeground.catalogue.schema_people import tokens
from homeground.errors import ConfigError, NotFoundError

PREFIX = "hgt_"  # so that a token is known for one where it lies about
MOST_DAYS = 3650
_USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret. ``expires_at`` None: never."""

    id: str
    person: str
    label: str
    permissions: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class Tokens:
    """The tokens of one catalogue. Safe to use from several threads and processes."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, self._people = catalogue, People(catalogue)

    def create(
        self, person: str, label: str, permissions: Iterable[str] = ("read",), days: int | None = 90
    ) -> tuple[Token, str]:
        """A new token and its secret, which is not kept and cannot be shown again.

        ConfigError when it would hold a permission that the person's role lacks.
        """
        owner = self._people.find(person)
        wanted = _permissions(permissions, owner.role)
        if not label.strip() or len(label) > 100 or not label.isprintable():
            raise ConfigError("A token needs a label of 1 to 100 characters, by which you know it again.")
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise ConfigError(f"A token lives 1 to {MOST_DAYS} days, or without an end.")
        secret, now = PREFIX + secrets.token_urlsafe(32), datetime.now(UTC)
        until = now + timedelta(days=days) if days else None
        made = Token(secrets.token_hex(6), owner.name, label.strip(), wanted, now, until, None)
        with self.catalogue.writing() as connection:
            people_rows.check_stands(connection, owner.name, owner.id)
            connection.execute(
                insert(tokens).values(
                    id=made.id,
                    person=made.person,
                    label=made.label,
                    digest=digest(secret),
                    permissions=list(wanted),
                    created_at=now,
                    expires_at=made.expires_at,
                )
            )
        return made, secret

    def list(self, person: str | None = None) -> list[Token]:
        """Every token, or those of a person; the newest first."""
        query = select(tokens).order_by(tokens.c.created_at.desc(), tokens.c.id)
        if person is not None:
            query = query.where(tokens.c.person == self._people.find(person).name)
        with self.catalogue.reading() as connection:
            return [_token(row) for row in connection.execute(query)]

    def revoke(self, identity: str, person: str | None = None) -> Token:
        """Ends a token at once. With ``person`` only their own; NotFoundError when there is none."""
        with self.catalogue.writing() as connection:
            row = connection.execute(select(tokens).where(tokens.c.id == identity)).first()
            if row is None or person not in (None, row.person):
                raise NotFoundError(f"There is no token {identity!r}. `homeground tokens list` shows yours.")
            connection.execute(delete(tokens).where(tokens.c.id == identity))
        return _token(row)

    def caller(self, secret: str) -> Caller | None:
        """Who holds the token now; None when it is unknown, expired or revoked, or the person inactive."""
        now = datetime.now(UTC)
        with self.catalogue.reading() as connection:
            row = connection.execute(select(tokens).where(tokens.c.digest == digest(secret))).first()
        if row is None or (row.expires_at and row.expires_at <= now):
            return None
        try:
            person = self._people.find(row.person)
        except NotFoundError:
            return None
        if not person.active:
            return None
        if row.used_at is None or now - row.used_at >= _USED_EVERY:
            with self.catalogue.writing() as connection:
                connection.execute(update(tokens).where(tokens.c.id == row.id).values(used_at=now))
        return person.caller("token", row.id, row.permissions)


def digest(secret: str) -> str:
    """What is kept of a secret of 256 random bits: its SHA-256."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _permissions(wanted: Iterable[str], role: str) -> tuple[Permission, ...]:
    own = ROLES[role]  # type: ignore[index]  # a role of the catalogue
    given = tuple(dict.fromkeys(wanted))
    if not given:
        raise ConfigError("A token needs at least one permission: read, write, admin.")
    if beyond := [each for each in given if each not in own]:
        raise ConfigError(f"The role {role} does not hold {', '.join(beyond)}. Allowed: {', '.join(sorted(own))}.")
    return tuple(each for each in ("read", "write", "admin") if each in given)


def _token(row: Row[Any]) -> Token:
    return Token(row.id, row.person, row.label, tuple(row.permissions), row.created_at, row.expires_at, row.used_at)
