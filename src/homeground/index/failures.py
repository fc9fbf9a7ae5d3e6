"""What LanceDB raises → homeground's own errors, in words. LanceDB tells its failures apart by text only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from homeground.errors import StorageError, WorkspaceError

_FULL = ("no space left", "os error 28", "quota exceeded", "disk full")
_FORBIDDEN = (
    "permission denied",
    "read-only file system",
    "not a directory",
    "os error 20",
    "os error 13",
    "os error 30",
    "operation not permitted",
)
_GONE = ("not found", "no such file", "os error 2)", "does not exist")


@contextmanager
def in_words(uri: str) -> Iterator[None]:
    """Turns LanceDB's failures at `uri` into StorageError or WorkspaceError."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        words = str(error).lower()
        if any(sign in words for sign in _FULL):
            raise StorageError(f"the disk is full: the passage index {uri} was not changed; free some space") from error
        if any(sign in words for sign in _FORBIDDEN):
            raise StorageError(f"the passage index {uri} cannot be written: check the folder's permissions") from error
        raise WorkspaceError(
            f"the passage index {uri} is damaged or was made by other software ({_first_line(error)}); "
            "delete its folder and run `homeground sync`"
        ) from error


def vanished(error: Exception) -> bool:
    """True when a file was missing: it belonged to an old version that was cleaned up under the reader."""
    return any(sign in str(error).lower() for sign in _GONE)


def _first_line(error: Exception) -> str:
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return line if len(line) <= 200 else f"{line[:197]}..."
