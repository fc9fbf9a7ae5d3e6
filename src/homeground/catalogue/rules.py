"""Rules of access: rows in, rows out; and the grants of every class, which follow from them.

Whoever changes a rule calls ``refresh`` in the same transaction: the classes that rest on it then hold the new grants,
and no passage has moved.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, false, insert, select, update

from homeground.catalogue.database import inserted_id
from homeground.catalogue.packing import unpack_permission
from homeground.catalogue.records import Permission, Removal, Rule, Source
from homeground.catalogue.schema import access_classes, documents, sources, totals
from homeground.catalogue.schema_rules import chains, permissions, placements, removals, removed_as, rules

Said = Rule | Permission


def effective(said: Iterable[Said], source: Source) -> tuple[list[str], list[str]]:
    """Who is allowed and who is denied, by a chain of rules, the most specific first, and the source's own.

    The first that says who is allowed decides that; what any of them denies is denied. A source that allows nobody is
    being removed, whatever is said below it.
    """
    if not source.grants:
        return [], []
    chain = list(said)
    allow = next((each.allow for each in chain if each.allow is not None), tuple(source.grants))
    return sorted(set(allow)), sorted(source.deny.union(*(each.deny for each in chain)))


def refresh(connection: Connection, source: Source) -> None:
    """Computes anew what every class of the source allows and denies."""
    known = {each.id: each for each in of_source(connection, source.id)}
    for row in connection.execute(select(chains).where(chains.c.source_id == source.id)).all():
        if row.access_id != source.access:
            said = chain_of(row, known)
            store(connection, row.access_id, *effective(said, source))


def chain_of(row: Row[Any], known: dict[int, Rule]) -> list[Said]:
    """What a class rests on, the most specific first, without the source's own rule."""
    said: list[Said] = [known[each] for each in json.loads(row.rules) if each in known]
    files = unpack_permission(row.files)
    return [*said, files] if files else said


def store(connection: Connection, access: int, allow: Iterable[str], deny: Iterable[str]) -> None:
    """Who may read a class: in force at the next query."""
    table = access_classes
    connection.execute(update(table).where(table.c.id == access).values(grants=sorted(set(allow))))
    connection.execute(update(chains).where(chains.c.access_id == access).values(deny=sorted(set(deny))))


def new_class(connection: Connection, allow: Iterable[str]) -> int:
    """A class that belongs to no source yet; see ``link``."""
    access = inserted_id(connection.execute(insert(access_classes).values(grants=sorted(set(allow)))))
    connection.execute(insert(totals).values(access_id=access, passages=0, length=0))
    return access


def link(
    connection: Connection, access: int, source: int, deny: Iterable[str] = (), chain: str = "[]", files: str = ""
) -> None:
    """What a class rests on: the source's own rule, before it these rules, and what files say."""
    values = {"access_id": access, "source_id": source, "rules": chain, "files": files, "deny": sorted(set(deny))}
    connection.execute(insert(chains).values(**values))


# -- Rules ----------------------------------------------------------------------------------------


def of_source(connection: Connection, source: int) -> list[Rule]:
    """The rules of a source's folders and documents, by path."""
    query = select(rules).where(rules.c.source_id == source).order_by(rules.c.path)
    return [_rule(row) for row in connection.execute(query)]


def at(connection: Connection, source: int, path: bytes) -> Rule | None:
    """The rule of one folder or document."""
    row = connection.execute(select(rules).where(rules.c.source_id == source, rules.c.path == path)).first()
    return None if row is None else _rule(row)


def _rule(row: Row[Any]) -> Rule:
    allow = None if row.allow is None else tuple(row.allow)
    return Rule(row.id, row.source_id, row.path, allow, tuple(row.deny))


def put(connection: Connection, source: int, path: bytes, allow: Collection[str] | None, deny: Collection[str]) -> bool:
    """Writes a rule; returns whether it is a new one."""
    values: dict[str, Any] = {"allow": None if allow is None else sorted(set(allow)), "deny": sorted(set(deny))}
    there = (rules.c.source_id == source) & (rules.c.path == path)
    if connection.execute(update(rules).where(there).values(**values)).rowcount:
        return False
    connection.execute(insert(rules).values(source_id=source, path=path, **values))
    return True


def drop(connection: Connection, rule: int) -> None:
    """A rule is no more. Its documents must be placed anew in the same transaction."""
    connection.execute(delete(rules).where(rules.c.id == rule))


def move(connection: Connection, rule: int, path: bytes) -> None:
    """The folder or document of a rule has another path now."""
    connection.execute(update(rules).where(rules.c.id == rule).values(path=path))


# -- Sources whose files say who may read them ----------------------------------------------------


def set_permissions(connection: Connection, source: int, kind: str) -> None:
    """Where the permissions of the source's files are read: files, sidecar, or none for nowhere."""
    connection.execute(delete(permissions).where(permissions.c.source_id == source))
    if kind != "none":
        connection.execute(insert(permissions).values(source_id=source, kind=kind))


# -- Documents that were taken out ----------------------------------------------------------------


def remove(connection: Connection, removal: Removal) -> None:
    """The file at this path is left out from now on."""
    forget_removal(connection, removal.source, removal.path)
    values = {
        "source_id": removal.source,
        "path": removal.path,
        "name": removal.name,
        "sha256": removal.sha256,
        "size": removal.size,
        "removed_by": removal.removed_by,
        "removed_at": removal.removed_at,
    }
    connection.execute(insert(removals).values(**values))
    if removal.known_as:
        there = {"source_id": removal.source, "path": removal.path}
        connection.execute(insert(removed_as).values(**there, name=removal.known_as))


def forget_removal(connection: Connection, source: int, path: bytes) -> None:
    """The file at this path may be read again."""
    connection.execute(delete(removals).where(removals.c.source_id == source, removals.c.path == path))


def all_removals(connection: Connection) -> list[Removal]:
    """Every document that was taken out, by name."""
    same = (removed_as.c.source_id == removals.c.source_id) & (removed_as.c.path == removals.c.path)
    query = select(removals, removed_as.c.name.label("known_as")).outerjoin(removed_as, same)
    query = query.order_by(removals.c.name, removals.c.source_id)
    return [
        Removal(
            row.source_id,
            row.path,
            row.name,
            row.sha256,
            row.size,
            row.removed_by,
            row.removed_at,
            row.known_as or "",
        )
        for row in connection.execute(query)
    ]


def relocate(connection: Connection, moved: Sequence[tuple[Removal, bytes, str]]) -> None:
    """The files of these removals have other paths and names now."""
    for removal, path, name in moved:
        forget_removal(connection, removal.source, removal.path)
        remove(connection, replace(removal, path=path, name=name, known_as=removal.known_as or removal.name))


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


# -- From format 2 --------------------------------------------------------------------------------


def adopt(connection: Connection) -> None:
    """Every source and document of a catalogue without rules keeps the class that it has."""
    for row in connection.execute(select(sources.c.id, sources.c.access_id)).all():
        link(connection, row.access_id, row.id)
    placed = select(documents.c.id, sources.c.access_id, false()).join(sources)
    connection.execute(insert(placements).from_select(["document_id", "access_id", "moving"], placed))
