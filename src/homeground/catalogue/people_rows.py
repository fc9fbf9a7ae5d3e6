"""Who is who, for good: people are known by ids, which outlive their names and are never given out again."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select, update

from homeground.catalogue.schema import conversations, meta
from homeground.catalogue.schema_jobs import feedback, jobs, uploads
from homeground.catalogue.schema_people import identities, people
from homeground.catalogue.schema_rules import removals
from homeground.errors import NotFoundError

_ERASED = "erased "  # facts: when everything of somebody was erased
PERSON, LOCAL = "person:", "local:"  # no name of a person holds a colon
# Where the key of whoever something belongs to stands.
KEYED = (conversations.c.principal, uploads.c.principal, feedback.c.principal, jobs.c.by, removals.c.removed_by)


def enter(connection: Connection, name: str, compared: str) -> str:
    """Gives a person an id; ``compared`` is the name as names are compared. Returns the id."""
    digest, code = _digest(compared), secrets.token_hex(12)
    used = connection.execute(select(identities.c.id).where(identities.c.digest == digest).limit(1)).first()
    values = {"id": f"{PERSON}{code}", "person": name, "digest": digest, "mark": code[:12] if used else ""}
    connection.execute(insert(identities).values(**values))
    return str(values["id"])


def stands(connection: Connection, person: str) -> bool:
    """Whether the person with this id is one of the workspace now."""
    here = identities.c.id == person, identities.c.person.is_not(None)
    return connection.execute(select(identities.c.id).where(*here)).first() is not None


def check_stands(connection: Connection, name: str, person: str) -> None:
    """NotFoundError when the person with this id was removed, whoever has the name now."""
    if not stands(connection, person):
        raise NotFoundError(f"There is nobody called {name!r} any more.")


def forgotten(connection: Connection, key: str, since: datetime) -> bool:
    """Whether whoever this is was removed, or had everything erased, since then: nothing of theirs may be kept."""
    if key.startswith(PERSON) and not stands(connection, key):
        return True
    erased = connection.scalar(select(meta.c.value).where(meta.c.key == _ERASED + key))
    return erased is not None and datetime.fromisoformat(erased) >= since


def note_erasure(connection: Connection, keys: Collection[str]) -> None:
    """Whatever is under way for these is not kept when it ends."""
    now = datetime.now(UTC).isoformat()
    for key in keys:
        connection.execute(delete(meta).where(meta.c.key == _ERASED + key))
        connection.execute(insert(meta).values(key=_ERASED + key, value=now))


def mark_of(connection: Connection, person: str) -> str | None:
    """What tells the uploads folder of this person from that of others of the name; None when they are removed."""
    here = identities.c.id == person, identities.c.person.is_not(None)
    mark: str | None = connection.scalar(select(identities.c.mark).where(*here))
    return mark


def ids_of(connection: Connection, compared: str) -> list[str]:
    """The ids of everybody who has, or had, this name."""
    return list(connection.scalars(select(identities.c.id).where(identities.c.digest == _digest(compared))))


def marks_of(connection: Connection, compared: str) -> list[str]:
    """The marks of the uploads folders of everybody who has, or had, this name, where these have one."""
    here = identities.c.digest == _digest(compared), identities.c.mark != ""
    return list(connection.scalars(select(identities.c.mark).where(*here)))


def called(connection: Connection, keys: Collection[str]) -> dict[str, str]:
    """Key → name: empty for somebody who is not there any more; what is no id is a name itself."""
    query = select(identities.c.id, identities.c.person).where(identities.c.id.in_({*keys}))
    found = {row.id: row.person or "" for row in connection.execute(query)}
    return {key: found.get(key, "" if key.startswith(PERSON) else key) for key in keys}


def adopt(connection: Connection) -> None:
    """Gives ids to the people of a catalogue that knew them by name, and their things to the ids.

    What is under a name that is nobody's was kept for an account of the machine, and stays that account's.
    """
    for row in connection.execute(select(people.c.name, people.c.key)).all():
        key = enter(connection, row.name, row.key)
        for column in KEYED:
            connection.execute(update(column.table).where(column == row.name).values({column.name: key}))
    for column in KEYED:
        nobodys = column != "", ~column.startswith(PERSON)
        connection.execute(update(column.table).where(*nobodys).values({column.name: LOCAL + column}))


def _digest(compared: str) -> str:
    return hashlib.sha256(compared.encode()).hexdigest()
