"""Slows guessing down: failed logins are counted by name and address, by name alone, and by address alone, on the disk.

A try counts from its beginning on, until it passes: many at the same time are no more guesses than one after the other.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from homeground.access.people import compared
from homeground.catalogue import Catalogue
from homeground.catalogue.schema_people import login_failures
from homeground.settings import LoginSettings

_BY_ADDRESS = 40  # times as many, whatever the names: an office behind one address mistypes, a list of names does not
_BY_NAME = 10  # times as many failures as for one name and address: nobody is locked out by somebody else soon


class Throttle:
    """The failed logins of one catalogue."""

    def __init__(self, catalogue: Catalogue, settings: LoginSettings) -> None:
        self.catalogue, self.settings = catalogue, settings

    def begin(self, name: str, address: str) -> int:
        """Counts a try; the seconds until one is taken where too many have failed, which is not counted then."""
        now = datetime.now(UTC)
        with self.catalogue.reading() as connection:
            if wait := self._wait_s(connection, name, address, now):
                return wait
        with self.catalogue.writing() as connection:
            if wait := self._wait_s(connection, name, address, now):
                return wait
            old = now - timedelta(minutes=self.settings.lock_minutes)
            connection.execute(delete(login_failures).where(login_failures.c.since <= old))
            for key, _ in self._keys(name, address):
                row = connection.execute(select(login_failures).where(login_failures.c.key == key)).first()
                if row is None:
                    connection.execute(insert(login_failures).values(key=key, failures=1, since=now))
                else:
                    values = {"failures": row.failures + 1, "since": now}
                    connection.execute(update(login_failures).where(login_failures.c.key == key).values(**values))
        return 0

    def passed(self, name: str, address: str) -> None:
        """The try was no failure: those of the name from this address are forgotten."""
        here, *others = (key for key, _ in self._keys(name, address))
        with self.catalogue.writing() as connection:
            connection.execute(delete(login_failures).where(login_failures.c.key == here))
            fewer = {"failures": login_failures.c.failures - 1}
            connection.execute(update(login_failures).where(login_failures.c.key.in_(others)).values(**fewer))

    def _wait_s(self, connection: Connection, name: str, address: str, now: datetime) -> int:
        return max(self._wait(connection, key, most, now) for key, most in self._keys(name, address))

    def _wait(self, connection: Connection, key: str, most: int, now: datetime) -> int:
        row = connection.execute(select(login_failures).where(login_failures.c.key == key)).first()
        if row is None or row.failures < most:
            return 0
        left = row.since + timedelta(minutes=self.settings.lock_minutes) - now
        return max(0, int(left.total_seconds()) + 1) if left > timedelta(0) else 0

    def _keys(self, name: str, address: str) -> list[tuple[str, int]]:
        tries = self.settings.tries
        given = [(f"{compared(name)}\n{address}", tries), (compared(name), _BY_NAME * tries)]
        if address:  # nobody says where it comes from: then it may come from anywhere
            given.append((f"\n{address}", _BY_ADDRESS * tries))
        return [(hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(), most) for text, most in given]
