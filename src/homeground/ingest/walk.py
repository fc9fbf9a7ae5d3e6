"""Real folders: what lies below a root, and what was left out and why.

Left out without a word: hidden files (unless wanted), and what the ignore rules name: settings, and a file
``.homegroundignore`` in gitignore syntax at any level. Everything else that is not read is reported.
"""

# ruff: noqa: PTH112, PTH116, PTH118
# Names are strings here: paths take twice the time.

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pathspec import GitIgnoreSpec

FOLDER_FILE, SUFFIX = ".homeground-access", ".access"  # sidecar files: see ingest.sidecar
IGNORE_FILE = ".homegroundignore"
LEFTOVERS = ("~$*", "Thumbs.db", "desktop.ini")  # what office programs and Windows leave beside the documents


@dataclass(frozen=True, slots=True)
class File:
    """A file below a root. ``path`` is relative to the root with slashes, ``real`` where it lies after all links."""

    path: str
    full: Path
    real: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


@dataclass(slots=True)
class Tree:
    """What a walk found. ``skipped`` pairs a path with a reason; ``unseen`` are folders that could not be listed."""

    files: list[File] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rules:
    """What to leave out. ``closed`` are real paths of folders that belong to someone else: never entered.
    ``sidecars``: files beside others say who may read these, and are no documents."""

    hidden: bool = False
    ignore: tuple[str, ...] = ()
    closed: frozenset[str] = frozenset()
    depth: int | None = None
    sidecars: bool = False


def walk(root: Path, rules: Rules) -> Tree:
    """Everything below ``root``, in the order of names. OSError when the root itself cannot be listed."""
    return _Walk(root, rules).run()


def file_at(path: str, full: Path) -> File:
    """The file at ``full``, links followed; OSError when it is not there."""
    found = full.stat()
    return File(path, full, os.path.realpath(full), found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def kind_of(mode: int) -> str | None:
    """What a file is when it is nothing to read; None for ordinary files."""
    if stat.S_ISREG(mode):
        return None
    kinds = {
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "not an ordinary file")


def within(path: str, folders: Collection[str]) -> bool:
    """Whether a real path is one of ``folders`` or lies below one."""
    return any(path == folder or path.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)


_Chain = tuple[tuple[str, GitIgnoreSpec], ...]


class _Walk:
    def __init__(self, root: Path, rules: Rules) -> None:
        self.root, self.rules = root, rules
        self.real_root = os.path.realpath(root)
        self.tree = Tree()
        self.links: list[tuple[str, str]] = []

    def run(self) -> Tree:
        spec = GitIgnoreSpec.from_lines([*LEFTOVERS, *self.rules.ignore])
        entries = self._list(self.root)
        self._folder("", entries, (("", spec),))
        self._follow_links()
        return self.tree

    def _list(self, folder: Path) -> list[os.DirEntry[str]]:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: os.fsencode(entry.name))

    def _folder(self, path: str, entries: list[os.DirEntry[str]], chain: _Chain) -> None:
        """Depth first, with a stack of its own: a tree may be deeper than Python's."""
        stack: list[tuple[str, list[os.DirEntry[str]], _Chain]] = [(path, entries, chain)]
        while stack:
            path, entries, chain = stack.pop()
            chain = self._with_ignore_file(path, entries, chain)
            names = {entry.name for entry in entries}
            for entry in entries:
                below = f"{path}/{entry.name}" if path else entry.name
                if not self._left_out(entry, below, chain) and not self._sidecar(below, names):
                    stack.extend(self._entry(entry, below, chain))

    def _with_ignore_file(self, path: str, entries: list[os.DirEntry[str]], chain: _Chain) -> _Chain:
        if not any(entry.name == IGNORE_FILE for entry in entries):
            return chain
        try:
            text = (self.root / path / IGNORE_FILE).read_text("utf-8", "surrogateescape")
            return (*chain, (path, GitIgnoreSpec.from_lines(text.splitlines())))
        except (OSError, ValueError) as error:
            # What it would have kept out must not come in: the folder counts as one that could not be listed.
            self._unseen(path, f"its {IGNORE_FILE} cannot be used ({error}); nothing below was looked at")
            return (*chain, (path, GitIgnoreSpec.from_lines(["*"])))

    def _left_out(self, entry: os.DirEntry[str], path: str, chain: _Chain) -> bool:
        if entry.name in (IGNORE_FILE, FOLDER_FILE) or (not self.rules.hidden and _hidden(entry)):
            return True
        slash = "/" if entry.is_dir(follow_symlinks=False) else ""
        for base, spec in reversed(chain):
            below = path[len(base) + 1 :] if base else path
            verdict = spec.check_file(below + slash).include
            if verdict is not None:
                return verdict
        return False

    def _sidecar(self, path: str, names: Collection[str]) -> bool:
        """Whether it is a sidecar file; one that speaks of no file may be misspelt, and is reported."""
        if not self.rules.sidecars or not path.endswith(SUFFIX):
            return False
        if path.rpartition("/")[2].removesuffix(SUFFIX) not in names:
            self.tree.skipped.append((path, "says who may read a file that is not here"))
        return True

    def _entry(
        self, entry: os.DirEntry[str], path: str, chain: _Chain
    ) -> Iterator[tuple[str, list[os.DirEntry[str]], _Chain]]:
        try:
            if entry.is_symlink():
                self._link(entry, path)
            elif entry.is_dir(follow_symlinks=False):
                if self._open(path):
                    yield path, self._list(self.root / path), chain
            else:
                self._file(entry, path)
        except OSError as error:
            self._unseen(path, f"cannot be listed ({error.strerror or error})")

    def _open(self, path: str) -> bool:
        deep = self.rules.depth is not None and path.count("/") + 2 > self.rules.depth
        return not deep and not within(os.path.join(self.real_root, path), self.rules.closed)

    def _unseen(self, path: str, reason: str) -> None:
        self.tree.unseen.append(path)
        self.tree.skipped.append((path, reason))

    def _file(self, entry: os.DirEntry[str], path: str) -> None:
        found = entry.stat(follow_symlinks=False)
        odd = kind_of(found.st_mode)
        if odd:
            self.tree.skipped.append((path, f"is {odd}"))
            return
        real = os.path.join(self.real_root, path)
        self.tree.files.append(
            File(path, self.root / path, real, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
        )

    def _link(self, entry: os.DirEntry[str], path: str) -> None:
        try:
            target = os.path.realpath(entry.path, strict=True)
        except OSError:
            self.tree.skipped.append((path, "is a link that leads nowhere, or in a circle"))
            return
        if not within(target, [self.real_root]) or within(target, self.rules.closed):
            self.tree.skipped.append((path, "is a link that leads out of this source; add its target by itself"))
        elif os.path.isdir(target):
            self.tree.skipped.append((path, "is a link to a folder of this source, which is read at its own place"))
        else:
            self.links.append((path, target))

    def _follow_links(self) -> None:
        """A link to a file that was found anyway would be the same document twice."""
        found = {file.real for file in self.tree.files}
        for path, target in self.links:
            if target in found:
                self.tree.skipped.append((path, "is a link to a file of this source, which is read under its own name"))
            else:
                self._take_link(path, target, found)

    def _take_link(self, path: str, target: str, found: set[str]) -> None:
        odd = kind_of(os.stat(target).st_mode)
        if odd:
            self.tree.skipped.append((path, f"is a link to {odd}"))
            return
        self.tree.files.append(file_at(path, self.root / path))
        found.add(target)


def _hidden(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith("."):
        return True
    attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    return bool(attributes & stat.FILE_ATTRIBUTE_HIDDEN)
