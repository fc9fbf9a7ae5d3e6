"""The people of a workspace: names, roles, groups. Without any, whoever uses this machine's account is the owner.

A name is compared without regard to case and to how its letters are composed, so that no two read alike. The last
active owner can be neither removed nor demoted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from homeground.access import passwords
from homeground.access.caller import ROLES, Caller, Permission, Role, Via
from homeground.catalogue import Catalogue, conversations, people_rows
from homeground.catalogue.schema import spending
from homeground.catalogue.schema_jobs import uploads
from homeground.catalogue.schema_people import identities, people, person_groups, sessions
from homeground.catalogue.schema_rules import removals
from homeground.errors import ConfigError, NotFoundError
from homeground.types import EVERYONE, OWNER, Principal

LONGEST = 64
LOCAL, SSO = "local", "sso"
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may sign in or hold tokens. ``groups`` are local ones and those of the last single sign-on.

    ``id`` is theirs for good; nobody new of the same name has it.
    """

    name: str
    role: Role
    groups: frozenset[str]
    active: bool
    has_password: bool
    sso: bool
    created_at: datetime
    seen_at: datetime | None
    sso_groups: frozenset[str] = frozenset()
    id: str = ""

    @property
    def principal(self) -> Principal:
        """As what the person reads."""
        return Principal(self.name, self.groups, self.role == "owner", self.id)

    def caller(self, via: Via, credential: str = "", permissions: Iterable[Permission] | None = None) -> Caller:
        """As what the person acts; ``permissions`` narrow those of the role."""
        own = ROLES[self.role]
        return Caller(self.principal, self.role, own if permissions is None else own & {*permissions}, via, credential)


@dataclass(frozen=True, slots=True)
class Proven:
    """Somebody who has shown their password; ``kept`` is its hash, which stands as long as the password does."""

    person: Person
    kept: str = field(repr=False)


