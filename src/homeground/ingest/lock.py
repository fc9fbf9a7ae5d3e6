"""One writer at a time. The operating system frees the lock when its holder dies, however it dies."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from homeground.errors import LockedError, StorageError

LOCK_FILE, HOLDER_FILE, SWAP_FILE = "writer.lock", "writer.json", "swap.lock"
_PATIENCE_S = 5


@contextmanager
def writer_lock(home: Path, *, wait: bool = False, brief: bool = False) -> Iterator[None]:
    """Holds the workspace's writer lock. LockedError names the holder, unless ``wait``; StorageError when read-only.

    ``brief`` tells others that it is for moments, as when a swap of the embedder writes a part: they need not fail.
    """
    from filelock import FileLock, Timeout

    if not os.access(home, os.W_OK):  # filelock takes a refusal for a lock that is held
        raise StorageError(f"The workspace {home} cannot be written: check that it is there, and its permissions.")
    lock = FileLock(home / LOCK_FILE)
    try:
        lock.acquire(timeout=-1 if wait else _PATIENCE_S if _noted(home).get("brief") else 0)
    except Timeout as error:
        raise LockedError(
            f"The workspace is being written to by {holder(home)}. Try again later, or wait for it."
        ) from error
    except OSError as error:
        raise StorageError(f"The workspace {home} cannot be written ({error.strerror or error}).") from error
    try:
        _sign(home, brief)
        yield
    finally:
        lock.release()


@contextmanager
def swap_lock(home: Path) -> Iterator[None]:
    """One swap of the embedder at a time; others may sync meanwhile. LockedError when another is under way."""
    from filelock import FileLock, Timeout

    lock = FileLock(home / SWAP_FILE)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LockedError("Another swap of the embedder is under way in this workspace. Wait for its end.") from None
    try:
        yield
    finally:
        lock.release()


def holder(home: Path) -> str:
    """Who holds the lock, in words."""
    try:
        noted = _noted(home)
        return f"process {int(noted['pid'])} on {noted['host']}, since {noted['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"


def _noted(home: Path) -> dict[str, Any]:
    """What the last holder wrote; nothing when it cannot be read."""
    try:
        noted = json.loads((home / HOLDER_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _sign(home: Path, brief: bool) -> None:
    noted: dict[str, Any] = {"pid": os.getpid(), "host": socket.gethostname(), "brief": brief}
    noted["since"] = datetime.now().isoformat(" ", "seconds")
    try:
        (home / HOLDER_FILE).write_text(json.dumps(noted), "utf-8")
    except OSError as error:
        raise StorageError(f"The workspace {home} cannot be written ({error.strerror or error}).") from error
