"""The bytes of one file on their way through a parser, and the refusals that come before any parsing."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePath

from homeground.errors import ReadError
from homeground.settings import IngestSettings

_KINDS = (
    (stat.S_ISDIR, "it is a folder, not a file"),
    (stat.S_ISFIFO, "it is a named pipe, not a file"),
    (stat.S_ISSOCK, "it is a socket, not a file"),
    (stat.S_ISCHR, "it is a device, not a file"),
    (stat.S_ISBLK, "it is a device, not a file"),
)


@dataclass(frozen=True, slots=True)
class File:
    """What a parser gets: bytes that were read once, the file's name, and the settings."""

    data: bytes
    name: str
    settings: IngestSettings

    @property
    def suffix(self) -> str:
        """The extension in lower case, with its dot; empty when there is none."""
        return PurePath(self.name).suffix.lower()

    @property
    def stem(self) -> str:
        """The name without its extension: the title of last resort."""
        return PurePath(self.name).stem


def load(path: Path, settings: IngestSettings) -> bytes:
    """Read the bytes of a regular file, once.

    Raises:
        ReadError: when it is something else, too large, empty, or cannot be opened.
    """
    try:
        _check(path.stat().st_mode)
        # A file can become a pipe between the look and the opening: O_NONBLOCK keeps that from hanging.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            return _read(file.fileno(), settings.max_file_mb)
    except OSError as error:
        raise ReadError(f"it cannot be opened: {error.strerror or error}") from None
    except ValueError as error:
        raise ReadError(f"it cannot be opened: {error}") from None


def _check(mode: int) -> None:
    for is_kind, words in _KINDS:
        if is_kind(mode):
            raise ReadError(words)


def _read(descriptor: int, max_file_mb: int) -> bytes:
    found = os.fstat(descriptor)
    _check(found.st_mode)
    limit = max_file_mb * 2**20
    if found.st_size > limit:
        raise ReadError(f"it is too large: {found.st_size / 2**20:.0f} MB, the limit is {max_file_mb} MB (max_file_mb)")
    with os.fdopen(os.dup(descriptor), "rb") as file:
        data = file.read(limit + 1)  # it may grow while it is read
    if len(data) > limit:
        raise ReadError(f"it is too large: more than {max_file_mb} MB, the limit (max_file_mb)")
    if not data:
        raise ReadError("it is empty")
    return data
