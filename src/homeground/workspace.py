"""A workspace, and what a user does with it.

    from homeground import Workspace

    with Workspace.create("kb") as workspace:
        workspace.add("contracts", access=["group:legal"])
        answer = workspace.ask("When does the lease end?", workspace.owner)

A workspace is a folder with a homeground.toml, and beside it a private folder for the catalogue and the index. What
each method does stands in the module that it calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from homeground import adding, comparing, config, looking, uploading
from homeground.access import audit, explain, history, ledger, removal, rules, who
from homeground.access.log import Log
from homeground.access.people import People
from homeground.access.tokens import Tokens
from homeground.errors import HomegroundError, StorageError, WorkspaceError
from homeground.parts import Parts
from homeground.settings import Settings
from homeground.types import (
    Answer,
    Document,
    DocumentFilter,
    DocumentsFound,
    Hit,
    Principal,
    SearchFilter,
    ShownPage,
    SourceStatus,
    Status,
)

if TYPE_CHECKING:
    from datetime import date

    from homeground.answer.followup import Earlier
    from homeground.answer.toolbox import Toolbox
    from homeground.ingest.progress import Listener, SyncReport
    from homeground.ingest.uploads import Arriving, Upload
    from homeground.models.card import ModelCard
    from homeground.models.spending import BudgetReport
    from homeground.swap import EmbedderSwap, SwapPlan
    from homeground.types import Conversation, PageStatus, Statement

PRIVATE = ".homeground"


class Workspace:
    """A folder of settings, catalogue and index. `create` makes one, `open` opens one; close it, or use `with`.

    Searching and asking are safe from several threads. What can go wrong is a HomegroundError, in words for people.
    `people` are who may sign in (without anybody, the local account is the owner), `tokens` their API tokens, `uploads`
    is the folder into which files are handed in, `log` the audit log with what people said of answers.
    """

    def __init__(self, folder: Path, settings: Settings, *, create: bool = False) -> None:
        self.folder, self.parts = folder, Parts(folder / PRIVATE, settings, create=create)
        self.catalogue, self.uploads = self.parts.catalogue, self.parts.uploads
        self.people, self.tokens = People(self.catalogue), Tokens(self.catalogue)
        self.log = Log(self.catalogue, settings)

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
        found = config.nearest(Path.cwd()) if folder is None else Path(folder).absolute()
        if not (found / config.FILE_NAME).is_file():
            raise WorkspaceError(
                f"There is no workspace in {found}: it has no {config.FILE_NAME}. Make one: homeground init"
            )
        return cls(found, config.load(found / config.FILE_NAME), create=not (found / PRIVATE).exists())

    def close(self) -> None:
        """Close the catalogue, and let the index and the loaded models go."""
        self.parts.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def settings(self) -> Settings:
        """What homeground.toml says, as it was read when the workspace was opened or changed by `use_model`."""
        return self.parts.settings

    @property
    def owner(self) -> Principal:
        """The person at this machine, as the workspace's owner."""
        return who.local_owner()

    def person(self, text: str) -> Principal:
        """Who NAME, or NAME,GROUP,GROUP, means: a person of the workspace is in their own groups as well."""
        return who.named(text, self.people)

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
        adding.add_sources(
            self.parts,
            self.owner.name,
            paths,
            access=access,
            name=name,
            label=label,
            permissions=permissions,
            wait=wait,
        )
        return self.sync(wait=wait, on_progress=on_progress)

    def sync(self, *, wait: bool = False, on_progress: Listener | None = None) -> SyncReport:
        """Read what is new or changed in the sources, drop what is gone. LockedError when another process is at it."""
        return self.parts.sync(on_progress).run(wait=wait)

    def watch(self, on_report: Callable[[SyncReport], None], on_error: Callable[[HomegroundError], None]) -> None:
        """Sync after every change in the sources, until interrupted."""
        self.parts.watch(on_report, on_error).run()

    def remove(self, source: str, principal: Principal, *, wait: bool = False) -> tuple[int, str | None]:
        """Take a source out by its name. Its files stay where they are.

        Returns how many documents went, and the name of the source that the next sync gives the files to, if they lie
        inside one.
        """
        return adding.remove_source(self.parts, source, principal, wait=wait)

    def remove_document(self, name: str, principal: Principal) -> None:
        """Take one document out: nobody finds it from now on, its text goes, and later syncs leave its file out.

        NotFoundError when it is not there, or not the principal's to read, which read the same.
        """
        removal.remove(self.catalogue, name, principal)
        self.parts.moving().finish()

    def restore_document(self, name: str, principal: Principal) -> None:
        """Let the next sync read a removed document again; for owners, and for who removed it."""
        removal.restore(self.catalogue, name, principal)
        self.parts.moving().finish()

    def removed_documents(self, principal: Principal) -> list[removal.RemovedDocument]:
        """What was taken out document by document: all of it for owners, else what the principal took out."""
        return removal.removed(self.catalogue, principal)

    # -- Who may read -----------------------------------------------------------------------------

    def set_access(
        self,
        target: str,
        *,
        allow: Iterable[str] | None = None,
        deny: Iterable[str] | None = None,
        principal: Principal,
    ) -> rules.AccessRule:
        """Say who may read a source (its name), a folder of one (`SOURCE:FOLDER/`) or a document (its name), and who
        may not; in force at the next question.

        None leaves a list as it is, an empty one takes it away. What is not allowed here is decided by what lies above;
        what is denied above stays denied. DeniedError unless an owner asks. What an already running sync has not moved
        yet is hidden: `hidden` of the result.
        """
        rule = rules.set_rule(self.catalogue, target, allow, deny, principal)
        return replace(rule, hidden=self.parts.moving().finish())

    def clear_access(self, target: str, *, principal: Principal) -> int:
        """Take the rule of a folder or a document away; returns how many documents are still hidden, as above."""
        rules.clear_rule(self.catalogue, target, principal)
        return self.parts.moving().finish()

    def access_rules(self, principal: Principal) -> list[rules.AccessRule]:
        """Every rule, source by source. DeniedError unless an owner asks."""
        return rules.listed(self.catalogue, principal)

    def explain_access(self, who: Principal, document: str, principal: Principal) -> explain.AccessExplanation:
        """Why somebody may read a document, or may not; an owner may ask about everybody, others about themselves."""
        return explain.explain(self.catalogue, who, document, principal)

    # -- Uploads ----------------------------------------------------------------------------------

    def upload(
        self,
        name: str,
        content: BinaryIO | Arriving,
        principal: Principal,
        *,
        replaces: str | None = None,
        allow: Iterable[str] | None = None,
    ) -> Upload:
        """Keep a file under `uploads`; on the disk when this returns, read by the next `sync_uploads`.

        The name is made safe. Owners hand in at the top of `uploads`, others in a folder of their own; an earlier file
        of that name there is replaced. `replaces` names an uploaded document whose place the file takes instead,
        `allow` who may read a new one (without it, whoever may read the uploads). ConfigError when the name cannot be
        used.
        """
        return uploading.upload(self.parts, name, content, principal, replaces=replaces, allow=allow)

    def sync_uploads(self, *, on_progress: Listener | None = None) -> SyncReport:
        """Like `sync`, after the uploads were made a source, where there are any. LockedError like `sync`."""
        if self.uploads.folder.is_dir():
            uploading.make_source(self.parts)
        return self.sync(on_progress=on_progress)

    def withdraw(self, document: str, principal: Principal) -> bool:
        """Delete an uploaded document for good: unseen from now on, its text goes with the next sync.

        False when it was not uploaded; NotFoundError when it is not there, or not readable.
        """
        return uploading.withdraw(self.parts, document, principal)

    # -- Looking ----------------------------------------------------------------------------------

    def documents(self, principal: Principal, source: str | None = None) -> list[Document]:
        """The documents that the principal may read, by name."""
        return looking.documents(self.parts, principal, source)

    def find_documents(
        self, principal: Principal, wanted: DocumentFilter, *, after: str = "", skip: int = 0, limit: int | None = 100
    ) -> DocumentsFound:
        """A part of them: those that fit, by name, from the first whose name comes after ``after``."""
        return looking.find_documents(self.parts, principal, wanted, after=after, skip=skip, limit=limit)

    def document(self, name: str, principal: Principal) -> tuple[Document, tuple[PageStatus, ...]]:
        """One document and its pages. NotFoundError when it is not there, or not readable, which read the same."""
        return looking.document(self.parts, name, principal)

    def revisions(self, name: str, principal: Principal) -> list[comparing.Revision]:
        """The current revision of a document, then the former ones that are kept: `keep` in [revisions] says how many.

        NotFoundError when the document is not there, or not readable, which read the same.
        """
        return comparing.revisions(self.parts, name, principal)

    def compare(self, name: str, former: str, principal: Principal, *, part: int = 1) -> comparing.Comparison:
        """A former revision, by its digest or the beginning of it, beside the current one: the pages that differ.

        Long comparisons come in parts. NotFoundError as for `revisions`, or when no such revision is kept.
        """
        return comparing.compare(self.parts, name, former, principal, part)

    def sources(self, principal: Principal) -> list[SourceStatus]:
        """Where the documents come from that the principal may read, with how many there are of each."""
        return looking.sources(self.parts, principal)

    def status(self, principal: Principal) -> Status:
        """What the workspace holds, as far as the principal may see it."""
        return looking.status(self.parts, principal)

    def show(self, citation: str, principal: Principal) -> ShownPage:
        """The page that a citation names. NotFoundError when it is not there, or not readable, which read the same."""
        return looking.show(self.parts, citation, principal)

    def render(self, citation: str, principal: Principal) -> bytes:
        """The cited PDF page as a PNG, with the span highlighted. ReadError when the file is no PDF or has changed."""
        return looking.render(self.parts, citation, principal)

    # -- Models -----------------------------------------------------------------------------------

    def use_model(self, name: str, purpose: str) -> ModelCard | None:
        """Write into homeground.toml which model does what (`answer` or `embedder`), and use it from now on.

        Returns its card; None for the reader and for models elsewhere. ConfigError for the embedder of an index:
        that is swapped.
        """
        return self.parts.use_model(name, purpose)

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
        return self.parts.search(question, principal, limit or self.settings.search.limit, within)

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
        self.log.expire()
        return self.parts.answering.ask(
            question,
            principal,
            within or SearchFilter(),
            mode,
            conversation,
            on_statement,
            on_understood,
            before=before,
            use=use,
            toolbox=toolbox,
        )

    @property
    def answerers(self) -> tuple[str, ...]:
        """What a question may be put to by name: the built-in reader, and what the settings name."""
        return self.parts.answering.names

    # -- Conversations ------------------------------------------------------------------------------

    def conversations(
        self, principal: Principal, *, limit: int | None = None, before: str | None = None
    ) -> list[Conversation]:
        """The principal's conversations, the latest first, without their turns: at most ``limit``, from the one on that
        follows the ``place`` of another (``before``)."""
        return history.listing(self.catalogue, principal, limit, before)

    def conversation(self, identity: str, principal: Principal) -> Conversation:
        """One conversation with its turns, without what the principal may not read now.

        NotFoundError when there is none, or it is somebody else's, which read the same.
        """
        with self.catalogue.steady():
            return history.show(self.catalogue, principal, identity, self.parts.page_text(principal))

    def begin_conversation(self, principal: Principal) -> str:
        """Make an empty conversation, to go on with by the id that this returns. ConfigError where none are kept."""
        return history.begin(self.catalogue, principal, self.settings.conversations.keep_days)

    def erase_conversations(self, principal: Principal, identities: Iterable[str] | None = None) -> int:
        """Delete conversations of the principal, all of them unless named; returns how many there were."""
        return history.erase(self.catalogue, principal, None if identities is None else list(identities))

    def budget(self, principal: Principal) -> BudgetReport:
        """What models elsewhere used up today, and the limits: of everybody for the owner, else of the principal."""
        return self.parts.answering.spending.today(None if principal.owner else principal.name)

    # -- The audit log ------------------------------------------------------------------------------

    def audit_entries(self, limit: int = 20) -> list[audit.Entry]:
        """The newest entries of the audit log, newest first."""
        return audit.entries(self.catalogue, limit)

    def verify_audit(self) -> int:
        """How many entries the audit log has, after checking the whole chain; AuditError when it is broken."""
        return audit.verify(self.catalogue)

    def departures(
        self, limit: int | None = None, *, day: date | None = None, destination: str | None = None
    ) -> list[ledger.Departure]:
        """What left this machine, newest first: of one day (UTC), to one destination; None means all."""
        return ledger.departures(self.catalogue, limit, day, destination)

    def verify_departures(self) -> int:
        """How many requests left, after checking the ledger and the whole chain; AuditError when it is broken."""
        return ledger.verify(self.catalogue)
