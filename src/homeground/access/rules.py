"""Rules of access, as administrators speak of them: set, cleared, listed and explained.

A rule stands for a source, for a folder of one (``SOURCE:FOLDER/``), or for a document, and has two lists of grants.
*Allow*: of the document, its folders from the deepest up, and the source, the first that has such a list decides it.
*Deny*: whatever any of them denies is denied; nothing that is allowed further down lifts it. Owners may read, unless
``owner`` itself is denied. Where the files of a source say who may read them, that stands between the folders' rules
and the source's.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from homeground.access import audit
from homeground.access.policy import check_grants
from homeground.catalogue import Catalogue, Rule, Source, origins, placing, rules
from homeground.catalogue.store import touch
from homeground.errors import ConfigError, DeniedError, NotFoundError
from homeground.types import OWNER, Principal

Kind = Literal["source", "folder", "document"]


@dataclass(frozen=True, slots=True)
class AccessRule:
    """What is said of a source, a folder or a document. ``allow`` None: what lies above it decides.

    ``documents`` counts those that it speaks of; ``hidden`` those of the source that nobody finds yet, because another
    process writes to the workspace and moves them when it has come to them.
    """

    target: str
    kind: Kind
    source: str
    allow: tuple[str, ...] | None
    deny: tuple[str, ...]
    documents: int = 0
    permissions: str = "none"
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """What a rule is for. ``path`` is empty for a source, and ends with a slash for a folder."""

    kind: Kind
    source: Source
    path: bytes
    name: str

    def speaks_of(self, path: bytes) -> bool:
        """Whether a document at this path of the source is meant."""
        return path == self.path if self.kind == "document" else path.startswith(self.path)


def require_owner(principal: Principal) -> None:
    """DeniedError unless the principal is an owner."""
    if not principal.owner:
        raise DeniedError("Only an owner of the workspace may see or change who may read what.")


# -- Setting --------------------------------------------------------------------------------------


def set_rule(
    catalogue: Catalogue,
    target: str,
    allow: Iterable[str] | None,
    deny: Iterable[str] | None,
    principal: Principal,
) -> AccessRule:
    """Changes a list of a rule, or both; None leaves one as it is, an empty one takes it away.

    In force at the next query. Documents that change their class are hidden until the index has followed.
    DeniedError unless an owner asks; NotFoundError when there is no such target; ConfigError for a malformed grant.
    """
    require_owner(principal)
    if allow is None and deny is None:
        raise ConfigError("Say who may read (allow), who may not (deny), or both.")
    allowed, denied = _checked(allow), _checked(deny)
    with catalogue.writing() as connection:
        found = find_target(connection, target)
        before = _said(connection, found)
        now = _merged(found, before, allowed, denied)
        _write(connection, found, now)
        _tell(connection, found, principal, before, now)
    return rule_of(catalogue, target)


def clear_rule(catalogue: Catalogue, target: str, principal: Principal) -> None:
    """Takes the rule of a folder or a document away; what lies above decides from the next query on."""
    require_owner(principal)
    with catalogue.writing() as connection:
        found = find_target(connection, target)
        if found.kind == "source":
            raise ConfigError(f"A source always has a rule. Set another one: homeground access set {target} --allow …")
        before = rules.at(connection, found.source.id, found.path)
        if before is None:
            raise NotFoundError(f"There is no rule for {target!r}. `homeground access show` lists the rules.")
        _write(connection, found, (None, frozenset()))
        _tell(connection, found, principal, (before.allow, before.deny), (None, ()))


def restrict_new(catalogue: Catalogue, source: Source, path: bytes, allow: Iterable[str], principal: Principal) -> None:
    """Says who may read a document of the source before there is anything to read at this path.

    DeniedError when it has another rule, or is there already, unless an owner asks; ConfigError for a malformed grant.
    """
    name = f"{source.prefix}/{os.fsdecode(path)}"
    target, allowed = Target("document", source, path, name), check_grants(allow)
    with catalogue.writing() as connection:
        before = _said(connection, target)
        now = _merged(target, before, allowed, None)
        if set(now[0] or ()) == set(before[0] or ()):
            return
        there = before[0] is not None or any(each.path == path for each in placing.placed(connection, source.id))
        if there and not principal.owner:
            raise DeniedError(f"{name} has its readers already. Only an owner changes who may read it.")
        _write(connection, target, now)
        _tell(connection, target, principal, before, now)


_Lists = tuple[Collection[str] | None, Collection[str]]


def _checked(grants: Iterable[str] | None) -> frozenset[str] | None:
    given = None if grants is None else frozenset(grants)
    return check_grants(given) if given else given


def _said(connection: Connection, target: Target) -> _Lists:
    if target.kind == "source":
        return target.source.grants, target.source.deny
    rule = rules.at(connection, target.source.id, target.path)
    return (rule.allow, rule.deny) if rule else (None, ())


def _merged(target: Target, before: _Lists, allow: frozenset[str] | None, deny: frozenset[str] | None) -> _Lists:
    allowed = before[0] if allow is None else allow or None
    denied = frozenset(before[1] if deny is None else deny)
    if allowed is None and target.kind == "source":
        raise ConfigError("A source needs to allow somebody: everyone, owner, user:NAME or group:NAME.")
    if allowed is not None:
        allowed = (set(allowed) - {OWNER}) | (set() if OWNER in denied else {OWNER})
        if not allowed:
            raise ConfigError("Nobody could read what this rule is for, not even an owner. Allow somebody else.")
    return allowed, denied


def _write(connection: Connection, target: Target, now: _Lists) -> None:
    """The rule, and the documents that have another class by it; see ``catalogue.placing``."""
    allow, deny = now
    source = target.source
    if target.kind == "source":
        origins.set_grants(connection, source, allow or (), deny)
    elif allow is None and not deny:
        rule = rules.at(connection, source.id, target.path)
        if rule:
            rules.drop(connection, rule.id)
            placing.place_all(connection, source)
    elif rules.put(connection, source.id, target.path, allow, deny):
        placing.place_all(connection, source)
    else:
        rules.refresh(connection, source)
    touch(connection)


def _tell(connection: Connection, target: Target, principal: Principal, before: _Lists, now: _Lists) -> None:
    told: dict[str, Any] = {"target": target.name, "source": target.source.name, "kind": target.kind}
    for name, (allow, deny) in (("before", before), ("now", now)):
        told[name] = {"allow": None if allow is None else sorted(allow), "deny": sorted(deny)}
    audit.append_within(connection, "access", principal, told)


# -- What a target means --------------------------------------------------------------------------


def find_target(connection: Connection, target: str) -> Target:
    """A source by its name, a folder as SOURCE:FOLDER/, or a document by its name; NotFoundError otherwise."""
    known = origins.all_sources(connection)
    for source in known:
        if source.name == target:
            return Target("source", source, b"", target)
    for source in known:
        if target.endswith("/") and target.startswith(source.name + ":"):
            return Target("folder", source, _folder(target.removeprefix(source.name + ":")), target)
    found = placing.find_document(connection, target)
    if found is None:
        raise NotFoundError(
            f"There is no source, folder or document {target!r}. Write a source's name, SOURCE:FOLDER/ with a slash at "
            "the end, or a document's name."
        )
    return Target("document", next(each for each in known if each.id == found.source), found.path, target)


def _folder(given: str) -> bytes:
    parts = [part for part in given.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or given.startswith("/"):
        raise ConfigError(f"{given!r} is no folder of a source: write its path below the source, such as hr/pay/")
    return os.fsencode("/".join(parts) + "/")


# -- Listing --------------------------------------------------------------------------------------


def listed(catalogue: Catalogue, principal: Principal) -> list[AccessRule]:
    """Every rule: each source, then its folders and documents by path. DeniedError unless an owner asks."""
    require_owner(principal)
    with catalogue.reading() as connection:
        known = placing.placed(connection)
        return [
            _shown(connection, target, [each.path for each in known if each.source == target.source.id])
            for source in origins.all_sources(connection)
            for target in _targets(connection, source)
        ]


def speaking_of(catalogue: Catalogue, document: str, principal: Principal) -> list[AccessRule]:
    """The rules that speak of a document, the source's first and its own last. DeniedError unless an owner asks;
    NotFoundError when there is no such document."""
    require_owner(principal)
    with catalogue.reading() as connection:
        found = find_target(connection, document)
        every = _targets(connection, found.source)
        return [_shown(connection, each, [found.path]) for each in every if each.speaks_of(found.path)]


def _targets(connection: Connection, source: Source) -> list[Target]:
    return [
        Target("source", source, b"", source.name),
        *(named(connection, source, rule) for rule in rules.of_source(connection, source.id)),
    ]


def named(connection: Connection, source: Source, rule: Rule) -> Target:
    """The target of a rule, as ``find_target`` understands it."""
    path = rule.path.decode("utf-8", "backslashreplace")
    if rule.path.endswith(b"/"):
        return Target("folder", source, rule.path, f"{source.name}:{path}")
    return Target("document", source, rule.path, placing.name_at(connection, source.id, rule.path) or path)


def rule_of(catalogue: Catalogue, target: str) -> AccessRule:
    """The rule of one target."""
    with catalogue.reading() as connection:
        found = find_target(connection, target)
        return _shown(connection, found, [each.path for each in placing.placed(connection, found.source.id)])


def _shown(connection: Connection, target: Target, paths: Collection[bytes]) -> AccessRule:
    allow, deny = _said(connection, target)
    return AccessRule(
        target=target.name,
        kind=target.kind,
        source=target.source.name,
        allow=None if allow is None else tuple(sorted(allow)),
        deny=tuple(sorted(deny)),
        documents=sum(map(target.speaks_of, paths)),
        permissions=target.source.permissions,
    )