class People:
    """The people of one catalogue. Safe to use from several threads and processes."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    # -- Looking ----------------------------------------------------------------------------------

    def any(self) -> bool:
        """Whether there is anybody; else the local account is the owner."""
        with self.catalogue.reading() as connection:
            return connection.execute(select(people.c.name).limit(1)).first() is not None

    def list(self) -> list[Person]:
        """Everybody, by name."""
        with self.catalogue.reading() as connection:
            return _people(connection)

    def find(self, name: str) -> Person:
        """A person by name; NotFoundError when there is none."""
        with self.catalogue.reading() as connection:
            return _person(connection, name)

    # -- Changing ---------------------------------------------------------------------------------

    def add(
        self, name: str, *, role: str = "reader", groups: Iterable[str] = (), password: str | None = None
    ) -> Person:
        """Someone new. ConfigError when the name is taken or not allowed; the first one must be an owner."""
        called, kept = checked_name(name), None if password is None else passwords.hashed(password)
        with self.catalogue.writing() as connection:
            _check_free(connection, called)
            known = _role(role)
            if known != "owner" and not _owners(connection):
                raise ConfigError("The first person must be an owner: give them the role owner.")
            _insert(connection, called, known, kept)
            _set_groups(connection, called, groups, LOCAL)
            return _person(connection, called)

    def change(
        self,
        name: str,
        *,
        role: str | None = None,
        groups: Iterable[str] | None = None,
        active: bool | None = None,
        password: str | None = None,
    ) -> Person:
        """Changes what is given, all of it or nothing; in force at the next request.

        The sessions of somebody who is inactive, or has another password, end.
        """
        kept = None if password is None else passwords.hashed(password)
        with self.catalogue.writing() as connection:
            found = _person(connection, name)
            values: dict[str, Any] = {} if role is None else {"role": _role(role)}
            values |= {} if active is None else {"active": active}
            values |= {} if kept is None else {"password": kept}
            if values:
                connection.execute(update(people).where(people.c.name == found.name).values(**values))
            if groups is not None:
                _set_groups(connection, found.name, groups, LOCAL)
            if active is False or kept is not None:
                connection.execute(delete(sessions).where(sessions.c.person == found.name))
            _keep_an_owner(connection)
            return _person(connection, found.name)

    def set_password(self, name: str, password: str | None) -> None:
        """Gives a password, or takes it away (None); every session of the person ends."""
        kept = None if password is None else passwords.hashed(password)
        with self.catalogue.writing() as connection:
            found = _person(connection, name)
            connection.execute(update(people).where(people.c.name == found.name).values(password=kept))
            connection.execute(delete(sessions).where(sessions.c.person == found.name))

    def exchange_password(self, old: Proven, password: str) -> bool:
        """Gives somebody another password in place of the one that they have shown; False when that does not stand any
        more. Every session of the person ends."""
        kept = passwords.hashed(password)
        with self.catalogue.writing() as connection:
            changed = connection.execute(update(people).where(still(old.person, old.kept)).values(password=kept))
            if changed.rowcount:
                connection.execute(delete(sessions).where(sessions.c.person == old.person.name))
        return bool(changed.rowcount)

    def remove(self, name: str) -> Person:
        """Removes a person with their tokens, sessions and conversations; returns who that was. Documents and the audit
        log stay.

        Somebody new of the same name is somebody else: nothing that was the person's own is shown to them. What is
        under way for the person ends up under an id that is nobody's any more (see ``catalogue.people_rows``).
        """
        with self.catalogue.erasing() as connection:
            found = _person(connection, name)
            connection.execute(delete(people).where(people.c.name == found.name))
            left = connection.scalar(select(func.count()).select_from(people))
            if left:
                _keep_an_owner(connection)
            conversations.erase(connection, found.id, None)
            connection.execute(delete(uploads).where(uploads.c.principal == found.id))
            connection.execute(update(spending).where(spending.c.principal == found.name).values(principal=""))
            connection.execute(update(removals).where(removals.c.removed_by == found.id).values(removed_by=""))
        return found

    # -- Signing in -------------------------------------------------------------------------------

    def with_password(self, name: str, password: str) -> Proven | None:
        """The person, if it is their password and they are active; None otherwise, after the same time.

        A hash that was made with weaker parameters than now is made anew.
        """
        with self.catalogue.reading() as connection:
            row = connection.execute(select(people).where(people.c.key == compared(name))).first()
            person = _person(connection, name) if row else None
        right = passwords.matches(password, row.password if row else None)
        if row is None or person is None or not right or not row.active:
            return None
        found = Proven(person, row.password)
        if not passwords.outdated(row.password):
            return found
        renewed = passwords.hashed(password)
        with self.catalogue.writing() as connection:
            made = update(people).where(still(found.person, found.kept)).values(password=renewed)
            return replace(found, kept=renewed) if connection.execute(made).rowcount else None

    def signed_in(
        self, subject: str, name: str, *, groups: Iterable[str], role: str | None, create: bool
    ) -> Person | None:
        """The person behind a single sign-on: ``subject`` names them at the provider, for good.

        Groups and role (None: as it is, reader for someone new) become those that the provider says. None when the
        person is inactive, or unknown and not to be created. ConfigError when the name belongs to someone else.
        """
        with self.catalogue.writing() as connection:
            row = connection.execute(select(people).where(people.c.subject == subject)).first()
            if row is None and not create:
                return None
            called = row.name if row else checked_name(name)
            if row is None:
                _check_free(connection, called)
                _insert(connection, called, _role(role or "reader"), None, subject)
            elif not row.active:
                return None
            elif role is not None:
                connection.execute(update(people).where(people.c.name == called).values(role=_role(role)))
            _set_groups(connection, called, groups, SSO)
            _keep_an_owner(connection)
            return _person(connection, called)

    def seen(self, person: Person) -> None:
        """Notes that the person was here, at most once a minute."""
        now = datetime.now(UTC)
        if person.seen_at is None or now - person.seen_at >= _SEEN_EVERY:
            with self.catalogue.writing() as connection:
                connection.execute(update(people).where(people.c.name == person.name).values(seen_at=now))


# -- Names ----------------------------------------------------------------------------------------


def checked_name(name: str) -> str:
    """The name as it is kept; ConfigError when it is none."""
    called = unicodedata.normalize("NFC", name).strip()
    plain = all(unicodedata.category(char)[0] in "LMNPSZ" for char in called)  # no control, no unassigned
    if not called or len(called) > LONGEST or not plain or re.search(r"[\s,:!*]", called.replace(" ", "_")):
        raise ConfigError(f"{name!r} is no name: 1 to {LONGEST} characters, without , : ! * and line breaks.")
    if compared(called) in (EVERYONE, OWNER):
        raise ConfigError(f"{name!r} is no name for a person: it is a grant.")
    return called


def compared(name: str) -> str:
    """The name as names are compared."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


