"""Documents that are taken out although their files stay, and come back when they are wanted again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from homeground.access import audit
from homeground.access.explain import absent
from homeground.catalogue import Catalogue, Removal, Source, origins, people_rows, placing, rules
from homeground.catalogue.schema import CURRENT, documents, revisions
from homeground.catalogue.store import touch
from homeground.errors import NotFoundError
from homeground.types import Principal


@dataclass(frozen=True, slots=True)
class RemovedDocument:
    """A document that was taken out: its name, its source, who did it and when."""

    name: str
    source: str
    removed_by: str
    removed_at: datetime


def remove(catalogue: Catalogue, name: str, principal: Principal) -> None:
    """Hides a document from this instant on and keeps its file out of every later sync. NotFoundError when it is absent
    or not the principal's to read, which read the same; an owner may remove any."""
    with catalogue.writing() as connection:
        found = placing.find_document(connection, name)
        if found is None or not (principal.owner or _readable(connection, found.document, found.access, principal)):
            raise absent(name)
        query = select(revisions.c.sha256, revisions.c.size, documents.c.id).join(documents)
        here = query.where(documents.c.source_id == found.source, documents.c.path == found.path)
        rows = connection.execute(here.order_by(revisions.c.state)).all()  # the current revision first
        sha256, size = (rows[0].sha256, rows[0].size) if rows else ("", 0)
        removal = Removal(found.source, found.path, name, sha256, size, principal.key, rules.now())
        rules.remove(connection, removal)
        placing.hide(connection, {found.document, *(row.id for row in rows)})
        touch(connection)
        audit.append_within(connection, "remove", principal, {"document": name})


def _readable(connection: Connection, document: int, access: int, principal: Principal) -> bool:
    current = select(revisions.c.id).where(revisions.c.document_id == document, revisions.c.state == CURRENT)
    shown = document not in placing.hidden(connection) and connection.execute(current).first() is not None
    return shown and access in origins.visible(connection, principal.grants)


def restore(catalogue: Catalogue, name: str, principal: Principal) -> None:
    """Lets the next sync read a removed document again: for owners, and for who removed it. NotFoundError otherwise."""
    with catalogue.writing() as connection:
        found = [each for each in _visible(connection, principal) if _called(each, principal) == name]
        if not found:
            raise NotFoundError(
                f"There is no removed document {name!r}. `homeground documents --removed` lists what there is."
            )
        for each in found:
            rules.forget_removal(connection, each.source, each.path)
        touch(connection)
        audit.append_within(connection, "restore", principal, {"document": name})


def removed(catalogue: Catalogue, principal: Principal) -> list[RemovedDocument]:
    """What was taken out, by name: for owners everything, for others what they took out themselves."""
    with catalogue.reading() as connection:
        names = {each.id: each.name for each in origins.all_sources(connection)}
        found = _visible(connection, principal)
        who = people_rows.called(connection, {each.removed_by for each in found})
    return [
        RemovedDocument(_called(each, principal), names[each.source], who[each.removed_by], each.removed_at)
        for each in found
    ]


def _called(removal: Removal, principal: Principal) -> str:
    """The file's present name is for owners; others know the document by the name that they took it out by."""
    return removal.name if principal.owner else removal.known_as or removal.name


def _visible(connection: Connection, principal: Principal) -> list[Removal]:
    """Everything for owners; for others what they took out, and could still read by the rules for its place."""
    found = rules.all_removals(connection)
    if principal.owner:
        return found
    sources = {each.id: each for each in origins.all_sources(connection)}
    return [
        each
        for each in found
        if each.removed_by == principal.key and _allowed(connection, each, sources[each.source], principal)
    ]


def _allowed(connection: Connection, removal: Removal, source: Source, principal: Principal) -> bool:
    said = {each.path: each for each in rules.of_source(connection, source.id)}
    chain = [said[each] for each in placing.above(removal.path) if each in said]
    return origins.may_read(principal.grants, *rules.effective(chain, source))
