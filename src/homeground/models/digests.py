"""SHA-256 of files; those of large files are remembered, so that a load need not read gigabytes to check them.

A remembered digest counts while device, inode, size, and the times of last change of content and of inode are the
same. A file changed less than two seconds ago is not remembered: it could change again within one tick of the file
system's clock (as in git's index). The cache is a file of its own that may be deleted, cut or damaged: then files are
read again. Whoever can write to it can write to the models as well; `models verify --full` does without it.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from homeground.models.folders import cache_folder

REMEMBER_FROM = 32_000_000  # bytes; less is read each time: 32 MB take 18 ms (docs/lab-log.md)
_RACY_S = 2.0
_MOST_ENTRIES = 2_000
_MOST_BYTES = 2_000_000


class Digests:
    """Digests of files, remembered or read. ``remembered`` counts those that were not read; `save` keeps the new ones.

    With ``full`` every file is read.
    """

    def __init__(self, *, full: bool = False) -> None:
        self._full = full
        self._path = cache_folder() / "digests.json"
        self._known: dict[str, str] | None = None
        self._new: dict[str, str] = {}
        self.remembered = 0

    def sha256(self, path: Path) -> str:
        """The SHA-256 of the file in hex; OSError when it cannot be read."""
        before = path.stat()
        if before.st_size < REMEMBER_FROM:
            return read_sha256(path)
        key = _key(before)
        if not self._full and (known := self._entries().get(key)):
            self.remembered += 1
            return known
        digest = read_sha256(path)
        settled = time.time() - max(before.st_mtime, before.st_ctime) > _RACY_S
        if settled and _key(path.stat()) == key:
            self._new[key] = digest
        return digest

    def save(self) -> None:
        """Keep what was read. A cache that cannot be written is no error."""
        if not self._new:
            return
        kept = dict(list((_read(self._path) | self._new).items())[-_MOST_ENTRIES:])
        beside = self._path.with_suffix(f".{os.getpid()}.tmp")
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside.write_text(json.dumps({"files": kept}), "utf-8")
            beside.replace(self._path)
        with suppress(OSError):
            beside.unlink(missing_ok=True)

    def _entries(self) -> dict[str, str]:
        if self._known is None:
            self._known = _read(self._path)
        return self._known


def read_sha256(path: Path) -> str:
    """The SHA-256 of the file in hex, read now."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _key(found: os.stat_result) -> str:
    # The inode's own change time, too: content can be changed and its time set back, that of the inode cannot.
    return ":".join(map(str, (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)))


def _read(path: Path) -> dict[str, str]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return {}
        files: Any = json.loads(path.read_bytes())["files"]
        return {key: value for key, value in files.items() if isinstance(value, str) and len(value) == 64}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
