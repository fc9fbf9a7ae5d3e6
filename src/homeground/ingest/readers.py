"""Jobs → cut documents: parsing in worker processes, splitting and analysing here, as they finish.

A file that changes while it is read is read once more. The digest of a revision is always that of the very bytes that
were parsed, so that even a file that never rests gets a true revision, and the next sync looks at its bytes again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from homeground.catalogue import NewRevision, Source, Stamp, TermCounts
from homeground.ingest.batch import Cut, Entry, cut_document
from homeground.ingest.injection import PATTERNS, flags_of
from homeground.ingest.plan import Job, digest_of, same_file, stamp_of
from homeground.settings import IngestSettings

if TYPE_CHECKING:
    from homeground.ingest.workers import Parsed


class Pool(Protocol):
    """Parsers: see ``ingest.workers``."""

    def parse_all(self, paths: Iterable[Path]) -> Iterator[Parsed]:
        """What each file holds, as they finish."""


OpenPool = Callable[[IngestSettings], AbstractContextManager[Pool]]


def _worker_processes(settings: IngestSettings) -> AbstractContextManager[Pool]:
    from homeground.ingest.workers import ParserPool

    return ParserPool(settings)


class Gone(Exception):  # noqa: N818 - not an error: the file was removed between the look and the reading
    """The file of a job is not there any more."""


class Reading:
    """Reads jobs with a pool of parsers. ``vanished`` collects jobs whose files were removed meanwhile."""

    def __init__(
        self, settings: IngestSettings, reader: str, sources: Sequence[Source], open_pool: OpenPool | None = None
    ) -> None:
        self._settings, self._reader, self._open_pool = settings, reader, open_pool or _worker_processes
        self._access: Mapping[int, int] = {each.id: each.access for each in sources}
        self.vanished: list[Job] = []

    def read(self, jobs: Sequence[Job]) -> Iterator[Entry]:
        """Every job as it finishes, in no particular order; those that changed under the reading come last."""
        if not jobs:
            return
        with self._open_pool(self._settings) as pool:
            again: list[Job] = []
            yield from self._pass(pool, jobs, again)
            yield from self._pass(pool, again, None)

    def _pass(self, pool: Pool, jobs: Iterable[Job], again: list[Job] | None) -> Iterator[Entry]:
        waiting = {job.found.file.full: job for job in jobs}
        before: dict[Path, Stamp] = {}

        def paths() -> Iterator[Path]:
            for path in waiting:
                try:
                    before[path] = stamp_of(path)
                except OSError:
                    before[path] = Stamp()
                yield path

        if not waiting:
            return
        for parsed in pool.parse_all(paths()):
            job, stamp = waiting[parsed.path], before.pop(parsed.path)
            try:
                settled = self._still(job, stamp)
            except Gone:
                self.vanished.append(job)
                continue
            if settled or again is None:
                yield self._entry(job, parsed, stamp if settled else replace(stamp, settled=False))
            else:
                again.append(job)

    def _still(self, job: Job, before: Stamp) -> bool:
        """Whether the file is as it was when its reading began."""
        try:
            return same_file(stamp_of(job.found.file.full), before)
        except FileNotFoundError:
            raise Gone from None
        except OSError:
            return True  # it cannot be read, which the parser has found out as well

    def _entry(self, job: Job, parsed: Parsed, stamp: Stamp) -> Entry:
        digest = parsed.sha256 or digest_of(job.found.file.full) or ""
        revision = NewRevision(
            document=0,
            sha256=digest,
            stamp=stamp if digest else replace(stamp, settled=False),  # unreadable: try again each time
            reader=self._reader,
            parsed=parsed.document,
            terms=TermCounts(),
            problem=parsed.problem or _nothing_read(parsed),
            seconds=parsed.seconds,
        )
        return Entry(job, self._cut(job, revision))

    def _cut(self, job: Job, revision: NewRevision) -> Cut:
        source, access = job.found.source, self._access[job.found.source]
        try:
            return cut_document(_flagged(revision), source, access, job.found.name, self._settings)
        except Exception as error:  # whatever is odd about one file must not cost the others
            problem = f"it could not be cut into passages ({type(error).__name__}: {error})"
            return Cut(replace(revision, parsed=None, problem=problem), source, access)


def _flagged(revision: NewRevision) -> NewRevision:
    """With the places that speak to a model instead of to a reader."""
    pages = revision.parsed.pages if revision.parsed else ()
    return replace(revision, patterns=PATTERNS, flags=flags_of(pages))


def _nothing_read(parsed: Parsed) -> str | None:
    """A reason when a document was opened, but not one character of it could be read."""
    if parsed.document is None:
        return "it could not be read"
    if any(page.text.strip() for page in parsed.document.pages):
        return None
    reasons = [*parsed.document.problems, *(page.problem for page in parsed.document.pages if page.problem)]
    return reasons[0] if reasons else "it contains no text"
