"""Where documents come from: folders, files and globs, and which of their files belongs to which source.

A document's name is its path as it was added: the root as typed, and what lies below it. When sources overlap, a file
belongs to the most specific one (a file before a glob before a folder; the deeper root first), so that
``add docs`` and ``add docs/hr --acl group:hr`` mean what they say in either order.
"""

# ruff: noqa: PTH100, PTH111, PTH112, PTH118
# What a path means as it was typed is for os.path to say.

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from sqlalchemy import Connection

from homeground.access.policy import check_grants
from homeground.catalogue import Catalogue, Source, origins, placing, rules
from homeground.errors import ConfigError, NotFoundError
from homeground.ingest.lock import writer_lock
from homeground.ingest.permitted import FILES, NONE, check_kind
from homeground.ingest.walk import within
from homeground.types import EVERYONE, OWNER

_MAGIC = frozenset("*?[")
_Place = tuple[str, Path, str, str]  # kind, absolute root, pattern, prefix


# -- Adding ---------------------------------------------------------------------------------------


def add_source(
    catalogue: Catalogue,
    home: Path,
    given: str,
    *,
    grants: Iterable[str] | None = None,
    name: str | None = None,
    label: str | None = None,
    permissions: str | None = None,
    prefix: str | None = None,
    wait: bool = False,
) -> Source:
    """Adds a folder, file or glob, or changes the name, the grants, the label or the permissions of one that was added
    before.

    ``prefix`` is what the names of its documents begin with; None for the path as it was typed.
    ``grants`` None means everyone for a new source (where its files say who may read them: the owner), and no change
    for a known one; ``label`` None means the default label, and no change; ``permissions`` are none, files or sidecar
    (see ``ingest.permitted``), None for none, and no change. NotFoundError when there is nothing at ``given``;
    ConfigError when a grant is malformed, the name is taken, or names of documents would become ambiguous; LockedError
    when another process is writing, unless ``wait`` (a new source only: a sync that does not know of it would file its
    documents elsewhere).
    """
    kind, root, pattern, typed = _understand(given)
    if _inside(Path(os.path.realpath(root)), Path(os.path.realpath(home))):
        raise ConfigError(f"{given} lies in the workspace's own folder, which is never ingested.")
    checked = None if grants is None else check_grants(grants)
    if permissions is not None:
        check_kind(permissions)
    known = [each for each in catalogue.sources() if (each.kind, each.root, each.pattern) == (kind, root, pattern)]
    if known:
        return _change(catalogue, known[0], checked, name, label, permissions)
    with writer_lock(home, wait=wait):
        place = (kind, root, pattern, typed if prefix is None else prefix)
        return _insert(catalogue, given, place, checked, name, label, permissions)


def _insert(
    catalogue: Catalogue,
    given: str,
    place: _Place,
    wanted: frozenset[str] | None,
    name: str | None,
    label: str | None,
    permissions: str | None,
) -> Source:
    kind, root, pattern, prefix = place
    grants = wanted or frozenset({OWNER if permissions == FILES else EVERYONE})
    _check_names(catalogue.sources(), kind, root, pattern, prefix)
    called = name or printable(_posix(os.path.normpath(given)) or root.name or "root")
    _check_free(catalogue.sources(), called)
    with catalogue.writing() as connection:
        made = origins.insert_source(connection, called, kind, root, pattern, printable(prefix), grants)
        if label is not None:
            origins.set_label(connection, made, label)
        rules.set_permissions(connection, made, permissions or NONE)
        everything = origins.all_sources(connection)
        _take_rules(connection, next(each for each in everything if each.id == made), everything, explicit=bool(wanted))
    added = catalogue.source(called)
    _withhold_taken(catalogue, added)
    return added


