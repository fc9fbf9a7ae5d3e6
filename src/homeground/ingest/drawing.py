"""Pictures of pages, drawn in a process that is ended when a page takes too long: a small file can ask for an hour.

The process is kept for the next picture, so that only the first one waits for it to start.
"""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from homeground import abandon
from homeground.errors import NotFoundError, ReadError
from homeground.ingest.process import Process
from homeground.settings import IngestSettings

LIMIT_S = 20  # the slowest page of the corpora takes 2 s; a drawing that is given up is not worth much more
_GIVEN_UP_S = 2.0  # what nobody waits for any more may take so long: a process that is ended must be started again
_LOOK_S = 0.1


class Drawer:
    """Draws one page at a time. Safe to use from several threads, which take turns."""

    def __init__(self, settings: IngestSettings) -> None:
        self._settings = replace(settings, timeout_s=min(settings.timeout_s, LIMIT_S))
        self._process, self._turn = Process(self._settings, waited_for=True), threading.Lock()

    def draw(self, name: str, path: Path, revision: str, page: int, span: tuple[int, int]) -> bytes:
        """What ``render.render_page`` gives; ``name`` is what errors call the document.

        Raises:
            ReadError: as there, and when the page takes too long or too much memory, or nobody waits for it any more.
            NotFoundError: when there is no such page.
        """
        request = {"path": os.fspath(path), "revision": revision, "page": page, "span": list(span)}
        with self._turn:
            abandon.check()
            with self._watched():
                answer = self._process.ask(request)
            if answer is None:
                slow = self._process.too_slow
                self._process.end()
                if slow:
                    raise ReadError(f"Page {page} of {name} takes too long to draw. Its text can be read all the same.")
                raise ReadError(
                    f"Page {page} of {name} is damaged and cannot be drawn. Its text can be read all the same."
                )
        if answer["problem"]:
            raise (NotFoundError if answer["missing"] else ReadError)(answer["problem"])
        return base64.b64decode(answer["png"])

    def close(self) -> None:
        """Ends the process, whatever it draws, and for good."""
        self._process.stop()
        with self._turn:
            self._process.end()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Within it, the process is ended at the limit, and soon after nobody waits any more."""
        done, given_up = threading.Event(), threading.Event()
        watch = threading.Thread(target=self._watch, args=(done, given_up), name="homeground-draw", daemon=True)
        watch.start()
        try:
            with abandon.calling(given_up.set):
                yield
        finally:
            done.set()

    def _watch(self, done: threading.Event, given_up: threading.Event) -> None:
        while not done.wait(_LOOK_S):
            self._process.look(_GIVEN_UP_S if given_up.is_set() else None)
