"""Sessions of browsers: kept here by a digest, ended after idling, after a time, or at once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, select, update

from homeground.access.caller import Caller
from homeground.access.people import People, Person, still
from homeground.access.tokens import digest
from homeground.catalogue import Catalogue
from homeground.catalogue.schema_people import people, sessions
from homeground.errors import NotFoundError
from homeground.settings import LoginSettings

_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in; ``agent`` is what it calls itself."""

    id: str
    person: str
    created_at: datetime
    seen_at: datetime
    agent: str


class Sessions:
    """The sessions of one catalogue. Safe to use from several threads and processes."""

    def __init__(self, catalogue: Catalogue, settings: LoginSettings) -> None:
        self.catalogue, self.settings, self._people = catalogue, settings, People(catalogue)

    def begin(self, person: Person, agent: str = "", kept: str | None = None) -> str | None:
        """A new session; returns its secret, for the cookie. None when the person is not active any more, or their
        password not the one of the hash ``kept`` (None: they have not come by a password)."""
        secret, now = secrets.token_urlsafe(32), datetime.now(UTC)
        values = {"id": secrets.token_hex(6), "person": person.name, "digest": digest(secret)}
        with self.catalogue.writing() as connection:
            if connection.execute(select(people.c.name).where(still(person, kept))).first() is None:
                return None
            connection.execute(delete(sessions).where(self._over(now)))
            connection.execute(insert(sessions).values(**values, created_at=now, seen_at=now, agent=agent[:200]))
        return secret

    def caller(self, secret: str) -> Caller | None:
        """Who is signed in; None when the session is over, or the person inactive."""
        now = datetime.now(UTC)
        with self.catalogue.reading() as connection:
            row = connection.execute(
                select(sessions).where(sessions.c.digest == digest(secret), ~self._over(now))
            ).first()
        if row is None:
            return None
        try:
            person = self._people.find(row.person)
        except NotFoundError:
            return None
        if not person.active:
            return None
        if now - row.seen_at >= _SEEN_EVERY:
            with self.catalogue.writing() as connection:
                connection.execute(update(sessions).where(sessions.c.id == row.id).values(seen_at=now))
            self._people.seen(person)
        return person.caller("session", row.id)

    def list(self, person: str) -> list[Session]:
        """The sessions of a person, the latest first."""
        query = select(sessions).where(sessions.c.person == person, ~self._over(datetime.now(UTC)))
        with self.catalogue.reading() as connection:
            rows = connection.execute(query.order_by(sessions.c.seen_at.desc()))
            return [Session(row.id, row.person, row.created_at, row.seen_at, row.agent) for row in rows]

    def end(self, identity: str, person: str) -> None:
        """Ends a session of the person; NotFoundError when there is none."""
        named = sessions.c.id == identity, sessions.c.person == person
        with self.catalogue.writing() as connection:
            if not connection.execute(delete(sessions).where(*named)).rowcount:
                raise NotFoundError(f"There is no session {identity!r}.")

    def _over(self, now: datetime) -> ColumnElement[bool]:
        idle = now - timedelta(minutes=self.settings.idle_minutes)
        begun = now - timedelta(hours=self.settings.session_hours)
        return (sessions.c.seen_at <= idle) | (sessions.c.created_at <= begun)
