"""What a sync tells while it runs, and what it says at the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from homeground.ingest.survey import Skipped


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a sync is. ``stage`` is look, read, rebuild or maintain; ``name`` the document read last.

    ``remaining_s`` is an estimate from the bytes still to be read; None while there is nothing to go by.
    """

    stage: str
    files_done: int = 0
    files_total: int = 0
    pages: int = 0
    passages: int = 0
    seconds: float = 0.0
    remaining_s: float | None = None
    name: str = ""

    @property
    def passages_per_s(self) -> float:
        """Passages embedded and committed per second so far."""
        return self.passages / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did. ``unread`` are documents of which nothing could be read, ``partly`` those with unread pages.

    ``skipped`` is what was left out at the look; ``failed`` says which sources could not be looked at, and why.
    ``rebuilt`` counts documents that were embedded anew without being read again.
    """

    added: int = 0
    changed: int = 0
    renamed: int = 0
    removed: int = 0
    unchanged: int = 0
    rebuilt: int = 0
    pages: int = 0
    passages: int = 0
    seconds: float = 0.0
    unread: tuple[Skipped, ...] = ()
    partly: tuple[Skipped, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    failed: tuple[str, ...] = ()


Listener = Callable[[Progress], None]


class Meter:
    """Counts what is done and tells the listener."""

    def __init__(self, listener: Listener | None) -> None:
        self._listener = listener
        self._began = time.monotonic()
        self._stage = "look"
        self._files = self._bytes = self._pages = self._passages = 0
        self._all_files = self._all_bytes = 0

    def expect(self, stage: str, files: int, size: int) -> None:
        """A stage begins in which so many files, of so many bytes together, will be dealt with."""
        self._stage, self._began = stage, time.monotonic()
        self._files = self._bytes = self._pages = self._passages = 0
        self._all_files, self._all_bytes = files, size
        self.tell()

    def count(self, files: int = 0, size: int = 0, pages: int = 0, passages: int = 0, name: str = "") -> None:
        """So much more is done."""
        self._files += files
        self._bytes += size
        self._pages += pages
        self._passages += passages
        self.tell(name)

    def tell(self, name: str = "") -> None:
        """Says where things are."""
        if self._listener is None:
            return
        seconds = time.monotonic() - self._began
        share = self._bytes / self._all_bytes if self._all_bytes else 0.0
        remaining = seconds * (1 - share) / share if share else None
        self._listener(
            Progress(self._stage, self._files, self._all_files, self._pages, self._passages, seconds, remaining, name)
        )
