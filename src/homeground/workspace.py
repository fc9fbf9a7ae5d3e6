"""A workspace, and what a user does with it.

    from homeground import Workspace

    with Workspace.create("kb") as workspace:
        workspace.add("contracts", access=["group:legal"])
        answer = workspace.ask("When does the lease end?", workspace.owner)

A workspace is a folder with a homeground.toml, and beside it a private folder for the catalogue and the index.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from homeground import config
from homeground.errors import ConfigError, HomegroundError, NotFoundError, StorageError, WorkspaceError
from homeground.parts import Parts
from homeground.settings import Settings
from homeground.types import OWNER, Answer, Document, Hit, Principal, SearchFilter, ShownPage, SourceStatus, Status

if TYPE_CHECKING:
    from datetime import date

    from homeground.access.audit import Entry
    from homeground.access.explain import AccessExplanation
    from homeground.access.ledger import Departure
    from homeground.access.log import Log
    from homeground.access.people import People
    from homeground.access.removal import RemovedDocument
    from homeground.access.rules import AccessRule
    from homeground.access.tokens import Tokens
    from homeground.answer.followup import Earlier
    from homeground.answer.toolbox import Toolbox
    from homeground.catalogue import Source
    from homeground.ingest.progress import Listener, SyncReport
    from homeground.ingest.uploads import Arriving, Upload, Uploads
    from homeground.models.card import ModelCard
    from homeground.models.spending import BudgetReport
    from homeground.swap import EmbedderSwap, SwapPlan
    from homeground.types import Conversation, PageStatus, Statement

PRIVATE = ".homeground"


class Workspace:
    """A folder of settings, catalogue and index. `create` makes one, `open` opens one; close it, or use `with`.

    Searching and asking are safe from several threads. What can go wrong is a HomegroundError, in words for people.
    """

    def __init__(self, folder: Path, settings: Settings, *, create: bool = False) -> None:
        self.folder, self.settings = folder, settings
        self.parts = Parts(folder / PRIVATE, settings, create=create)
        self.catalogue = self.parts.catalogue

    # -- Opening ----------------------------------------------------------------------------------

    @classmethod
    def create(cls, folder: Path | str = ".") -> Workspace:
        """Make a workspace in `folder`; WorkspaceError when there is one already.

        An index that lost its homeground.toml is kept, and gets a new one.
        """
        folder = Path(folder).absolute()
        if (folder / config.FILE_NAME).exists():
            raise WorkspaceError(f"There is a workspace in {folder} already.")
        try:
            (folder / PRIVATE).mkdir(parents=True, mode=0o700, exist_ok=True)
            (folder / config.FILE_NAME).write_text(config.template(), encoding="utf-8")
        except OSError as error:
            raise StorageError(f"{folder} cannot be written: {error.strerror}") from None
        return cls(folder, Settings(), create=True)

    @classmethod
    def open(cls, folder: Path | str | None = None) -> Workspace:
        """Open the workspace in `folder`, or in the nearest folder upwards from here that has one."""
        found = _nearest(Path.cwd()) if folder is None else Path(folder).absolute()
        if not (found / config.FILE_NAME).is_file():
            raise WorkspaceError(
                f"There is no workspace in {found}: it has no {config.FILE_NAME}. Make one: homeground init"
            )
        return cls(found, config.load(found / config.FILE_NAME), create=not (found / PRIVATE).exists())

    def close(self) -> None:
        """Close the catalogue, and let the index and a loaded generator go."""
        self.parts.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def owner(self) -> Principal:
        """The person at this machine, as the workspace's owner."""
        return Principal(getpass.getuser(), owner=True)

    @cached_property
    def people(self) -> People:
        """Who may sign in; without anybody, the local account is the owner."""
        from homeground.access.people import People

        return People(self.catalogue)

    @cached_property
    def tokens(self) -> Tokens:
        """API tokens of the people."""
        from homeground.access.tokens import Tokens

        return Tokens(self.catalogue)

    def person(self, text: str) -> Principal:
        """Who NAME, or NAME,GROUP,GROUP, means: a person of the workspace is in their own groups as well."""
        from homeground.access.who import named

        return named(text, self.people)

    # -- Reading documents ------------------------------------------------------------------------

    def add(
        self,
        *paths: Path | str,
        access: Iterable[str] | None = None,
        name: str | None = None,
        label: str | None = None,
        permissions: str | None = None,
        wait: bool = False,
        on_progress: Listener | None = None,
    ) -> SyncReport:
        """Add folders, files or globs as sources, and read them.

        `access` lists grants (everyone, user:NAME, group:NAME); the owner may always read what they added. None means
        everyone for a new source and no change for a known one. `name` names the source; without it the path does.
        `label` says how sensitive it is: one of the labels of the settings. `permissions` says whether its files say
        who may read them: `files` by the file system, `sidecar` by sidecar files, `none` not at all.
        """
        from homeground.access.egress import check_label
        from homeground.ingest.sources import add_source

        if name is not None and len(paths) > 1:
            raise ConfigError("A name is for one source: add the paths one by one to name them.")
        grants = None if access is None else {*access, OWNER}
        if grants is not None and permissions == "files":
            raise ConfigError(
                "With --permissions files the file system says who may read: leave out --acl. To keep some people out "
                "all the same: homeground access set SOURCE --deny GRANT"
            )
        if label is not None:
            check_label(label, self.settings.egress)
        for path in paths:
            home, given = self.parts.home, str(path)
            added = add_source(
                self.catalogue, home, given, grants=grants, name=name, label=label, permissions=permissions, wait=wait
            )
            if grants is not None or permissions is not None:
                self._tell_access(added)
        return self.sync(wait=wait, on_progress=on_progress)

    def _tell_access(self, source: Source) -> None:
        from homeground.access.audit import append

        now = {"allow": sorted(source.grants), "deny": sorted(source.deny)}
        told = {"target": source.name, "source": source.name, "kind": "source", "permissions": source.permissions}
        append(self.catalogue, "access", self.owner.name, told | {"now": now})

    def sync(self, *, wait: bool = False, on_progress: Listener | None = None) -> SyncReport:
        """Read what is new or changed in the sources, drop what is gone. LockedError when another process is at it."""
        return self.parts.sync(on_progress).run(wait=wait)

    def watch(self, on_report: Callable[[SyncReport], None], on_error: Callable[[HomegroundError], None]) -> None:
        """Sync after every change in the sources, until interrupted."""
        from homeground.ingest.watch import Watch

        Watch(self.parts.sync(None), self.catalogue, on_report=on_report, on_error=on_error).run()

    def remove(self, source: str, principal: Principal, *, wait: bool = False) -> tuple[int, str | None]:
        """Take a source out by its name. Its files stay where they are.

        Returns how many documents went, and the name of the source that the next sync gives the files to, if they lie
        inside one.
        """
        from homeground.access.policy import find_source, visible_to
        from homeground.ingest.sources import heir

        found = find_source(self.catalogue, visible_to(principal, self.catalogue), source)
        removed = self.parts.sync(None).remove(found, wait=wait)
        passes_to = heir(found, self.catalogue.sources())
        return removed, passes_to.name if passes_to else None

    def remove_document(self, name: str, principal: Principal) -> None:
        """Take one document out: nobody finds it from now on, its text goes, and later syncs leave its file out.

        NotFoundError when it is not there, or not the principal's to read, which read the same.
        """
        from homeground.access import removal

        removal.remove(self.catalogue, name, principal)
        self.parts.moving().finish()

    def restore_document(self, name: str, principal: Principal) -> None:
        """Let the next sync read a removed document again; for owners, and for who removed it."""
        from homeground.access import removal

        removal.restore(self.catalogue, name, principal)
        self.parts.moving().finish()

    def removed_documents(self, principal: Principal) -> list[RemovedDocument]:
        """What was taken out document by document: all of it for owners, else what the principal took out."""
        from homeground.access import removal

        return removal.removed(self.catalogue, principal)

    # -- Who may read -----------------------------------------------------------------------------

    def set_access(
        self,
        target: str,
        *,
        allow: Iterable[str] | None = None,
        deny: Iterable[str] | None = None,
        principal: Principal,
    ) -> AccessRule:
        """Say who may read a source (its name), a folder of one (`SOURCE:FOLDER/`) or a document (its name), and who
        may not; in force at the next question.

        None leaves a list as it is, an empty one takes it away. What is not allowed here is decided by what lies above;
        what is denied above stays denied. DeniedError unless an owner asks. What an already running sync has not moved
        yet is hidden: `hidden` of the result.
        """
        from homeground.access import rules

        rule = rules.set_rule(self.catalogue, target, allow, deny, principal)
        return replace(rule, hidden=self.parts.moving().finish())

    def clear_access(self, target: str, *, principal: Principal) -> int:
        """Take the rule of a folder or a document away; returns how many documents are still hidden, as above."""
        from homeground.access import rules

        rules.clear_rule(self.catalogue, target, principal)
        return self.parts.moving().finish()

    def access_rules(self, principal: Principal) -> list[AccessRule]:
        """Every rule, source by source. DeniedError unless an owner asks."""
        from homeground.access import rules

        return rules.listed(self.catalogue, principal)

    def explain_access(self, who: Principal, document: str, principal: Principal) -> AccessExplanation:
        """Why somebody may read a document, or may not; an owner may ask about everybody, others about themselves."""
        from homeground.access.explain import explain

        return explain(self.catalogue, who, document, principal)

    # -- Uploads ----------------------------------------------------------------------------------

    @cached_property
    def uploads(self) -> Uploads:
        """The folder `uploads` beside homeground.toml, into which files are handed in."""
        from homeground.ingest.uploads import Uploads

        return Uploads(self.folder, self.parts.home)

    def upload(self, name: str, content: BinaryIO | Arriving, principal: Principal) -> Upload:
        """Keep a file under `uploads`; on the disk when this returns, read by the next `sync_uploads`.

        The name is made safe; a file of that name is replaced. ConfigError when the name cannot be used.
        """
        from homeground.ingest.uploads import Arriving, document_name

        self.check_upload(document_name(name), principal)
        arriving = content if isinstance(content, Arriving) else self.uploads.read(content)
        kept = self.uploads.keep(arriving, name)
        if kept.new:
            told = {"document": kept.document, "sha256": kept.revision, "bytes": kept.bytes}
            self.log.record("upload", principal, {"what": kept.document} | told)
        return kept

    def check_upload(self, document: str, principal: Principal) -> None:
        """ConfigError when a file of this name would take the place of a document that the principal may not read."""
        known = any(each.name == document for each in self.catalogue.known_files())
        if known and not any(each.name == document for each in self.documents(principal)):
            raise ConfigError(f"The name {document.partition('/')[2]!r} cannot be used here. Choose another one.")

    def sync_uploads(self, *, on_progress: Listener | None = None) -> SyncReport:
        """Like `sync`, after the uploads were made a source, where there are any. LockedError like `sync`."""
        from homeground.ingest.sources import add_source
        from homeground.ingest.uploads import FOLDER

        folder = self.uploads.folder
        if folder.is_dir() and not any(each.root == folder for each in self.catalogue.sources()):
            add_source(self.catalogue, self.parts.home, str(folder), name=FOLDER, prefix=FOLDER)
        return self.sync(on_progress=on_progress)

    def withdraw(self, document: str, principal: Principal) -> bool:
        """Delete an uploaded document for good: unseen from now on, its text goes with the next sync.

        False when it was not uploaded; NotFoundError when it is not there, or not readable.
        """
        found, _ = self.document(document, principal)
        path = self.uploads.path_of(document)
        if path is None:
            return False
        self.catalogue.withhold([found.id])
        self.uploads.remove(path)
        self.log.record("delete", principal, {"what": document, "document": document, "revision": found.revision})
        return True

    # -- Looking ----------------------------------------------------------------------------------

    def documents(self, principal: Principal, source: str | None = None) -> list[Document]:
        """The documents that the principal may read, by name."""
        from homeground.access.policy import find_source, visible_to

        visible = visible_to(principal, self.catalogue)
        if source is not None:
            find_source(self.catalogue, visible, source)
        return self.catalogue.documents(visible, source)

    def document(self, name: str, principal: Principal) -> tuple[Document, tuple[PageStatus, ...]]:
        """One document and its pages. NotFoundError when it is not there, or not readable, which read the same."""
        from homeground.catalogue.paging import pages_of

        with self.catalogue.steady():
            found = next((each for each in self.documents(principal) if each.name == name), None)
            if found is None:
                raise NotFoundError(f"There is no document {name!r} here. `homeground documents` lists what there is.")
            with self.catalogue.reading() as connection:
                return found, pages_of(connection, found.id, found.revision)

    def status(self, principal: Principal) -> Status:
        """What the workspace holds, as far as the principal may see it."""
        from homeground.access.policy import visible_to
        from homeground.catalogue.migrations import FORMAT
        from homeground.swap import embedders

        visible = visible_to(principal, self.catalogue)
        counts = self.catalogue.counts(visible)
        used = embedders(self.parts)
        return Status(
            path=str(self.folder),
            format=FORMAT,
            embedder=used.name,
            embedder_digest=used.digest,
            next_embedder=used.next,
            beside=used.beside if principal.owner else None,
            documents=counts.documents,
            pages=counts.pages,
            passages=counts.passages,
            unread=counts.unread,
            disk_mb=_size(self.parts.home) / 1e6 if principal.owner else 0.0,  # it would tell of what is hidden
            sources=tuple(self._source_status(visible)),
            flagged=counts.flagged,
        )

    def _source_status(self, visible: frozenset[int]) -> Iterator[SourceStatus]:
        open_to = self.catalogue.open_sources(visible)
        for source in self.catalogue.sources():
            if source.id in open_to:
                counts = self.catalogue.counts(visible, source.name)
                root = str(source.root / source.pattern) if source.pattern else str(source.root)
                grants = tuple(sorted(source.grants)) if source.access in visible else ()
                label = source.label or self.settings.egress.default_label
                yield SourceStatus(source.name, root, grants, counts.documents, counts.passages, label)

    def show(self, citation: str, principal: Principal) -> ShownPage:
        """The page that a citation names. NotFoundError when it is not there, or not readable, which read the same."""
        from homeground.answer.address import parse_address

        address = parse_address(citation)
        page = self.parts.cited(address.document, address.revision, address.page, principal)
        if address.end > len(page.text):
            raise NotFoundError(f"{citation}: the page has {len(page.text)} characters only")
        return ShownPage(
            page.name, page.title, page.revision, page.page, page.label, page.text, address.start, address.end
        )

    def render(self, citation: str, principal: Principal) -> bytes:
        """The cited PDF page as a PNG, with the span highlighted. ReadError when the file is no PDF or has changed."""
        from homeground.answer.address import parse_address
        from homeground.ingest.render import render_page

        address = parse_address(citation)
        page = self.parts.cited(address.document, address.revision, address.page, principal)
        return render_page(page.path, page.revision, page.page, (address.start, address.end))

    # -- Models -----------------------------------------------------------------------------------

    def use_model(self, name: str, purpose: str) -> ModelCard | None:
        """Write into homeground.toml which model does what (`answer` or `embedder`), and use it from now on.

        Returns its card; None for the reader and for models elsewhere. ConfigError for the embedder of an index:
        that is swapped.
        """
        from homeground.models.choose import use_model
        from homeground.models.remote_name import remote_name

        settings = self.folder / config.FILE_NAME
        elsewhere = remote_name(name, self.settings.remote)
        if purpose == "embedder" and not elsewhere and self.catalogue.facts("index"):
            raise ConfigError(
                "This workspace has passages already. Swap its embedder, compared and with a way back: "
                f"homeground models swap {name}"
            )
        card = use_model(settings, name, purpose)
        self.settings = replace(self.settings, models=config.load(settings).models)
        self.parts.settings = self.parts.answering.settings = self.settings
        return card

    # -- The embedder -------------------------------------------------------------------------------

    def embedder_swap(
        self,
        principal: Principal,
        *,
        on_progress: Listener | None = None,
        on_plan: Callable[[SwapPlan], None] = lambda plan: None,
    ) -> EmbedderSwap:
        """What swaps the embedder: `swap` to another one, `back` to the one before, `drop` what is kept beside.

        Questions go on meanwhile, and syncs. `principal` compares both: no text that it may not read takes part.
        `on_plan` hears, before anything is done, what is embedded and how much room that takes.
        """
        from homeground.swap import EmbedderSwap

        return EmbedderSwap(self.parts, principal, on_progress, on_plan)

    # -- Searching and asking -----------------------------------------------------------------------

    def search(
        self, question: str, principal: Principal, *, limit: int | None = None, within: SearchFilter | None = None
    ) -> list[Hit]:
        """The passages that match, best first; only what the principal may read takes part in any way."""
        from homeground.access.policy import scope_of

        with self.parts.steady():
            scope = scope_of(principal, self.catalogue, within)
            return self.parts.hits(question, scope, limit or self.settings.search.limit)

    def ask(
        self,
        question: str,
        principal: Principal,
        *,
        within: SearchFilter | None = None,
        mode: str | None = None,
        on_statement: Callable[[Statement], None] | None = None,
        conversation: str | None = None,
        on_understood: Callable[[str], None] | None = None,
        before: Sequence[Earlier] = (),
        use: str | None = None,
        toolbox: Toolbox | None = None,
    ) -> Answer:
        """Answer from the documents, or refuse; the receipt goes into the audit log.

        `mode` is the knowledge mode (rcg, rag, closed), that of the settings unless given. `on_statement` is called
        with each statement once it is checked, before the whole answer is returned. `conversation` is an id, "last" or
        "new": the question may then refer to the ones before, and the answer is kept. `on_understood` is called with a
        follow-up question as it was understood. `before` are turns that the asker keeps elsewhere: the question may
        refer to them, and they are no evidence. `use` is one of `answerers`; the routes decide unless given.
        `toolbox` holds tools of the asker's own, which a generator elsewhere may want called: `calls` of the answer.
        NotFoundError when there is no such conversation of this principal, or nothing of that name that answers.
        """
        from homeground.access import history
        from homeground.access.audit import append
        from homeground.access.policy import scope_of
        from homeground.answer.ask import ask
        from homeground.answer.output import receipt_json
        from homeground.answer.prompts import known_mode

        known, settings = known_mode(mode or self.settings.answer.mode), self.settings.answer
        keep_days, identity = self.settings.conversations.keep_days, None
        self.log.expire()
        if conversation is not None:
            identity = history.resume(self.catalogue, principal, conversation, keep_days)
        with self.parts.steady():
            scope = scope_of(principal, self.catalogue, within)
            turns = history.past(self.catalogue, principal, identity) if identity else ()
            turns = (*turns, *history.brought(before, own_words=conversation is not None))
            answer = ask(
                question,
                principal,
                self.parts.answering.desk(principal, scope, known, turns, on_understood, use, toolbox),
                statements=settings.statements,
                refuse_below=settings.refuse_below,
                say=on_statement,
            )
        append(self.catalogue, "ask", principal.name, receipt_json(answer.receipt) | {"refused": answer.refused})
        if conversation is None:
            return answer
        return replace(answer, conversation=history.record(self.catalogue, principal, identity, answer, turns))

    @property
    def answerers(self) -> tuple[str, ...]:
        """What a question may be put to by name: the built-in reader, and what the settings name."""
        return self.parts.answering.names

    # -- Conversations ------------------------------------------------------------------------------

    def conversations(self, principal: Principal) -> list[Conversation]:
        """The principal's conversations, the latest first, without their turns."""
        from homeground.access import history

        return history.listing(self.catalogue, principal)

    def conversation(self, identity: str, principal: Principal) -> Conversation:
        """One conversation with its turns, without what the principal may not read now.

        NotFoundError when there is none, or it is somebody else's, which read the same.
        """
        from homeground.access import history

        with self.catalogue.steady():
            return history.show(
                self.catalogue,
                principal,
                identity,
                lambda name, revision, page: self.parts.cited(name, revision, page, principal).text,
            )

    def begin_conversation(self, principal: Principal) -> str:
        """Make an empty conversation, to go on with by the id that this returns. ConfigError where none are kept."""
        from homeground.access import history

        return history.begin(self.catalogue, principal, self.settings.conversations.keep_days)

    def erase_conversations(self, principal: Principal, identities: Iterable[str] | None = None) -> int:
        """Delete conversations of the principal, all of them unless named; returns how many there were."""
        from homeground.access import history

        return history.erase(self.catalogue, principal, None if identities is None else list(identities))

    def budget(self, principal: Principal) -> BudgetReport:
        """What models elsewhere used up today, and the limits: of everybody for the owner, else of the principal."""
        return self.parts.answering.spending.today(None if principal.owner else principal.name)

    # -- The audit log ------------------------------------------------------------------------------

    @cached_property
    def log(self) -> Log:
        """The audit log with filters and pages, what people said of answers, and forgetting."""
        from homeground.access.log import Log

        return Log(self.catalogue, self.settings)

    def audit_entries(self, limit: int = 20) -> list[Entry]:
        """The newest entries of the audit log, newest first."""
        from homeground.access.audit import entries

        return entries(self.catalogue, limit)

    def verify_audit(self) -> int:
        """How many entries the audit log has, after checking the whole chain; AuditError when it is broken."""
        from homeground.access.audit import verify

        return verify(self.catalogue)

    def departures(
        self, limit: int | None = None, *, day: date | None = None, destination: str | None = None
    ) -> list[Departure]:
        """What left this machine, newest first: of one day (UTC), to one destination; None means all."""
        from homeground.access.ledger import departures

        return departures(self.catalogue, limit, day, destination)

    def verify_departures(self) -> int:
        """How many requests left, after checking the ledger and the whole chain; AuditError when it is broken."""
        from homeground.access.ledger import verify

        return verify(self.catalogue)


def _nearest(folder: Path) -> Path:
    """The folder itself or the nearest one above it that is a workspace; the folder itself when none is."""
    return next((each for each in (folder, *folder.parents) if (each / config.FILE_NAME).is_file()), folder)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
