"""What goes into the catalogue and comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from homeground.types import Flag, ParsedDocument


@dataclass(frozen=True, slots=True)
class Source:
    """A folder, file or glob that is kept in sync.

    ``root`` is absolute; ``kind`` is folder, file or glob; ``pattern`` is the glob below the root, or the file's name;
    ``prefix`` is the root as it was typed, the beginning of every document's name. ``access`` is the id of the
    source's access class, ``device`` the file system that the root lay on at the last sync. ``label`` says how
    sensitive it is; empty for the default label of the settings. Who may read: ``grants``, without ``deny``; where
    ``permissions`` is files or sidecar, what these say takes the place of ``grants``.
    """

    id: int
    name: str
    kind: str
    root: Path
    pattern: str
    prefix: str
    access: int
    grants: frozenset[str]
    device: int | None
    added_at: datetime
    label: str = ""
    deny: frozenset[str] = frozenset()
    permissions: str = "none"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is said of a folder (``path`` ends with a slash) or a document of a source; ``allow`` None says nothing."""

    id: int
    source: int
    path: bytes
    allow: tuple[str, ...] | None
    deny: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Permission:
    """What the file system, or the sidecar file ``origin``, says of who may read a file; as in ``Rule``."""

    allow: tuple[str, ...] | None
    deny: tuple[str, ...] = ()
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """A document that was taken out although its file is still there; ``sha256`` and ``size`` are its last ones.

    ``removed_by`` is the key of who did it, ``known_as`` what it was called then, where its file has another name now.
    """

    source: int
    path: bytes
    name: str
    sha256: str
    size: int
    removed_by: str
    removed_at: datetime
    known_as: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A document with its class; ``files`` is what the file system or a sidecar file says of it, packed."""

    document: int
    source: int
    path: bytes
    access: int
    files: str


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """A source and what it holds, for ``status``."""

    source: Source
    documents: int
    passages: int
    unread: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the file system says of a file. ``settled``: it was old enough, when read, for a later change to show."""

    size: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    inode: int = 0
    settled: bool = False


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A document as the last sync left it.

    ``path`` is relative to the source's root, in bytes. ``imperfect``: something of it could not be read.
    ``reader`` names the settings under which it was read, ``permission`` what its file said of who may read it.
    """

    document: int
    source: int
    access: int
    path: bytes
    name: str
    sha256: str
    stamp: Stamp
    reader: str
    passages: int
    imperfect: bool
    withheld: bool
    permission: Permission | None = None


@dataclass(frozen=True, slots=True)
class DocumentName:
    """How a document is called: what ranking and answers show of it. ``access`` is its class."""

    name: str
    title: str
    date: datetime | None
    source: str
    access: int = 0


@dataclass(frozen=True, slots=True)
class CitedPage:
    """One page that a citation names, with what is needed to render it."""

    document: int
    name: str
    title: str
    revision: str
    page: int
    text: str
    label: str
    media_type: str
    path: Path
    current: bool


@dataclass(frozen=True, slots=True)
class TermCounts:
    """The lexical statistics of one revision: passages with each term, and the sum of their lengths in terms."""

    passages: int = 0
    length: int = 0
    frequency: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A revision that a batch makes current. ``document`` must exist (see ``Catalogue.new_document``).

    ``parsed`` is None when nothing could be read; ``problem`` then says why. ``sha256`` is empty when not even the
    bytes could be read. ``patterns`` is the version of the injection patterns that gave ``flags``; 0 before any search.
    """

    document: int
    sha256: str
    stamp: Stamp
    reader: str
    parsed: ParsedDocument | None
    terms: TermCounts
    problem: str | None = None
    seconds: float = 0.0
    patterns: int = 0
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """A batch that was prepared and not yet finished.

    ``held`` gives, for each document that will have passages, the revision that the index holds once the batch is true.
    """

    id: int
    documents: frozenset[int]
    held: dict[int, str]


@dataclass(frozen=True, slots=True)
class Statistics:
    """How much is visible."""

    documents: int
    passages: int
    pages: int
    unread: int
    flagged: int = 0
