"""The nouns: frozen records that cross module borders. Verbs live in the modules named for them.

Spans are half-open character offsets into the text of one page, so that
``page.text[start:end]`` is what is quoted. Pages count from 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

# -- Who asks -----------------------------------------------------------------------------------

EVERYONE = "everyone"
OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. What it may read follows from its grants and from nothing else.

    A grant is ``everyone``, ``owner``, ``user:NAME`` or ``group:NAME``; a document is readable
    when its access class shares at least one grant with the principal.

    ``person`` is the id of the person of the workspace that this is, empty for anybody else. A name may be given to
    somebody new once its person is removed, an id never: what is somebody's own is kept under ``key``.
    """

    name: str
    groups: frozenset[str] = frozenset()
    owner: bool = False
    person: str = ""

    @property
    def key(self) -> str:
        """Under what this principal's own things are kept: conversations, jobs, uploads, removals, feedback."""
        return self.person or self.name

    @property
    def grants(self) -> frozenset[str]:
        """Every grant that this principal holds."""
        own = {EVERYONE, f"user:{self.name}"} | ({OWNER} if self.owner else set())
        return frozenset(own | {f"group:{group}" for group in self.groups})


# -- What is read -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading at ``start`` of its page; ``level`` counts from 1 (outermost)."""

    start: int
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table on a page: its span, and its column names as one line (empty when it has none)."""

    start: int
    end: int
    header: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page, slide or sheet as text, with its structure.

    ``label`` is what readers call it where that is not its number ("Sheet: Prices").
    ``problem`` says in words why the page, or a part of it, could not be read; None means that all of it was.
    """

    number: int
    text: str
    label: str = ""
    headings: tuple[Heading, ...] = ()
    tables: tuple[Table, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What a parser makes of one file."""

    title: str
    media_type: str
    pages: tuple[Page, ...]
    date: datetime | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """A place on a page that speaks to a model instead of to a reader; ``kind`` names the pattern."""

    page: int
    start: int
    end: int
    kind: str


DocumentState = Literal["read", "partly", "unread"]  # partly: some of its pages were not


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the workspace, in its current revision.

    ``name`` is the path as it was added; ``revision`` names the exact bytes that were read.
    ``problem`` says why nothing of it could be read, None when something was. ``flags`` are the places that speak to a
    model instead of to a reader.
    """

    id: int
    name: str
    title: str
    source: str
    revision: str
    media_type: str
    date: datetime | None
    pages: int
    passages: int
    unread_pages: tuple[tuple[int, str], ...] = ()
    problem: str | None = None
    flags: tuple[Flag, ...] = ()

    @property
    def state(self) -> DocumentState:
        """Whether it was read."""
        if self.problem:
            return "unread"
        return "partly" if self.unread_pages else "read"


@dataclass(frozen=True, slots=True)
class PageStatus:
    """A page of a document without its text; ``label`` and ``problem`` as in ``Page``."""

    number: int
    label: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of one page, and the context under which it is embedded and searched.

    ``context`` (heading trail, table header) is not part of the span: ``text`` is exactly ``page.text[start:end]``.
    """

    page: int
    start: int
    end: int
    text: str
    context: str = ""


# -- What is found ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that retrieval found. ``score`` is in [0, 1], comparable within one search."""

    document: str
    title: str
    revision: str
    page: int
    start: int
    end: int
    text: str
    score: float
    context: str = ""
    source: str = ""
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Narrows a search to a source and a range of document dates; None means no limit."""

    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShownPage:
    """The page behind a citation. ``start == end`` when no span was asked for; ``label`` as in ``Page``."""

    document: str
    title: str
    revision: str
    page: int
    label: str
    text: str
    start: int
    end: int


# -- What there is ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Narrows a list of documents; None means no limit. Each of ``words`` is in the name or the title, in any case."""

    words: tuple[str, ...] = ()
    source: str | None = None
    state: DocumentState | None = None
    flagged: bool | None = None


@dataclass(frozen=True, slots=True)
class DocumentsFound:
    """A part of a list of documents, by name. ``total`` fit in all; ``more``: others come after these."""

    documents: tuple[Document, ...]
    total: int
    more: bool


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source of the workspace and how much of it is visible to the one who asks; ``label``: how sensitive it is."""

    name: str
    root: str
    grants: tuple[str, ...]
    documents: int
    passages: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class BesideStatus:
    """An index of another embedder that lies beside the one that answers.

    ``role`` is coming (a swap is under way), aside (complete, and waits for a decision) or kept (to go back to).
    """

    embedder: str
    embedder_digest: str
    role: str
    disk_mb: float


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a workspace, as far as the one who asks may see it.

    ``embedder`` is the one that made the index; ``next_embedder`` the one that the settings name for the next sync when
    that is another, else None. ``unread`` counts the documents that were not read, or only in part.
    ``flagged`` counts those with text that speaks to a model instead of to a reader.
    """

    path: str
    format: int
    embedder: str
    embedder_digest: str
    documents: int
    pages: int
    passages: int
    unread: int
    disk_mb: float
    sources: tuple[SourceStatus, ...]
    next_embedder: str | None = None
    beside: BesideStatus | None = None
    flagged: int = 0


# -- What is answered ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote that was checked: the page text of the revision at ``[start:end]`` equals ``quote``."""

    document: str
    revision: str
    page: int
    start: int
    end: int
    quote: str

    def __str__(self) -> str:
        return f"{self.document}@{self.revision[:12]}#p{self.page}:{self.start}-{self.end}"


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer. ``origin`` is retrieved, model or unsupported; ``support`` is in [0, 1]."""

    text: str
    origin: str
    support: float
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to an answer: ``ended`` is answered, refused, failed or skipped, ``reason`` why (empty for answered)."""

    use: str
    ended: str
    reason: str
    ms: float


@dataclass(frozen=True, slots=True)
class FlaggedPassage:
    """A flagged place inside a passage that the answerer was given."""

    document: str
    page: int
    kind: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """How an answer came about: enough to repeat it and to hold it against the audit log.

    ``mode`` is the knowledge mode: rcg, rag or closed. ``tokens`` are those that a generator read and wrote ("input",
    "output", "cached"), all 0 for the built-in reader; ``cost_usd`` is what a provider asks for them, None where the
    price is not known. ``egress_bytes`` were sent to other machines. ``route`` names what answered, and why not an
    earlier one; ``attempts`` are all the ways that were looked at, in their order. ``standalone`` is a
    follow-up question as it was understood, None when it was taken as asked. ``flags`` are the flagged places in the
    passages that were read.
    """

    id: str
    asked_at: datetime
    question: str
    principal: str
    index_version: int
    revisions: dict[str, str]
    models: dict[str, str]
    timings_ms: dict[str, float]
    mode: str = "rcg"
    tokens: dict[str, int] = field(default_factory=dict)
    cost_usd: float | None = 0.0
    egress_bytes: int = 0
    route: str = ""
    attempts: tuple[Attempt, ...] = ()
    standalone: str | None = None
    flags: tuple[FlaggedPassage, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What a generator wants a tool of the asker's to do; ``arguments`` is a JSON object as text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What ``ask`` returns. When ``refused``, ``reason`` says why in words and ``passages`` holds the nearest ones.

    ``conversation`` is the id of the conversation that keeps it, None when none does. ``calls`` are what the asker's
    tools are to do first; there are none unless tools were offered.
    """

    question: str
    refused: bool
    statements: tuple[Statement, ...]
    passages: tuple[Hit, ...]
    receipt: Receipt
    reason: str | None = None
    notes: tuple[str, ...] = field(default=())
    conversation: str | None = None
    calls: tuple[ToolCall, ...] = ()


# -- What was asked before ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of a conversation and its answer, as far as its asker may still read what the answer rests on.

    ``number`` counts from 1. ``standalone`` is the question as it was understood, None when it was taken as asked.
    ``withheld`` counts what is not shown because its documents changed, are gone or are no longer readable. So it is
    with the ``receipt``, which leaves out ``unnamed`` documents; None where its audit entry was erased, or none was
    noted. ``nearest`` are the pages, without a span, that came nearest to a question that was refused.
    """

    number: int
    asked_at: datetime
    question: str
    standalone: str | None
    refused: bool
    reason: str | None
    statements: tuple[Statement, ...]
    withheld: int = 0
    receipt: Receipt | None = None
    unnamed: int = 0
    nearest: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """Questions that belong together. ``title`` is the first; ``turns`` is empty in a list of conversations."""

    id: str
    title: str
    started_at: datetime
    changed_at: datetime
    count: int
    turns: tuple[Turn, ...] = ()

    @property
    def place(self) -> str:
        """Where it stands in a list, to go on from there; the later ones are greater."""
        return f"{self.changed_at.astimezone(UTC).isoformat(timespec='microseconds')} {self.id}"