def _understand(given: str) -> _Place:
    """What a path means, as it was typed."""
    typed = os.path.normpath(os.path.expanduser(given)) if given else ""
    if typed and os.path.isdir(typed):
        return "folder", Path(os.path.abspath(typed)), "", _posix(typed)
    if typed and os.path.lexists(typed):
        folder, file = os.path.split(typed)
        return "file", Path(os.path.abspath(folder or ".")), file, _posix(folder or ".")
    parts = PurePath(typed).parts
    first = next((at for at, part in enumerate(parts) if _MAGIC & set(part)), None)
    if first is None:
        raise NotFoundError(f"There is no file or folder at {given!r}.")
    root = os.path.join(*parts[:first]) if first else "."
    if not os.path.isdir(root):
        raise NotFoundError(f"There is no folder {root!r}, in which {given!r} would be looked up.")
    return "glob", Path(os.path.abspath(root)), "/".join(parts[first:]), _posix(root)


def _posix(path: str) -> str:
    shown = PurePath(path).as_posix()
    return "" if shown == "." else shown


def _inside(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents


def _check_free(others: Sequence[Source], name: str) -> None:
    if any(each.name == name for each in others):
        raise ConfigError(f"There is a source named {name!r} already. Choose another name with --name.")


def _check_names(others: Sequence[Source], kind: str, root: Path, pattern: str, prefix: str) -> None:
    """Two places under one name would give two files the same name, and no citation could tell them apart."""
    name, place = _claim(kind, root, pattern, prefix)
    for other in others:
        taken, at = _claim(other.kind, other.root, other.pattern, other.prefix)
        if _ambiguous(name, place, taken, at) or _ambiguous(taken, at, name, place):
            raise ConfigError(
                f"Names below {taken.as_posix()!r} already mean files of {at}. Add this by its full path: {place}"
            )


def _claim(kind: str, root: Path, pattern: str, prefix: str) -> tuple[PurePath, Path]:
    """The name that a source gives out, and the place that it stands for."""
    return (PurePath(prefix, pattern), root / pattern) if kind == "file" else (PurePath(prefix), root)


def _ambiguous(name: PurePath, place: Path, taken: PurePath, at: Path) -> bool:
    if name == taken:
        return place != at
    # Below "." or ".." lies anything: there the survey reports the names that really meet.
    return taken in name.parents and taken.parts[-1:] not in ((), ("..",)) and place != at / name.relative_to(taken)


def _change(
    catalogue: Catalogue,
    source: Source,
    grants: frozenset[str] | None,
    name: str | None,
    label: str | None,
    permissions: str | None,
) -> Source:
    if label is not None and label != source.label:
        catalogue.set_label(source, label)
    if grants is not None and grants != source.grants:
        catalogue.set_grants(source, grants)
    if permissions is not None and permissions != source.permissions:
        with catalogue.writing() as connection:
            rules.set_permissions(connection, source.id, permissions)
    if name is not None and name != source.name:
        _check_free(catalogue.sources(), name)
        with catalogue.writing() as connection:
            origins.set_name(connection, source.id, name)
    return catalogue.source(name or source.name)


def _withhold_taken(catalogue: Catalogue, added: Source) -> None:
    """Documents that pass to the new source are hidden until the next sync has moved them there.

    Else a file under a folder that is now restricted would be answered from, under the old rules, until then.
    """
    others = {each.id: os.path.realpath(each.root) for each in catalogue.sources() if rank(added) < rank(each)}
    root = os.path.realpath(added.root)
    taken = [
        known.document
        for known in catalogue.known_files()
        if known.source in others and _takes(added, root, os.path.join(others[known.source], os.fsdecode(known.path)))
    ]
    catalogue.withhold(taken)


def _takes(added: Source, root: str, path: str) -> bool:
    real = os.path.realpath(path)
    return within(real, [root]) and chosen(added, os.path.relpath(real, root).replace(os.sep, "/"))


# -- Rules of documents that change their source ---------------------------------------------------


def _take_rules(connection: Connection, added: Source, others: Sequence[Source], *, explicit: bool) -> None:
    """What was said of folders and documents that pass to the new source holds there as well, and what was taken out
    stays out. What was said of the folders that it lies in becomes its own rule, unless it was added with one."""
    root = os.path.realpath(added.root)
    removals = rules.all_removals(connection)
    around = heir(added, others)
    if around and not explicit:
        _take_grants(connection, added, around, root)
    for other in (each for each in others if rank(added) < rank(each)):
        for rule in rules.of_source(connection, other.id):
            path = _below(other, rule.path, root)
            if path not in (None, ".") and (rule.path.endswith(b"/") or chosen(added, str(path))):
                slash = b"/" if rule.path.endswith(b"/") else b""
                rules.put(connection, added.id, os.fsencode(str(path)) + slash, rule.allow, rule.deny)
        for each in removals:
            path = _below(other, each.path, root) if each.source == other.id else None
            if path is not None and chosen(added, path):
                rules.remove(connection, replace(each, source=added.id, path=os.fsencode(path)))


def _take_grants(connection: Connection, added: Source, around: Source, root: str) -> None:
    inside = os.path.relpath(root, os.path.realpath(around.root)).replace(os.sep, "/")
    said = {each.path: each for each in rules.of_source(connection, around.id)}
    chain = [said[folder] for folder in placing.above(os.fsencode(inside) + b"/")[1:] if folder in said]
    if chain:
        origins.set_grants(connection, added, *rules.effective(chain, around))


def _below(source: Source, path: bytes, root: str) -> str | None:
    """Where a path of a source lies below a real root; None when it does not."""
    real = os.path.realpath(os.path.join(source.root, os.fsdecode(path)))
    return os.path.relpath(real, root).replace(os.sep, "/") if within(real, [root]) else None


def forget_source(catalogue: Catalogue, source: Source) -> None:
    """Forgets a source whose documents are gone. What was said of single documents, and that some were taken out, stays
    true in the source that their files pass to."""
    others = catalogue.sources()
    next_one = heir(source, others)
    with catalogue.writing() as connection:
        if next_one:
            _pass_on(connection, source, next_one)
        origins.delete_source(connection, source)


def _pass_on(connection: Connection, source: Source, heir: Source) -> None:
    root = os.path.realpath(heir.root)
    for rule in rules.of_source(connection, source.id):
        path = _below(source, rule.path, root)
        if path is not None and not rule.path.endswith(b"/"):
            rules.put(connection, heir.id, os.fsencode(path), rule.allow, rule.deny)
    for each in rules.all_removals(connection):
        path = _below(source, each.path, root) if each.source == source.id else None
        if path is not None:
            rules.remove(connection, replace(each, source=heir.id, path=os.fsencode(path)))


# -- Belonging -------------------------------------------------------------------------------------


def rank(source: Source) -> tuple[int, int, int]:
    """Sorts the most specific source first."""
    kinds = {"file": 0, "glob": 1, "folder": 2}
    depth = len(Path(os.path.realpath(source.root)).parts)
    return (0 if source.kind == "file" else 1, -depth, kinds[source.kind])


def heir(source: Source, others: Sequence[Source]) -> Source | None:
    """The source that the files of ``source`` pass to, to that source's readers, when it is removed; None when none."""
    root = os.path.realpath(source.root)
    around = (other for other in sorted(others, key=rank) if rank(source) < rank(other))
    return next((other for other in around if within(root, [os.path.realpath(other.root)])), None)


def chosen(source: Source, path: str) -> bool:
    """Whether a path below its root is one that the source means."""
    if source.kind == "folder":
        return True
    if source.kind == "file":
        return path == source.pattern
    return _matches(path.split("/"), source.pattern.split("/"))


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[at:], pattern[1:] or ["*"]) for at in range(len(parts)))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def named(source: Source, path: str) -> str:
    """A document's name: the prefix as typed and the path below it; bytes that are no text are written as escapes."""
    prefix = source.prefix if source.prefix.endswith("/") or not source.prefix else source.prefix + "/"
    return printable(prefix + path)


def printable(name: str) -> str:
    """A file name as text."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
