"""Documents change their access class, or go, without a sync: no file is read, and nothing is embedded.

The catalogue decides, in one transaction that needs no lock, and hides what is on its way (see ``catalogue.placing``).
Here the index follows, under the writer's lock: by this process, or by the sync that holds it.
"""

from __future__ import annotations

import time
from pathlib import Path

from homeground.catalogue import Catalogue
from homeground.catalogue.conversations import forget
from homeground.errors import LockedError
from homeground.index.contract import PassageIndex
from homeground.ingest.batch import tend
from homeground.ingest.beside import BesideIndex, make_whole
from homeground.ingest.lock import writer_lock
from homeground.ingest.recipe import OpenIndex, made
from homeground.ingest.sync import disk_errors
from homeground.settings import IngestSettings

_PATIENCE_S = 10.0  # longer than a sync takes from its last look for such documents to letting go of the lock
_PAUSE_S = 0.05


class Moving:
    """Makes the index follow the catalogue, without a look at the sources."""

    def __init__(self, catalogue: Catalogue, home: Path, open_index: OpenIndex, settings: IngestSettings) -> None:
        self.catalogue, self.home, self.open_index = catalogue, home, open_index
        self.beside = BesideIndex(catalogue, home, open_index, settings)

    def finish(self, patience_s: float = _PATIENCE_S) -> int:
        """Brings documents into their classes, and takes out those that were removed.

        While another process writes, that one does it; returns how many documents are still hidden then, or were left
        when the patience ended: whoever writes next finishes them.
        """
        until = time.monotonic() + patience_s
        while self._left():
            try:
                with writer_lock(self.home), disk_errors(self.home):
                    self._follow()
                break
            except LockedError:
                if time.monotonic() > until:
                    break
                time.sleep(_PAUSE_S)
        return self._left()

    def _left(self) -> int:
        return len(self.catalogue.moving()) + len(self.catalogue.taken_out())

    def _follow(self) -> None:
        now = made(self.catalogue)
        if now is None:  # nothing was ever read
            self.catalogue.land(self.catalogue.moving())
            return
        index = self.open_index(now.name, now.dimension)
        make_whole(self.catalogue, index)
        gone = tend(self.catalogue, index)
        self.beside.follow()
        if gone:
            self._clean(index, now.name)

    def _clean(self, index: PassageIndex, name: str) -> None:
        """What was taken out leaves the disk, the index beside and the conversations."""
        index.maintain()
        self.beside.prune(f"{name} {index.version}")
        with self.catalogue.writing() as connection:
            forget(connection)
        self.catalogue.checkpoint()