# -- Rows -----------------------------------------------------------------------------------------


def still(person: Person, kept: str | None = None) -> ColumnElement[bool]:
    """The row of an active person, unless it is somebody else of that name by now, or has another password than this
    hash (None: any)."""
    same = and_(people.c.name == person.name, people.c.created_at == person.created_at, people.c.active)
    return same if kept is None else and_(same, people.c.password == kept)


def _role(role: str) -> Role:
    if role not in ROLES:
        raise ConfigError(f"{role!r} is no role. Allowed: {', '.join(ROLES)}.")
    return role


_EVERYBODY = select(people, identities.c.id).join(identities, identities.c.person == people.c.name)


def _people(connection: Connection) -> list[Person]:
    query = _EVERYBODY
    groups: dict[str, list[tuple[str, str]]] = {}
    for row in connection.execute(select(person_groups)):
        groups.setdefault(row.person, []).append((row.group, row.origin))
    return [_told(row, groups.get(row.name, ())) for row in connection.execute(query.order_by(people.c.key))]


def _told(row: Row[Any], groups: Iterable[tuple[str, str]]) -> Person:
    held = list(groups)
    return Person(
        row.name,
        row.role,
        frozenset(group for group, _ in held),
        row.active,
        row.password is not None,
        row.subject is not None,
        row.created_at,
        row.seen_at,
        frozenset(group for group, origin in held if origin == SSO),
        row.id,
    )


def _person(connection: Connection, name: str) -> Person:
    row = connection.execute(_EVERYBODY.where(people.c.key == compared(name))).first()
    if row is None:
        raise NotFoundError(f"There is nobody called {name!r}. `homeground people list` shows everybody.")
    held = connection.execute(select(person_groups).where(person_groups.c.person == row.name))
    return _told(row, [(each.group, each.origin) for each in held])


def _check_free(connection: Connection, name: str) -> None:
    if connection.execute(select(people.c.name).where(people.c.key == compared(name))).first():
        raise ConfigError(f"There is somebody called {name!r} already.")


def _insert(connection: Connection, name: str, role: Role, password: str | None, subject: str | None = None) -> None:
    values = {"name": name, "key": compared(name), "role": role, "password": password, "active": True}
    connection.execute(insert(people).values(**values, subject=subject, created_at=datetime.now(UTC)))
    people_rows.enter(connection, name, compared(name))


def _set_groups(connection: Connection, name: str, groups: Iterable[str], origin: str) -> None:
    named = person_groups.c.person == name, person_groups.c.origin == origin
    connection.execute(delete(person_groups).where(*named))
    rows = [{"person": name, "group": group, "origin": origin} for group in {*map(checked_name, groups)}]
    if rows:
        connection.execute(insert(person_groups), rows)


def _owners(connection: Connection) -> int:
    query = select(func.count()).select_from(people).where(people.c.role == "owner", people.c.active)
    return connection.scalar(query) or 0


def _keep_an_owner(connection: Connection) -> None:
    if not _owners(connection):
        raise ConfigError("There must be an active owner. Make somebody else an owner first.")
