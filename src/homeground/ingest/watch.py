"""Syncs whenever something changes below a source, until told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from homeground.catalogue import Catalogue
from homeground.errors import HomegroundError
from homeground.ingest.progress import SyncReport
from homeground.ingest.sync import Sync

DEBOUNCE_MS = 1_600  # a program that saves a file in several steps should be read once
ROUND_S = 60  # some changes cannot be seen: on many network shares, and shares that come back
_LOOK_MS = 500


@dataclass(frozen=True, slots=True)
class Watch:
    """Keeps syncing. ``on_report`` and ``on_error`` hear of every sync; an error does not end the watch.

    A full disk may be emptied, a share mounted again. Other writers are waited for.
    """

    sync: Sync
    catalogue: Catalogue
    on_report: Callable[[SyncReport], None] = lambda report: None
    on_error: Callable[[HomegroundError], None] = lambda error: None
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Syncs now and after every change. Returns soon after ``stop`` is set, or on Ctrl-C."""
        with suppress(KeyboardInterrupt):
            while not self.stop.is_set():
                self._watch(self._roots())

    def _roots(self) -> list[Path]:
        return sorted({source.root for source in self.catalogue.sources() if source.root.is_dir()})

    def _watch(self, roots: list[Path]) -> None:
        """Until the roots change. Changes that are made while a sync runs are kept by the watcher for the next one."""
        synced = float("-inf")
        for changed in self._changes(roots):
            if changed or time.monotonic() - synced > ROUND_S:
                self._once()
                synced = time.monotonic()
            if self.stop.is_set() or self._roots() != roots:
                return

    def _once(self) -> None:
        try:
            self.on_report(self.sync.run(wait=True))
        except HomegroundError as error:
            self.on_error(error)

    def _changes(self, roots: list[Path]) -> Iterator[bool]:
        """Whether something changed, twice a second."""
        if not roots:
            yield True
            while not self.stop.wait(_LOOK_MS / 1000):
                yield False
            return
        from watchfiles import watch

        own = self.sync.home.resolve()
        events = watch(
            *roots,
            watch_filter=lambda change, path: not Path(path).resolve().is_relative_to(own),
            debounce=DEBOUNCE_MS,
            stop_event=self.stop,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )
        for changes in events:
            yield bool(changes)
