"""Why somebody may read a document, or may not: the rule that decides, in words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from homeground.access.rules import named
from homeground.catalogue import Catalogue, Permission, Placed, Source, origins, people_rows, placing, rules
from homeground.catalogue.schema_rules import chains
from homeground.errors import DeniedError, NotFoundError
from homeground.types import OWNER, Principal


@dataclass(frozen=True, slots=True)
class AccessExplanation:
    """Whether somebody may read a document, which rule decides that, and why, in words.

    ``rule`` is a target of ``access.rules``, or names the file system or a sidecar file. ``allow`` and ``deny`` are all
    grants that hold for the document; for somebody who is no owner, those of their own that let them in.
    """

    readable: bool
    rule: str
    because: str
    allow: tuple[str, ...]
    deny: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """What one rule of a chain says; ``words`` is what it is called in a sentence."""

    rule: str
    words: str
    allow: frozenset[str] | None
    deny: frozenset[str]


def explain(catalogue: Catalogue, who: Principal, document: str, principal: Principal) -> AccessExplanation:
    """Why ``who`` may read the document or not. Others than owners may ask about themselves, and what they may not read
    is as if it were not there: NotFoundError. DeniedError when they ask about somebody else."""
    if not principal.owner and (who.name, who.groups) != (principal.name, principal.groups):
        raise DeniedError("Only an owner of the workspace may ask what somebody else may read.")
    with catalogue.reading() as connection:
        found = placing.find_document(connection, document)
        if found is None:
            return _removed(connection, document, principal)
        out_of_sight = found.document in placing.hidden(connection)
        told = decide(who, _levels(connection, found))
    if principal.owner:
        return _for_now(told) if out_of_sight else told
    if out_of_sight or not told.readable:
        raise absent(document)
    held = tuple(sorted(who.grants.intersection(told.allow)))
    return AccessExplanation(True, told.rule, told.because, held, ())


def absent(document: str) -> NotFoundError:
    """What is said of a document that is not there, or not readable."""
    return NotFoundError(f"There is no document {document!r} here. `homeground documents` lists what there is.")


def decide(who: Principal, levels: Collection[Level]) -> AccessExplanation:
    """By a chain of rules, the most specific first, the source's own last: as ``catalogue.rules.effective``."""
    first = next(each for each in levels if each.allow is not None)
    allow, deny = first.allow or frozenset(), frozenset[str]().union(*(each.deny for each in levels))
    readable = origins.may_read(who.grants, allow, deny)
    denying = next((each for each in levels if not each.deny.isdisjoint(who.grants)), None)
    if readable and OWNER in who.grants and OWNER in allow:
        rule, because = first, f"{who.name} is an owner of the workspace, and {first.words} does not keep owners out."
    elif denying and not readable and not allow.isdisjoint(who.grants):
        rule, because = denying, f"{denying.words} denies {_listed(denying.deny & who.grants)}; {_INHERITED}"
    elif readable:
        rule, because = first, f"{first.words} allows {_listed(allow & who.grants)}."
    else:
        rule, because = first, f"{first.words} allows {_listed(allow)}; {who.name} holds {_listed(who.grants)}."
    return AccessExplanation(readable, rule.rule, _sentence(because), tuple(sorted(allow)), tuple(sorted(deny)))


_INHERITED = "what is denied stays denied for everything below, whatever is allowed there."


def _listed(grants: Collection[str]) -> str:
    return ", ".join(sorted(grants)) or "nobody"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _for_now(told: AccessExplanation) -> AccessExplanation:
    because = f"{told.because} For the moment nobody finds it: a change is not finished; the next sync finishes it."
    return AccessExplanation(told.readable, told.rule, because, told.allow, told.deny)


def _levels(connection: Connection, document: Placed) -> list[Level]:
    source = next(each for each in origins.all_sources(connection) if each.id == document.source)
    known = {each.id: each for each in rules.of_source(connection, source.id)}
    row = connection.execute(select(chains).where(chains.c.access_id == document.access)).one()
    own = Level(source.name, f"the rule of the source {source.name}", source.grants, source.deny)
    return [*(_level(connection, source, said) for said in rules.chain_of(row, known)), own]


def _level(connection: Connection, source: Source, said: rules.Said) -> Level:
    allow = None if said.allow is None else frozenset(said.allow)
    if not isinstance(said, Permission):
        target = named(connection, source, said)
        return Level(target.name, f"the rule of the {target.kind} {target.name}", allow, frozenset(said.deny))
    if said.origin:
        return Level(
            f"sidecar {said.origin}", f"the sidecar file {said.origin} of {source.name}", allow, frozenset(said.deny)
        )
    return Level("files", "the file system, by the file or a folder above it,", allow, frozenset(said.deny))


def _removed(connection: Connection, document: str, principal: Principal) -> AccessExplanation:
    removal = next((each for each in rules.all_removals(connection) if each.name == document), None)
    if removal is None or not principal.owner:
        raise absent(document)
    by = people_rows.called(connection, {removal.removed_by})[removal.removed_by]
    because = f"{by or 'somebody'} took it out on {removal.removed_at:%Y-%m-%d}; its file is left alone."
    return AccessExplanation(False, "removed", because, (), ())
