"""Where a person stands in what the workspace remembers: by their name in any spelling, and by their folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select

from homeground.access.audit import ERASE, name_in
from homeground.access.ledger import BEGUN, ENDED
from homeground.access.people import LONGEST, compared
from homeground.catalogue import people_rows
from homeground.catalogue.schema import audit, conversations, spending
from homeground.catalogue.schema_jobs import feedback, jobs, seals, uploads
from homeground.catalogue.schema_people import people
from homeground.catalogue.schema_rules import removals
from homeground.ingest.uploads import FOLDER, folder_name

_NAMING = (
    people.c.name,
    audit.c.principal,
    conversations.c.principal,
    feedback.c.principal,
    uploads.c.principal,
    spending.c.principal,
    jobs.c.by,
    removals.c.removed_by,
)
_NOT_LOOKED_AT = (BEGUN, ENDED)  # their bodies are never emptied
_LONGEST = 5 * LONGEST  # of a text that may be a name: composing its letters can shorten it
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Sought:
    """A person: ``key`` is their name as names are compared, ``names`` are its spellings where people are named,
    ``folders`` are how what they handed in begins."""

    key: str
    names: frozenset[str]
    folders: tuple[str, ...]

    @classmethod
    def of(cls, connection: Connection, person: str) -> Sought:
        """Whom this name means."""
        key = compared(person)
        found = {
            name
            for column in _NAMING
            for name in connection.scalars(select(column).distinct())
            if name and compared(name_in(name)) == key
        }
        marks = ["", *people_rows.marks_of(connection, key)]
        folders = {folder_name(name_in(each), mark) for each in (*found, person) for mark in marks}
        return cls(key, frozenset(found), tuple(f"{FOLDER}{mark}{each}/" for each in folders for mark in "/:"))

    def entries(self, connection: Connection, after: int, until: int) -> list[int]:
        """The numbers of the entries after one number, up to another, that are the person's or name them."""
        left = or_(seals.c.seq.is_(None), seals.c.who_salt.is_not(None))
        query = select(audit.c.seq, audit.c.kind, audit.c.principal, audit.c.body).outerjoin(seals)
        query = query.where(left, audit.c.kind != ERASE, audit.c.seq > after, audit.c.seq <= until)
        rows = connection.execute(query.order_by(audit.c.seq).execution_options(yield_per=_AT_ONCE))
        return [row.seq for row in rows if row.principal in self.names or self._in_body(row.kind, row.body)]

    def _in_body(self, kind: str, body: str) -> bool:
        if kind in _NOT_LOOKED_AT or not self._may_be_in(body):
            return False
        return any(self._is(text, kind) for text in _texts(json.loads(body)))

    def _may_be_in(self, body: str) -> bool:
        """A quick look: a body is ASCII, with escapes for other letters."""
        if "\\u" in body or not self.key.isascii():
            return True
        return self.key.split(" ")[0] in body.lower() or any(each in body for each in self.folders)

    def _is(self, text: str, kind: str) -> bool:
        if text.startswith(self.folders):
            return True
        if len(text) > _LONGEST:
            return False
        said = compared(text)
        # Older versions wrote the name of a failed sign-on into its reason.
        return said in (self.key, f"user:{self.key}") or (kind == "login failed" and f"'{self.key}'" in said)


def last_seq(connection: Connection) -> int:
    """The number of the newest entry of the log; 0 before the first."""
    return connection.scalar(select(func.max(audit.c.seq))) or 0


def _texts(value: Any) -> Iterable[str]:
    """Every text in a JSON value, names of fields included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in [*value.keys(), *value.values()] if isinstance(value, dict) else value:
            yield from _texts(each)
