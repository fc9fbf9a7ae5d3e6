"""Which class each document belongs to, and how it comes into another one.

1. ``place`` finds the class that the rules say. A document that changes its class leaves the counts of the old one and
   is *moving*: nobody finds it, lists it or counts it, whatever the index holds.
2. the index gives its passages the new class.
3. ``land`` counts it in the new class, and it shows again.

The first step is one transaction with the change of the rules, and needs no lock: so the change acts at the next query,
also while a sync runs. The others are for the holder of the writer's lock. A kill in between leaves moving documents,
which the next writer lands.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from sqlalchemy import Connection, delete, insert, select, tuple_, update

import homeground.catalogue.counting as counting
import homeground.catalogue.rules as rules
from homeground.catalogue.database import chunks
from homeground.catalogue.origins import all_sources
from homeground.catalogue.packing import pack_permission, unpack_permission
from homeground.catalogue.records import Permission, Placed, Rule, Source
from homeground.catalogue.schema import CURRENT, access_classes, documents, revisions, sources
from homeground.catalogue.schema_rules import chains, placements, removals

_REMOVED = tuple_(documents.c.source_id, documents.c.path).in_(select(removals.c.source_id, removals.c.path))


class Placer:
    """Finds the class of a document, and makes it where there is none yet. For one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sources = {each.id: each for each in all_sources(connection)}
        self._rules: dict[int, dict[bytes, Rule]] = {}
        self._known: dict[tuple[int, tuple[int, ...], str], int] = {}

    def access(self, source: int, path: bytes, files: str) -> int:
        """The class of the document at this path; ``files`` is what its file says, packed."""
        chain = tuple(each.id for each in self._chain(source, path))
        key = source, chain, files
        if key not in self._known:
            self._known[key] = self._find(*key) or self._make(*key)
        return self._known[key]

    def _chain(self, source: int, path: bytes) -> list[Rule]:
        """The rules that hold for a path, the most specific first."""
        if source not in self._rules:
            self._rules[source] = {each.path: each for each in rules.of_source(self._connection, source)}
        known = self._rules[source]
        return [known[each] for each in above(path) if each in known] if known else []

    def _find(self, source: int, chain: tuple[int, ...], files: str) -> int | None:
        if not chain and not files:
            return self._sources[source].access
        same = (chains.c.source_id == source) & (chains.c.rules == json.dumps(chain)) & (chains.c.files == files)
        found: int | None = self._connection.scalar(select(chains.c.access_id).where(same))
        return found

    def _make(self, source: int, chain: tuple[int, ...], files: str) -> int:
        known = {each.id: each for each in self._rules[source].values()}
        permission = unpack_permission(files)
        said: list[rules.Said] = [known[each] for each in chain]
        said += [permission] if permission else []
        allow, deny = rules.effective(said, self._sources[source])
        access = rules.new_class(self._connection, allow)
        rules.link(self._connection, access, source, deny, json.dumps(chain), files)
        return access


def above(path: bytes) -> list[bytes]:
    """The path itself and the folders that it lies in, the deepest first, each with a slash at its end."""
    parts = path.split(b"/")
    return [path, *(b"/".join(parts[:end]) + b"/" for end in range(len(parts) - 1, 0, -1))]


# -- Documents ------------------------------------------------------------------------------------


def settle_new(
    connection: Connection, document: int, source: int, path: bytes, permission: Permission | None, placer: Placer
) -> None:
    """A new document gets its class; one that was taken out before stays out of sight."""
    taken_out = select(removals.c.name).where(removals.c.source_id == source, removals.c.path == path)
    moving = connection.execute(taken_out).first() is not None
    access = placer.access(source, path, pack_permission(permission))
    connection.execute(insert(placements).values(document_id=document, access_id=access, moving=moving))


def placed(connection: Connection, source: int | None = None) -> list[Placed]:
    """Every document (of a source) with its class."""
    query = _PLACED if source is None else _PLACED.where(documents.c.source_id == source)
    return [Placed(*row) for row in connection.execute(query)]


_PLACED = (
    select(documents.c.id, documents.c.source_id, documents.c.path, placements.c.access_id, chains.c.files)
    .join(placements, placements.c.document_id == documents.c.id)
    .join(chains, chains.c.access_id == placements.c.access_id)
)


