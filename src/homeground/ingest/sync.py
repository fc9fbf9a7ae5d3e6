"""Brings the workspace to the state of its sources: look → compare → read → embed → commit, batch by batch.

Three things go on at once: worker processes parse (and a thread cuts what they give), the caller's thread embeds,
another thread commits. What a kill or Ctrl-C loses is the batch in flight; the next run goes on from there.

What cannot be *seen* (a source or a folder that cannot be listed: an unmounted share) stays as it is and is reported.
What is seen but cannot be *read* any more is withdrawn: its bytes may be new, so the old text must not answer; the
document stays listed, with the reason.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from homeground.catalogue import Catalogue, Source
from homeground.catalogue.conversations import forget
from homeground.errors import HomegroundError, StorageError
from homeground.ingest.batch import Entry, Vectors, commit, commit_drops, tend
from homeground.ingest.flagging import flag_stored
from homeground.ingest.following import followed, leave_out
from homeground.ingest.lock import writer_lock
from homeground.ingest.pipeline import InOrder, Prefetch, batches_of
from homeground.ingest.plan import Plan, make_plan
from homeground.ingest.progress import Listener, Meter, SyncReport
from homeground.ingest.readers import OpenPool, Reading
from homeground.ingest.rebuild import Rebuild
from homeground.ingest.recipe import Embedder, OpenIndex, made
from homeground.ingest.sources import forget_source
from homeground.ingest.stored import encode_all
from homeground.ingest.survey import Skipped, Survey, survey
from homeground.settings import IngestSettings

if TYPE_CHECKING:
    from homeground.index.contract import PassageIndex

_READER = 1  # raise it when the parsers improve: what could not be read before is then read again


class Sync:
    """Keeps one workspace in step with its sources.

    ``home`` is the workspace's own folder; ``open_index(name, dimension)`` opens the passage index ``home / name`` and
    creates it when absent; ``open_pool`` gives the parsers (None: worker processes). ``renew`` gives the embedder that
    the settings name by now: a process that watches for weeks must not undo a swap that another one made.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        home: Path,
        open_index: OpenIndex,
        embedder: Embedder,
        settings: IngestSettings,
        listener: Listener | None = None,
        open_pool: OpenPool | None = None,
        renew: Callable[[], Embedder] | None = None,
    ) -> None:
        self.catalogue, self.home, self.settings, self.renew = catalogue, home, settings, renew
        self.embedder, self.meter, self.open_pool = embedder, Meter(listener), open_pool
        self._indexes = Rebuild(catalogue, home, open_index, embedder, settings)

    def run(self, *, wait: bool = False, retry: bool = False) -> SyncReport:
        """Makes it so. ``retry`` reads again what could not be read before, though its bytes are the same.

        LockedError when another process is writing, unless ``wait``; StorageError when the disk is full or read-only:
        what was committed before stays. Sources that cannot be looked at are reported in ``failed``.
        """
        with writer_lock(self.home, wait=wait), disk_errors(self.home):
            began = time.monotonic()
            self.catalogue.trim_former()
            index, rebuilt = self._open()
            self._finish_removals(index)
            tend(self.catalogue, index)
            looked, plan = self._look(retry)
            tally = self._apply(index, plan)
            self._maintain(index)
            self._prune(index)
            flag_stored(self.catalogue)
            tend(self.catalogue, index)  # last: what comes later waits for the lock, which is free in a moment
            self._forget()
            self.catalogue.note_look(looked.devices, index.version)
            return tally.report(plan, looked, rebuilt, time.monotonic() - began)

    def remove(self, source: Source, *, wait: bool = False) -> int:
        """Takes a source out, unseen from the first instant; returns how many documents it had."""
        with writer_lock(self.home, wait=wait), disk_errors(self.home):
            self.catalogue.set_grants(source, ())
            index, _ = self._open()
            removed = self._finish_removals(index)
            index.maintain()
            self._prune(index)
            self._forget()
            self.catalogue.checkpoint()
            return removed

    def _open(self) -> tuple[PassageIndex, int]:
        if self.renew:
            self.embedder = self._indexes.embedder = self.renew()
        return self._indexes.open(self.meter)

    def _prune(self, index: PassageIndex) -> None:
        """What went out of the index goes out of the one beside it."""
        now = made(self.catalogue)
        self._indexes.beside.prune(f"{now.name if now else ''} {index.version}")

    def _forget(self) -> None:
        """What conversations keep of revisions that are gone goes as well, from the disk too."""
        with self.catalogue.writing() as connection:
            forgotten = forget(connection)
        if forgotten:
            self.catalogue.checkpoint()

    def _maintain(self, index: PassageIndex) -> None:
        """Only after a change: it is not free on a large index."""
        if self.catalogue.facts("index_version").get("index_version") != str(index.version):
            index.maintain()

    def _finish_removals(self, index: PassageIndex) -> int:
        """A source that nobody may read is one whose removal began, perhaps in a run that was killed."""
        removed = 0
        for source in self.catalogue.sources():
            if not source.grants:
                documents = [each.document for each in self.catalogue.known_files() if each.source == source.id]
                commit_drops(self.catalogue, index, documents)
                forget_source(self.catalogue, source)
                removed += len(documents)
        return removed

    def _look(self, retry: bool) -> tuple[Survey, Plan]:
        self.meter.expect("look", 0, 0)
        known = self.catalogue.known_files()
        looked = survey(self.catalogue.sources(), self.home, self.settings, {each.source for each in known})
        looked, relocated = leave_out(looked, self.catalogue.removals(), known)
        self.catalogue.relocate(relocated)
        plan = make_plan(known, looked, "" if retry else reader_of(self.settings))
        return looked, replace(plan, folders=tuple(followed(self.catalogue.rules(), looked, known, plan.renames)))

    def _apply(self, index: PassageIndex, plan: Plan) -> _Tally:
        tally = _Tally()
        self.catalogue.restamp(plan.restamps)
        self.catalogue.rename(plan.renames, plan.folders)
        self.catalogue.permit(plan.permits)
        tend(self.catalogue, index)
        commit_drops(self.catalogue, index, plan.drops)
        self._read(index, plan, tally)
        self.catalogue.checkpoint()
        return tally

    def _read(self, index: PassageIndex, plan: Plan, tally: _Tally) -> None:
        self.meter.expect("read", len(plan.jobs), sum(job.found.file.size for job in plan.jobs))
        reading = Reading(self.settings, reader_of(self.settings), self.catalogue.sources(), self.open_pool)
        batches = batches_of(reading.read(plan.jobs), self.settings.batch_passages)
        with InOrder() as committer, Prefetch(batches) as ready:
            for batch in ready:
                vectors = encode_all([entry.cut for entry in batch], self.embedder, self.meter)
                committer.hand(partial(self._commit, index, batch, vectors))
                self._count(batch, tally)
        lost = [job.document or job.replaces for job in reading.vanished]
        commit_drops(self.catalogue, index, [document for document in lost if document is not None])

    def _commit(self, index: PassageIndex, batch: Sequence[Entry], vectors: Sequence[Vectors]) -> None:
        commit(self.catalogue, index, batch, vectors)
        tend(self.catalogue, index)  # rules that were changed meanwhile need not wait for the end

    def _count(self, batch: Sequence[Entry], tally: _Tally) -> None:
        for entry in batch:
            tally.add(entry)
            parsed = entry.cut.revision.parsed
            pages = len(parsed.pages) if parsed else 0
            found = entry.job.found
            self.meter.count(1, found.file.size, pages, name=found.name)


