"""Files that are handed in: written beside, checked, made durable, and moved into the uploads folder in one instant.

arriving = uploads.begin()                          # a file that nobody sees yet
arriving.write(chunk)                               # as it comes
uploads.keep(arriving, document_name("report.pdf")) # on the disk when this returns, whatever happens next
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from homeground.errors import ConfigError, StorageError
from homeground.ingest.names import safe_name
from homeground.ingest.plan import digest_of

FOLDER = "uploads"  # beside homeground.toml, and the name of the source
_ARRIVING = "incoming"  # in the workspace's private folder
_FORGOTTEN_S = 24 * 3600  # what has been arriving for so long was cut off
_CHUNK = 1 << 20
_MARKED = re.compile(r" [0-9a-f]{8}(?:[0-9a-f]{4})?$", re.IGNORECASE)  # some file systems take no notice of case


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was handed in: the name of the document that it becomes, its SHA-256 and size in bytes.

    ``new`` is False when the same bytes were there under this name already.
    """

    document: str
    revision: str
    bytes: int
    new: bool


def document_name(given: str, person: str = "", mark: str = "") -> str:
    """What a file that is handed in under this name is called as a document; ConfigError when nothing of it is left.

    With a person it lies in their own folder, where no name says anything of what others have handed in.
    """
    return "/".join(filter(None, (FOLDER, person and folder_name(person, mark), safe_name(given))))


def folder_name(person: str, mark: str = "") -> str:
    """The folder of a person: their name, or what is left of it with a mark that makes it theirs alone.

    With a ``mark`` of twelve hexadecimal digits it is that of somebody new under a name that had a folder before.
    """
    try:
        safe = safe_name(person)
    except ConfigError:
        safe = "person"
    if mark:
        return f"{safe} {mark}"
    plain = safe == person and not _MARKED.search(person)  # a name may look like another one with its mark
    return safe if plain else f"{safe} {hashlib.sha256(person.encode()).hexdigest()[:8]}"


class Arriving:
    """A file on its way in; ``discard`` it, or ``Uploads.keep`` it."""

    def __init__(self, path: Path) -> None:
        self.path, self.size = path, 0
        self._digest = hashlib.sha256()
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    @property
    def sha256(self) -> str:
        """Of what was written so far."""
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Takes the next bytes. StorageError when the disk does not."""
        with _disk(self.path):
            self._file.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    def settle(self) -> None:
        """Returns when all bytes are on the disk."""
        with _disk(self.path):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def discard(self) -> None:
        """Forgets the file; nothing when it was kept."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class Uploads:
    """The uploads of the workspace in ``folder``, whose private folder is ``home``."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self._home = folder / FOLDER, home / _ARRIVING

    def make_folder(self) -> Path:
        """The folder, made where it is not there yet."""
        with _disk(self.folder):
            self.folder.mkdir(mode=0o700, exist_ok=True)
        return self.folder

    def begin(self) -> Arriving:
        """A new file that nobody sees yet."""
        with _disk(self._home):
            self._home.mkdir(mode=0o700, exist_ok=True)
            return Arriving(self._home / secrets.token_hex(16))

    def read(self, stream: BinaryIO) -> Arriving:
        """A file with everything that a stream holds."""
        arriving = self.begin()
        try:
            while chunk := stream.read(_CHUNK):
                arriving.write(chunk)
        except BaseException:
            arriving.discard()
            raise
        return arriving

    def keep(self, arriving: Arriving, document: str) -> Upload:
        """Moves the file to its place, over an older one of that name; durable when this returns.

        ``document`` is a name that ``document_name`` gave. ConfigError when it is taken by a folder, or its folder by a
        file; StorageError when the disk refuses.
        """
        try:
            target = self.folder / document.partition("/")[2]
            if target.is_dir() or target.parent.is_file():
                raise ConfigError(f"The name {document!r} cannot be used here. Choose another one.")
            upload = Upload(document, arriving.sha256, arriving.size, True)
            if target.is_file() and target.stat().st_size == arriving.size and digest_of(target) == arriving.sha256:
                return Upload(upload.document, upload.revision, upload.bytes, False)
            arriving.settle()
            self._move(arriving.path, target)
            return upload
        finally:
            arriving.discard()

    def _move(self, path: Path, target: Path) -> None:
        with _disk(target):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.chmod(0o600)
            path.replace(target)
            for folder in dict.fromkeys((target.parent, self.folder, self.folder.parent)):
                sync_folder(folder)

    def path_of(self, document: str) -> Path | None:
        """Where the file of an uploaded document lies; None when the document was not uploaded, or is gone."""
        folder, *parts = document.split("/")
        plain = folder == FOLDER and 1 <= len(parts) <= 2 and not {"", ".", ".."} & set(parts) and "\0" not in document
        path = self.folder.joinpath(*parts) if plain else self.folder
        return path if path.is_file() else None

    def remove(self, path: Path) -> None:
        """Deletes an uploaded file, for good."""
        with _disk(path):
            path.unlink(missing_ok=True)
            sync_folder(path.parent)

    def sweep(self) -> None:
        """Deletes what was cut off on its way in."""
        for path in self._home.glob("*") if self._home.is_dir() else ():
            try:
                if time.time() - path.stat().st_mtime > _FORGOTTEN_S:
                    path.unlink()
            except OSError:  # another process was faster
                continue


def sync_folder(folder: Path) -> None:
    """Returns when the names in a folder are on the disk."""
    try:
        opened = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows does not open folders, and needs no more than the move itself
        return
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"The upload could not be written: {error.strerror or error}. Nothing was kept.") from error