def place(connection: Connection, those: Iterable[Placed]) -> int:
    """Puts the documents into the classes that the rules say; returns how many had another one."""
    placer = Placer(connection)
    wanted = {each: placer.access(each.source, each.path, each.files) for each in those}
    moves = {each.document: access for each, access in wanted.items() if access != each.access}
    if moves:
        hide(connection, moves)
        for access in set(moves.values()):
            going = [document for document, target in moves.items() if target == access]
            for some in chunks(going):
                mine = placements.c.document_id.in_(some)
                connection.execute(update(placements).where(mine).values(access_id=access))
    return len(moves)


def hide(connection: Connection, those: Collection[int]) -> None:
    """Takes documents out of sight and out of the counts, whatever the index holds."""
    for some in chunks(sorted(those)):
        seen = placements.c.document_id.in_(some) & ~placements.c.moving
        ids = connection.scalars(select(placements.c.document_id).where(seen)).all()
        counting.shift(connection, (revisions.c.state == CURRENT) & revisions.c.document_id.in_(ids), -1)
        connection.execute(update(placements).where(placements.c.document_id.in_(ids)).values(moving=True))


def hidden(connection: Connection) -> frozenset[int]:
    """The documents that no search may find, whatever class their passages carry."""
    withheld = select(documents.c.id).where(documents.c.withheld)
    moving = select(placements.c.document_id).where(placements.c.moving)
    return frozenset(connection.scalars(withheld.union(moving)))


def moving(connection: Connection) -> dict[int, int]:
    """The documents on their way to another class, and that class; without those that were taken out."""
    query = select(documents.c.id, placements.c.access_id).join(placements).where(placements.c.moving, ~_REMOVED)
    return {row.id: row.access_id for row in connection.execute(query)}


def taken_out(connection: Connection) -> list[int]:
    """The documents that were taken out and are still in the index or here."""
    return list(connection.scalars(select(documents.c.id).where(_REMOVED)))


def land(connection: Connection, arrived: Mapping[int, int]) -> None:
    """These documents carry these classes in the index now: they count, and show again.

    A document for which the rules say something else by now goes on moving.
    """
    still = {document for document, access in moving(connection).items() if arrived.get(document) == access}
    for some in chunks(sorted(still)):
        here = placements.c.document_id.in_(some)
        connection.execute(update(placements).where(here).values(moving=False))
        counting.shift(connection, (revisions.c.state == CURRENT) & revisions.c.document_id.in_(some), 1)
    _prune(connection)


def _prune(connection: Connection) -> None:
    """Classes without documents go, except those of the sources themselves."""
    used = select(placements.c.access_id).union(select(sources.c.access_id))
    spare = connection.scalars(select(chains.c.access_id).where(chains.c.access_id.not_in(used))).all()
    for some in chunks(spare):
        connection.execute(delete(access_classes).where(access_classes.c.id.in_(some)))


def classes(connection: Connection, those: Collection[int]) -> dict[int, int]:
    """Document → its class."""
    found: dict[int, int] = {}
    for some in chunks(sorted(set(those))):
        query = select(placements.c.document_id, placements.c.access_id).where(placements.c.document_id.in_(some))
        found |= {row.document_id: row.access_id for row in connection.execute(query)}
    return found


def permit(connection: Connection, said: Mapping[int, Permission | None]) -> int:
    """What the files of these documents say of who may read them; returns how many change their class."""
    changed = (each for each in placed(connection) if each.document in said)
    return place(connection, [replace(each, files=pack_permission(said[each.document])) for each in changed])


def place_all(connection: Connection, source: Source) -> int:
    """The rules of a source were made or cleared: places its documents; returns how many change their class."""
    rules.refresh(connection, source)
    return place(connection, placed(connection, source.id))


# -- By name --------------------------------------------------------------------------------------


def find_document(connection: Connection, name: str) -> Placed | None:
    """A document by its name, whoever may read it; the one that is shown when two bear it."""
    order = placements.c.moving, documents.c.id.desc()
    row = connection.execute(_PLACED.where(documents.c.name == name).order_by(*order).limit(1)).first()
    return None if row is None else Placed(*row)


def name_at(connection: Connection, source: int, path: bytes) -> str | None:
    """What the document at this path is called; None when there is none."""
    query = select(documents.c.name).where(documents.c.source_id == source, documents.c.path == path)
    found: str | None = connection.scalar(query.limit(1))
    return found
