"""The catalogue: one object, short methods, each a transaction of its own."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, select

import homeground.catalogue.database as database
import homeground.catalogue.folding as folding
import homeground.catalogue.former as former
import homeground.catalogue.listing as listing
import homeground.catalogue.migrations as migrations
import homeground.catalogue.origins as origins
import homeground.catalogue.placing as placing
import homeground.catalogue.reading as reading
import homeground.catalogue.rules as rules
import homeground.catalogue.schema as schema
import homeground.catalogue.writing as writing
from homeground.catalogue.records import (
    CitedPage,
    DocumentName,
    KnownFile,
    NewRevision,
    Pending,
    Permission,
    Removal,
    Rule,
    Source,
    Stamp,
    Statistics,
    TermCounts,
)
from homeground.errors import HomegroundError, NotFoundError, WorkspaceError
from homeground.types import Document, DocumentFilter, ParsedDocument

if TYPE_CHECKING:
    from homeground.index.statistics import CollectionStatistics


class Catalogue:
    """What the workspace knows: sources, documents, pages, term counts, the batch on its way, the audit log.

    Safe to share between threads and to open in several processes at once. Any method may raise StorageError
    (disk full, not writable), LockedError (busy for half a minute) or WorkspaceError (damaged).
    """

    def __init__(self, path: Path, *, create: bool = False, keep_former: int = 0) -> None:
        """Opens the catalogue at ``path``, migrating an older format; WorkspaceError when it is absent or newer.

        ``keep_former`` is how many former revisions of each document are kept.
        """
        self.path, self.keep_former = path, keep_former
        if not create and not path.exists():
            raise WorkspaceError(f"There is no catalogue at {path}. Create the workspace with `homeground init`.")
        with database.in_words(path):
            self._engine = database.connect(path)
            self._view: ContextVar[_View | None] = ContextVar("view", default=None)
            self._owes = False  # whether this process knows of deleted text that readers keep on the disk
            migrations.bring_up_to_date(self._engine, path)

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the catalogue: that of ``steady``, when within one."""
        view = self._view.get()
        with database.in_words(self.path):
            if view is not None and view.held:
                yield view.connection
                return
            with self._engine.connect() as connection, connection.begin():
                yield connection

    @contextmanager
    def steady(self) -> Iterator[None]:
        """Within it, all reading in this thread sees the catalogue as of one instant, whatever a sync does meanwhile.

        What a search found can then be shown with its page texts. ``access.policy.settled`` moves to a later instant.
        """
        try:
            with database.in_words(self.path), self._engine.connect() as connection:
                token = self._view.set(_View(connection))
                try:
                    yield
                finally:
                    self._view.reset(token)
        finally:
            if self._owes:  # this may have been what was in the way
                with suppress(HomegroundError):
                    self.checkpoint()

    def renew(self) -> None:
        """Within ``steady``: moves on to the present instant. Elsewhere reading is always of the present."""
        self._move(held=True)

    def let_go(self) -> None:
        """Within ``steady``: reading is of the present until ``renew``. For what takes long: an instant that is held
        keeps deleted text on the disk."""
        self._move(held=False)

    def _move(self, *, held: bool) -> None:
        view = self._view.get()
        if view is not None:
            view.held = held
            view.connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it happens, or nothing."""
        with database.in_words(self.path), self._engine.connect() as plain:
            connection = plain.execution_options(writing=True)
            with connection.begin():
                yield connection

    @contextmanager
    def erasing(self) -> Iterator[Connection]:
        """Like ``writing``, for what has to leave the disk as well: at once, or as soon as nobody reads an older state.

        ``owes`` tells afterwards which; see ``checkpoint``.
        """
        with self.writing() as connection:
            yield connection
            folding.owe(connection)
        self.checkpoint()

    # -- Facts about the workspace ----------------------------------------------------------------

    def facts(self, *keys: str) -> dict[str, str]:
        """Facts of the workspace, such as the digest of its embedder; those that it does not know are left out."""
        with self.reading() as connection:
            query = select(schema.meta.c.key, schema.meta.c.value).where(schema.meta.c.key.in_(keys))
            return {row.key: row.value for row in connection.execute(query)}

    def set(self, **facts: str) -> None:
        """Writes facts, all in one transaction."""
        with self.writing() as connection:
            set_facts(connection, facts)

    # -- Sources and access -----------------------------------------------------------------------

    def sources(self) -> list[Source]:
        """Every source, in the order of adding."""
        with self.reading() as connection:
            return origins.all_sources(connection)

    def source(self, name: str) -> Source:
        """A source by its exact name; NotFoundError otherwise."""
        for each in self.sources():
            if each.name == name:
                return each
        raise NotFoundError(f"There is no source named {name!r}.")

    def set_grants(self, source: Source, grants: Iterable[str]) -> None:
        """Changes who may read a source, in force at the next query."""
        with self.writing() as connection:
            origins.set_grants(connection, source, grants)

    def set_label(self, source: Source, label: str) -> None:
        """Changes how sensitive a source is, in force at the next question."""
        with self.writing() as connection:
            origins.set_label(connection, source.id, label)

    def delete_source(self, source: Source) -> None:
        """Forgets a source whose documents are gone."""
        with self.writing() as connection:
            origins.delete_source(connection, source)

    def visible(self, grants: Collection[str]) -> frozenset[int]:
        """The access classes that someone with these grants may read."""
        with self.reading() as connection:
            return origins.visible(connection, grants)

    def open_sources(self, access: Collection[int]) -> frozenset[int]:
        """The sources of which someone who may read these classes sees anything."""
        with self.reading() as connection:
            return origins.open_sources(connection, access)

    def hidden(self) -> frozenset[int]:
        """The documents that no search may find now, whatever the index says of them."""
        with self.reading() as connection:
            return placing.hidden(connection)

    def classes(self, documents: Collection[int]) -> dict[int, int]:
        """Document → the access class that it belongs to."""
        with self.reading() as connection:
            return placing.classes(connection, documents)

    def removals(self) -> list[Removal]:
        """The documents that were taken out although their files are still there, by name."""
        with self.reading() as connection:
            return rules.all_removals(connection)

    def rules(self, source: int | None = None) -> list[Rule]:
        """The rules of folders and documents (of one source)."""
        with self.reading() as connection:
            asked = [each.id for each in origins.all_sources(connection)] if source is None else [source]
            return [rule for each in asked for rule in rules.of_source(connection, each)]

    def relocate(self, moved: Sequence[tuple[Removal, bytes, str]]) -> None:
        """Removed documents whose files have other paths and names now."""
        if moved:
            with self.writing() as connection:
                rules.relocate(connection, moved)

    # -- Documents that change their class --------------------------------------------------------

    def permit(self, said: Mapping[int, Permission | None]) -> None:
        """What the files of these documents say now of who may read them."""
        if not said:
            return
        with self.writing() as connection:
            placing.permit(connection, said)
            touch(connection)

    def moving(self) -> dict[int, int]:
        """The documents on their way to another class, and that class."""
        with self.reading() as connection:
            return placing.moving(connection)

    def land(self, arrived: Mapping[int, int]) -> None:
        """The index has these documents in these classes now: they show again."""
        with self.writing() as connection:
            placing.land(connection, arrived)
            touch(connection)

    def taken_out(self) -> list[int]:
        """The documents that were taken out, and are still in the index or here."""
        with self.reading() as connection:
            return placing.taken_out(connection)

    # -- Reading ----------------------------------------------------------------------------------

    def standing(self, documents: Collection[int]) -> frozenset[tuple[int, str]]:
        """The (document, revision) pairs, of these documents, that may be shown now."""
        with self.reading() as connection:
            return reading.standing(connection, documents)

    def describe(self, documents: Collection[int]) -> dict[int, DocumentName]:
        """Names, titles, dates and sources; documents that are gone are left out."""
        with self.reading() as connection:
            return reading.describe(connection, documents)

    def names(self, access: Collection[int], source: str | None = None) -> dict[int, DocumentName]:
        """What every visible document is called."""
        with self.reading() as connection:
            return reading.visible_names(connection, access, source)

    def documents(self, access: Collection[int]) -> list[Document]:
        """The visible documents, by name."""
        with self.reading() as connection:
            return listing.listing(connection, access, listing.fitting(connection, access, DocumentFilter()))

    def page_text(self, document: int, revision: str, page: int) -> str:
        """The text of a page that a hit names; NotFoundError when that revision is no longer there."""
        with self.reading() as connection:
            text = reading.page_text(connection, document, revision, page)
        if text is None:
            raise NotFoundError(
                f"Page {page} of revision {revision[:12]} is no longer there: the document was changed or removed."
            )
        return text

    def cited_page(self, access: Collection[int], name: str, revision: str, page: int) -> CitedPage:
        """The page that a citation names; NotFoundError when it is absent or not visible (which read the same)."""
        with self.reading() as connection:
            found = reading.cited_page(connection, access, name, revision, page)
        if found is None:
            at = f"{name}@{revision[:12]}" if revision else name
            raise NotFoundError(f"There is no page {page} of {at} here. `homeground documents` lists what there is.")
        return found

    def parsed(self, document: int, revision: str | None = None) -> ParsedDocument | None:
        """A document's current revision as it was parsed; None when nothing of it could be read, or when the current
        revision is not ``revision``."""
        with self.reading() as connection:
            return reading.parsed_document(connection, document, revision)

    def counts(self, access: Collection[int], source: str | None = None) -> Statistics:
        """How many documents, passages and pages are visible, and how many documents were not fully read."""
        with self.reading() as connection:
            return reading.visible_statistics(connection, access, source)

    def statistics(self, access: Collection[int], terms: Collection[str]) -> CollectionStatistics:
        """Exact lexical statistics of what is visible, for scoring."""
        with self.reading() as connection:
            return reading.collection_statistics(connection, access, terms)

    def known_files(self) -> list[KnownFile]:
        """Every document as the last sync left it."""
        with self.reading() as connection:
            return list(reading.known_files(connection))

    # -- Writing (under the writer's lock) ----------------------------------------------------------

    def new_documents(
        self, files: Sequence[tuple[int, bytes, str] | tuple[int, bytes, str, Permission | None]]
    ) -> list[int]:
        """Ids for new documents, given as (source, path, name) and perhaps what their files say of who may read them;
        invisible until their first revision is current."""
        with self.writing() as connection:
            placer = placing.Placer(connection)
            return [writing.new_document(connection, placer, *each) for each in files]

    def restamp(self, stamps: Mapping[int, Stamp]) -> None:
        """The files of these documents were touched; their bytes are the same."""
        if not stamps:
            return
        with self.writing() as connection:
            for document, stamp in stamps.items():
                writing.restamp(connection, document, stamp)

    def rename(
        self, renames: Sequence[tuple[int, bytes, str, Stamp]], folders: Sequence[tuple[int, bytes]] = ()
    ) -> None:
        """The same bytes under other names: (document, path, name, stamp); and rules of folders with their new paths.

        Where other rules hold at the new place, the documents move to another class.
        """
        if not renames:
            return
        with self.writing() as connection:
            for rule, path in folders:
                rules.move(connection, rule, path)
            for each in renames:
                writing.rename(connection, *each)
            placing.place(connection, placing.placed(connection))
            touch(connection)

    def prepare(self, puts: Sequence[NewRevision], drops: Collection[int] = ()) -> int:
        """Writes a batch as pending; returns its id."""
        with self.writing() as connection:
            return writing.prepare(connection, puts, drops)

    def finish(self, batch: int) -> None:
        """Makes a batch current; what it replaces is gone afterwards."""
        with self.writing() as connection:
            writing.finish(connection, batch, self.keep_former)

    def trim_former(self) -> None:
        """Erases former revisions above what is kept, from the disk too: after the setting was lowered."""
        with self.reading() as connection:
            needed = former.surplus(connection, self.keep_former)
        if needed:
            with self.erasing() as connection:
                former.trim(connection, self.keep_former)

    def discard(self, batch: int) -> None:
        """Undoes ``prepare``."""
        with self.writing() as connection:
            writing.discard(connection, batch)

    def sweep(self) -> None:
        """Deletes documents that never had a revision: what an interrupted run left."""
        with self.reading() as connection:
            needed = writing.unborn(connection)
        if needed:
            with self.writing() as connection:
                writing.sweep(connection)

    def pending(self) -> list[Pending]:
        """The batches that were prepared and neither finished nor discarded."""
        with self.reading() as connection:
            return writing.pending(connection)

    def withhold(self, documents: Sequence[int]) -> None:
        """Hides documents from everyone until the next sync has read them again."""
        if not documents:
            return
        with self.writing() as connection:
            for some in database.chunks(documents):
                origins.withhold(connection, some)
            touch(connection)

    def note_look(self, devices: Mapping[int, int], index_version: int) -> None:
        """Remembers when the sources were looked at, the file system of each root, and the version of the index."""
        with self.writing() as connection:
            for source, device in devices.items():
                origins.set_device(connection, source, device)
            now = datetime.now(UTC).isoformat(timespec="seconds")
            set_facts(connection, {"synced_at": now, "index_version": str(index_version)})

    def recounted(self) -> frozenset[int]:
        """The documents that the rebuild in progress has dealt with."""
        with self.reading() as connection:
            return frozenset(connection.scalars(select(schema.recounts.c.document_id)))

    def begin_recounts(self, **facts: str) -> None:
        """A rebuild begins from nothing."""
        with self.writing() as connection:
            connection.execute(delete(schema.recounts))
            set_facts(connection, facts)

    def stage_recounts(self, counts: Mapping[int, TermCounts]) -> None:
        """Keeps what a rebuild of the index has counted so far."""
        with self.writing() as connection:
            writing.stage_recounts(connection, counts)

    def apply_recounts(self, **facts: str) -> None:
        """The rebuilt index takes over: counts, sums and facts change in one transaction."""
        with self.writing() as connection:
            writing.apply_recounts(connection)
            set_facts(connection, facts)

    def checkpoint(self, wait_s: float = 0.0) -> bool:
        """Folds the write-ahead log into the file, so that deleted text leaves the disk; whether that is done.

        Where somebody reads an older state, it is left for later: the next call does it, wherever it comes from. Nobody
        can write while this waits for readers, at most ``wait_s`` seconds.
        """
        with database.in_words(self.path):
            with self.reading() as connection:
                what = folding.owed(connection)
            done = folding.fold(self._engine, wait_s)
            if done and what:
                with self.writing() as connection:
                    folding.paid(connection, what)
            elif not done and not what:
                with self.writing() as connection:
                    folding.owe(connection)
            self._owes = not done
            return done

    def owes(self) -> bool:
        """Whether deleted text may still be on the disk, because somebody reads an older state."""
        with self.reading() as connection:
            return folding.owed(connection) is not None


@dataclass(slots=True)
class _View:
    """One thread's view of the catalogue; while it is not ``held``, reading is of the present."""

    connection: Connection
    held: bool = True


def touch(connection: Connection) -> None:
    """Who sees which document has changed: what was kept in memory of their names is outdated."""
    set_facts(connection, {"placed": str(time.time_ns())})


def set_facts(connection: Connection, facts: Mapping[str, str]) -> None:
    """Writes facts within a transaction."""
    connection.execute(delete(schema.meta).where(schema.meta.c.key.in_(facts)))
    connection.execute(schema.meta.insert(), [{"key": key, "value": value} for key, value in facts.items()])
