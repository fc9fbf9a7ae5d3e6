"""What all sources hold now, and which of them a file belongs to."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from homeground.catalogue import Permission, Source
from homeground.ingest.permitted import SIDECAR, Permitted
from homeground.ingest.sources import chosen, named, rank
from homeground.ingest.walk import File, Rules, Tree, file_at, kind_of, walk
from homeground.settings import IngestSettings


@dataclass(frozen=True, slots=True)
class Found:
    """A file that a source has now. ``path`` is relative to the source's root, ``name`` the document's name,
    ``permission`` what the file says of who may read it, where the source asks for that."""

    source: int
    path: bytes
    name: str
    file: File
    permission: Permission | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was not read, by name, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What all sources hold now.

    ``failed`` maps the id of a source that could not be looked at to the reason: its documents stay as they are.
    ``unseen`` are (source, folder) pairs that could not be listed: what lies below stays as it is.
    """

    found: tuple[Found, ...]
    skipped: tuple[Skipped, ...]
    failed: dict[int, str]
    unseen: tuple[tuple[int, bytes], ...]
    devices: dict[int, int]


def survey(sources: Sequence[Source], home: Path, settings: IngestSettings, full: Collection[int]) -> Survey:
    """Walks every source. ``full`` are those that have documents: their empty root may mean an unmounted share."""
    looked = _Survey(home, settings, frozenset(full))
    for source in sorted(sources, key=rank):
        looked.look(source, [other for other in sources if other.id != source.id and other.kind == "folder"])
    return looked.result()


class _Survey:
    def __init__(self, home: Path, settings: IngestSettings, full: frozenset[int]) -> None:
        self.home, self.settings, self.full = os.path.realpath(home), settings, full
        self.found: list[Found] = []
        self.skipped: list[Skipped] = []
        self.failed: dict[int, str] = {}
        self.unseen: list[tuple[int, bytes]] = []
        self.devices: dict[int, int] = {}
        self.taken: set[str] = set()
        self.names: set[str] = set()
        self.permitted = Permitted()

    def result(self) -> Survey:
        return Survey(tuple(self.found), tuple(self.skipped), self.failed, tuple(self.unseen), self.devices)

    def look(self, source: Source, folders: Sequence[Source]) -> None:
        try:
            device = source.root.stat().st_dev
            tree = self._tree(source, folders)
        except OSError as error:
            self._fail(source, f"cannot be listed ({error.strerror or error})")
            return
        moved = source.device is not None and source.device != device
        if moved and source.id in self.full and not any(source.root.iterdir()):
            self._fail(source, "is empty and on another disk than before: an unmounted share?")
            return
        self.devices[source.id] = device
        self._take(source, tree)

    def _fail(self, source: Source, reason: str) -> None:
        self.failed[source.id] = (
            f"The folder {source.root} of source {source.name!r} {reason}. Its documents were kept as they are; "
            f"`homeground remove` takes them out if they are gone for good."
        )

    def _tree(self, source: Source, folders: Sequence[Source]) -> Tree:
        if source.kind == "file":
            return _single(source)
        root = os.path.realpath(source.root)
        others = (os.path.realpath(other.root) for other in folders if rank(other) < rank(source))
        closed = frozenset({self.home, *(other for other in others if other != root)})
        depth = None if source.kind == "folder" or "**" in source.pattern else source.pattern.count("/") + 1
        sidecars = source.permissions == SIDECAR
        return walk(source.root, Rules(self.settings.hidden, self.settings.ignore, closed, depth, sidecars))

    def _take(self, source: Source, tree: Tree) -> None:
        for file in tree.files:
            if chosen(source, file.path) and file.real not in self.taken:
                self._keep(source, file)
        self.skipped.extend(Skipped(named(source, path), why) for path, why in self.permitted.problems(source))
        self.unseen.extend((source.id, os.fsencode(path)) for path in tree.unseen)
        self.skipped.extend(
            Skipped(named(source, path), reason) for path, reason in tree.skipped if source.kind != "glob"
        )

    def _keep(self, source: Source, file: File) -> None:
        self.taken.add(file.real)
        name = named(source, file.path)
        if name in self.names:
            self.skipped.append(
                Skipped(name, "another document has this name already; add its folder by its full path")
            )
            return
        self.names.add(name)
        permission = self.permitted.of(source, file)
        self.found.append(Found(source.id, os.fsencode(file.path), name, file, permission))


def _single(source: Source) -> Tree:
    tree = Tree()
    full = source.root / source.pattern
    if os.path.lexists(full):
        try:
            odd = kind_of(full.stat().st_mode)
        except OSError:
            odd = "a link that leads nowhere"
        if odd:
            tree.skipped.append((source.pattern, f"is {odd}"))
        else:
            tree.files.append(file_at(source.pattern, full))
    return tree