class _Tally:
    """What was done, as it is done."""

    def __init__(self) -> None:
        self.added = self.changed = self.pages = self.passages = 0
        self.unread: list[Skipped] = []
        self.partly: list[Skipped] = []

    def add(self, entry: Entry) -> None:
        new = entry.job.document is None and entry.job.replaces is None
        self.added, self.changed = self.added + new, self.changed + (not new)
        revision, name = entry.cut.revision, entry.job.found.name
        parsed = revision.parsed
        self.pages += len(parsed.pages) if parsed else 0
        self.passages += len(entry.cut.passages)
        if revision.problem:
            self.unread.append(Skipped(name, revision.problem))
        elif parsed:
            self.partly.extend(
                Skipped(f"{name} page {page.number}", page.problem) for page in parsed.pages if page.problem
            )
            self.partly.extend(Skipped(name, problem) for problem in parsed.problems)

    def report(self, plan: Plan, looked: Survey, rebuilt: int, seconds: float) -> SyncReport:
        return SyncReport(
            added=self.added,
            changed=self.changed,
            renamed=len(plan.renames),
            removed=len(plan.drops),
            unchanged=plan.unchanged,
            rebuilt=rebuilt,
            pages=self.pages,
            passages=self.passages,
            seconds=seconds,
            unread=tuple(sorted(self.unread, key=lambda each: each.name)),
            partly=tuple(sorted(self.partly, key=lambda each: each.name)),
            skipped=looked.skipped,
            failed=tuple(looked.failed.values()),
        )


def reader_of(settings: IngestSettings) -> str:
    """Names what decides how a file is read: when it changes, what was not read well is read again."""
    limits = {key: value for key, value in asdict(settings).items() if key in _READING}
    described = json.dumps([_READER, limits, bool(shutil.which("tesseract"))], sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()[:16]


_READING = ("timeout_s", "memory_mb", "max_file_mb", "ocr", "ocr_languages")


@contextmanager
def disk_errors(home: Path) -> Iterator[None]:
    """Whatever says that the disk refused is a StorageError; what was committed stays."""
    try:
        yield
    except HomegroundError:
        raise
    except OSError as error:
        raise StorageError(
            f"Writing to {home} failed: {error.strerror or error}. What was done before is kept; run sync again."
        ) from error
