"""Long work in the background: one job after the other, in a thread of the service; what a kill interrupts goes on.

Jobs lie in the catalogue. Of several processes that serve one workspace, one works: the one that holds a lock, which
the operating system frees when its process dies. A job that is found running by whoever gets the lock was cut off, and
begins anew; what a job does must stand that (a sync goes on from its last batch).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from homeground.catalogue import Catalogue, job_rows
from homeground.catalogue.job_rows import Job
from homeground.errors import HomegroundError, LockedError, NotFoundError

LOCK_FILE = "jobs.lock"
DEFECT = "The job ended with a defect of homeground; the service's log says more."
_POLL_S = 1.0  # how often to look for jobs that another process has queued
_TELL_S = 0.3  # how often progress is written
_log = logging.getLogger("homeground.jobs")

T = TypeVar("T")


class CancelledError(HomegroundError):
    """The job was told to stop."""


class StoppingError(HomegroundError):
    """The service ends: the job goes on with the next one."""


class Watch:
    """What a running job tells, and asks whether it should stop."""

    def __init__(self, catalogue: Catalogue, job: Job, stopping: threading.Event) -> None:
        self._catalogue, self._job, self._stopping = catalogue, job, stopping
        self._told = 0.0

    def tell(self, progress: Mapping[str, Any], *, at_once: bool = False) -> None:
        """Keeps how far the job is. CancelledError or StoppingError when it must not go on."""
        if self._stopping.is_set():
            raise StoppingError("The service is stopping.")
        if not at_once and time.monotonic() - self._told < _TELL_S:
            return
        self._told = time.monotonic()
        with self._catalogue.writing() as connection:
            stop = job_rows.note(connection, self._job.id, progress)
        if stop:
            raise CancelledError("The job was cancelled.")

    def patient(self, work: Callable[[], T]) -> T:
        """Does the work once no other process is writing to the workspace; tells who is, meanwhile."""
        while True:
            try:
                return work()
            except LockedError as error:
                self.tell({"stage": "wait", "waiting_for": str(error)}, at_once=True)
                self._stopping.wait(_POLL_S)


Task = Callable[[Job, Watch], Mapping[str, Any]]


class Jobs:
    """The jobs of one workspace. ``tasks`` says what each kind of job does; ``merged`` are kinds that wait only once.

    ``tick`` is called now and then by the thread that works. Safe to use from several threads and processes.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        home: Path,
        tasks: Mapping[str, Task],
        merged: frozenset[str] = frozenset(),
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._catalogue, self._home, self._tasks, self._merged, self._tick = catalogue, home, tasks, merged, tick
        self._stopping, self._wake = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    # -- Asking -----------------------------------------------------------------------------------

    def submit(self, kind: str, whose: str, parameters: Mapping[str, Any] | None = None) -> Job:
        """Queues a job for whoever has this key (see ``Principal.key``). It is kept when this returns.

        A kind that waits only once gives the one that waits already.
        """
        with self._catalogue.writing() as connection:
            job = job_rows.add(connection, kind, whose, parameters or {}, merge=kind in self._merged)
        self._wake.set()
        return job

    def find(self, identity: str) -> Job:
        """A job by its id; NotFoundError when there is none."""
        with self._catalogue.reading() as connection:
            job = job_rows.find(connection, identity)
        if job is None:
            raise NotFoundError(f"There is no job {identity!r}.")
        return job

    def listing(
        self, limit: int, before: int | None = None, kinds: frozenset[str] | None = None, whose: str | None = None
    ) -> list[Job]:
        """The newest jobs, newest first; with a smaller number, of these kinds, of this person, where those are
        given."""
        with self._catalogue.reading() as connection:
            return job_rows.listing(connection, limit, before, kinds, whose)

    def cancel(self, identity: str) -> Job:
        """Ends a job that waits, tells one that runs to stop; one that has ended stays as it is."""
        self.find(identity)
        with self._catalogue.writing() as connection:
            job_rows.cancel(connection, identity)
        return self.find(identity)

    # -- Working ----------------------------------------------------------------------------------

    @property
    def working(self) -> bool:
        """Whether the thread that works is there."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        """Whether the work was told to end."""
        return self._stopping.is_set()

    def interrupt(self) -> None:
        """Tells the work to end at its next step; ``stop`` waits for that."""
        self._stopping.set()
        self._wake.set()

    def start(self) -> None:
        """Begins to work, with what an earlier process left."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="homeground-jobs", daemon=True)
        self._thread.start()

    def stop(self, patience_s: float) -> None:
        """Ends the work: what runs is interrupted at its next step, and goes on at the next start."""
        self.interrupt()
        if self._thread is not None:
            self._thread.join(patience_s)
        self._thread = None

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._turn() as mine:
                    if mine:
                        self._work()
            except Exception:
                _log.exception("The jobs of the workspace cannot be worked on; they are tried again.")
            self._rest()

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """Holds the lock of whoever works; False when another process does."""
        from filelock import FileLock, Timeout

        lock = FileLock(self._home / LOCK_FILE)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def _work(self) -> None:
        with self._catalogue.writing() as connection:
            job_rows.take_up(connection)
        while not self._stopping.is_set():
            self._tick()
            job = self._next()
            if job is None:
                self._rest()
            else:
                self._do(job)

    def _rest(self) -> None:
        if not self._stopping.is_set():
            self._wake.wait(_POLL_S)
            self._wake.clear()

    def _next(self) -> Job | None:
        with self._catalogue.reading() as connection:
            if not job_rows.waiting(connection):
                return None
        with self._catalogue.writing() as connection:
            return job_rows.take(connection)

    def _do(self, job: Job) -> None:
        try:
            result = self._tasks[job.kind](job, Watch(self._catalogue, job, self._stopping))
        except StoppingError:
            with self._catalogue.writing() as connection:
                job_rows.put_back(connection, job.id)
        except CancelledError:
            self._end(job, job_rows.CANCELLED)
        except HomegroundError as error:
            self._end(job, job_rows.FAILED, problem=str(error))
        except Exception:
            _log.exception("Job %s (%s) failed.", job.id, job.kind)
            self._end(job, job_rows.FAILED, problem=DEFECT)
        else:
            self._end(job, job_rows.DONE, result)

    def _end(
        self, job: Job, state: job_rows.State, result: Mapping[str, Any] | None = None, problem: str | None = None
    ) -> None:
        with self._catalogue.writing() as connection:
            job_rows.end(connection, job.id, state, result or {}, problem)
