"""Whether questions can be answered now: the catalogue and the index can be read, the models are loaded, jobs go on."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from homeground.errors import HomegroundError, ModelError, WorkspaceError
from homeground.models.registry import READER

if TYPE_CHECKING:
    from homeground.serve.jobs import Jobs
    from homeground.workspace import Workspace

_FRESH_S = 1.0  # how long a finding stands: anybody may ask
_log = logging.getLogger("homeground.serve")


class Readiness:
    """Loads what the first question would wait for, and knows whether the next one can be answered."""

    def __init__(self, workspace: Workspace, jobs: Jobs) -> None:
        self._workspace, self._jobs = workspace, jobs
        self._lock = threading.Lock()
        self._found: tuple[float, HomegroundError | None] | None = None
        self._warm, self._answer = False, ""
        self._thread: threading.Thread | None = None

    def warm(self) -> None:
        """Begins to load the models and to open the index, beside everything else."""
        self._warm, self._answer = False, self._workspace.settings.models.answer
        self._thread = threading.Thread(target=self._load, name="homeground-warm", daemon=True)
        self._thread.start()

    def stop(self, patience_s: float) -> None:
        """Waits for what is still loading: native code that goes on while Python ends aborts the process."""
        if self._thread is not None:
            self._thread.join(patience_s)

    def _load(self) -> None:
        parts = self._workspace.parts
        try:
            parts.encoder.encode(["warm"])
            parts.index_version()
            if self._workspace.settings.models.answer != READER:
                _ = parts.answering.generator
        except HomegroundError as error:
            _log.error("The service is not ready: %s", error)
        except Exception:
            _log.exception("The service is not ready.")
        finally:
            self._warm, self._found = True, None

    def models(self) -> dict[str, bool]:
        """Whether the models are loaded, by what they do. A model elsewhere counts as loaded once it was set up."""
        answer = self._workspace.settings.models.answer
        try:
            embeds = self._workspace.parts.encoder.loaded
        except HomegroundError:
            embeds = False
        return {"embed": embeds, "answer": answer == READER or self._workspace.parts.answering.has(answer)}

    @property
    def ready(self) -> bool:
        """Whether ``check`` finds nothing."""
        return self._problem() is None

    def check(self) -> None:
        """WorkspaceError or ModelError when questions cannot be answered now."""
        if problem := self._problem():
            raise problem

    def _problem(self) -> HomegroundError | None:
        with self._lock:
            if self._found is None or time.monotonic() - self._found[0] > _FRESH_S:
                self._found = (time.monotonic(), self._look())
            return self._found[1]

    def _look(self) -> HomegroundError | None:
        if not self._jobs.working or self._jobs.stopping:
            return WorkspaceError("The service is starting or ending.")
        if self._answer != self._workspace.settings.models.answer:  # another one was chosen meanwhile
            self.warm()
        if not self._warm:
            return ModelError("The models are being loaded.")
        try:
            self._workspace.catalogue.facts("format")
            self._workspace.parts.index_version()
        except HomegroundError:
            return WorkspaceError("The catalogue or the index cannot be read. The service's log says more.")
        if not all(self.models().values()):
            return ModelError("A model cannot be loaded. The service's log says more.")
        return None
