"""What a sync has to do: the files that are there now against the documents of the last time.

A file is taken for unchanged when size, modification and change time and inode are the same and it was already old when
it was read: a change within the same tick of the clock would not show otherwise ("racy git"). Else its bytes decide.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from homeground.catalogue import KnownFile, Permission, Stamp
from homeground.ingest.survey import Found, Survey

_RACY_NS = 2_000_000_000  # FAT keeps times to two seconds; everything else is finer


@dataclass(frozen=True, slots=True)
class Job:
    """A file to be read. ``document`` None makes a new one; ``replaces`` is a document that goes in the same commit."""

    found: Found
    document: int | None = None
    replaces: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """``renames`` are (document, path, name, stamp); ``permits`` what files say anew of who may read them;
    ``folders`` are rules of folders that were renamed, with the new paths."""

    jobs: tuple[Job, ...]
    drops: tuple[int, ...]
    renames: tuple[tuple[int, bytes, str, Stamp], ...]
    restamps: Mapping[int, Stamp]
    unchanged: int
    permits: Mapping[int, Permission | None] = field(default_factory=dict)
    folders: tuple[tuple[int, bytes], ...] = ()


def stamp_of(path: Path) -> Stamp:
    """What the file system says of a file now; OSError when it is not there."""
    found = path.stat()
    return _stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _stamp(size: int, mtime_ns: int, ctime_ns: int, inode: int) -> Stamp:
    settled = max(mtime_ns, ctime_ns) < time.time_ns() - _RACY_NS
    return Stamp(size, mtime_ns, ctime_ns, inode & (2**63 - 1), settled)


def same_file(a: Stamp, b: Stamp) -> bool:
    """Whether nothing shows a change between two looks."""
    return replace(a, settled=True) == replace(b, settled=True)


def digest_of(path: Path) -> str | None:
    """SHA-256 of the file's bytes; None when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def make_plan(known: Iterable[KnownFile], survey: Survey, reader: str) -> Plan:
    """Compares; ``reader`` names the settings that a file would be read under now."""
    return _Planner({(each.source, each.path): each for each in known}, survey, reader).plan()


class _Planner:
    def __init__(self, known: dict[tuple[int, bytes], KnownFile], survey: Survey, reader: str) -> None:
        self.known, self.survey, self.reader = known, survey, reader
        self.jobs: list[Job] = []
        self.renames: list[tuple[int, bytes, str, Stamp]] = []
        self.restamps: dict[int, Stamp] = {}
        self.permits: dict[int, Permission | None] = {}
        self.unchanged = 0

    def plan(self) -> Plan:
        here = {(found.source, found.path): found for found in self.survey.found}
        gone = [each for key, each in self.known.items() if key not in here and not self._out_of_sight(each)]
        new = [found for key, found in here.items() if key not in self.known]
        for key, found in here.items():
            if key in self.known:
                self._compare(self.known[key], found)
        left = self._pair(gone, new)
        renames = tuple(self.renames)
        return Plan(tuple(self.jobs), tuple(left), renames, self.restamps, self.unchanged, self.permits)

    def _out_of_sight(self, known: KnownFile) -> bool:
        """Whether it may still be there: its source, or a folder above it, could not be listed."""
        above = (folder for source, folder in self.survey.unseen if source == known.source)
        covered = any(not folder or known.path == folder or known.path.startswith(folder + b"/") for folder in above)
        return covered or known.source in self.survey.failed

    def _permit(self, known: KnownFile, found: Found) -> None:
        if known.permission != found.permission:
            self.permits[known.document] = found.permission

    def _compare(self, known: KnownFile, found: Found) -> None:
        self._permit(known, found)
        file = found.file
        stamp = _stamp(file.size, file.mtime_ns, file.ctime_ns, file.inode)
        if known.withheld or (known.imperfect and known.reader != self.reader):
            self._again(known, found)
        elif known.stamp.settled and same_file(known.stamp, stamp):
            self.unchanged += 1
        elif (digest_of(file.full) or "") == known.sha256:  # both empty: it still cannot be read
            self.restamps[known.document] = stamp
            self.unchanged += 1
        else:
            self.jobs.append(Job(found, known.document))

    def _again(self, known: KnownFile, found: Found) -> None:
        """Reads a file anew although its bytes may be the same.

        As a new document: recovery tells by the revision whether the index holds the new passages or the old ones.
        """
        self.jobs.append(Job(found, None, known.document))

    def _pair(self, gone: list[KnownFile], new: list[Found]) -> list[int]:
        """New files with the bytes of a document that is gone are renames; returns the documents to drop."""
        by_digest: dict[tuple[int, str], list[KnownFile]] = {}
        by_name = {each.name: each for each in gone}
        for each in gone:
            if each.sha256 and not each.withheld:
                by_digest.setdefault((each.source, each.sha256), []).append(each)
        sizes = {(each.source, each.stamp.size) for each in gone}
        taken: set[int] = set()
        for found in new:
            old = self._same_bytes(found, by_digest) if (found.source, found.file.size) in sizes else None
            taken |= self._place(found, old, by_name, taken)
        return sorted(each.document for each in gone if each.document not in taken)

    def _same_bytes(self, found: Found, by_digest: dict[tuple[int, str], list[KnownFile]]) -> KnownFile | None:
        same = by_digest.get((found.source, digest_of(found.file.full) or ""), [])
        return same.pop(0) if same else None

    def _place(
        self, found: Found, old: KnownFile | None, by_name: Mapping[str, KnownFile], taken: set[int]
    ) -> set[int]:
        if old is not None and old.document not in taken:
            stamp = stamp_or_empty(found.file.full)
            self.renames.append((old.document, found.path, found.name, stamp))
            self._permit(old, found)
            return {old.document}
        moved = by_name.get(found.name)  # the same name, now under another source
        if moved is not None and moved.document not in taken:
            self.jobs.append(Job(found, None, moved.document))
            return {moved.document}
        self.jobs.append(Job(found))
        return set()


def stamp_or_empty(path: Path) -> Stamp:
    """The stamp of a file; one that never matches when the file is gone again."""
    try:
        return stamp_of(path)
    except OSError:
        return Stamp()
