"""The passage index: what it keeps, what may be asked of it, and what every back-end promises.

tests/contracts/passage_index.py holds the promises as tests that a back-end's tests inherit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Row:
    """One passage of one revision of a document, ready to be searched.

    ``source`` and ``access`` are ids of the catalogue; who may read the row follows from ``access`` alone. ``ordinal``
    counts the passages of the document from 0. ``start`` and ``end`` are offsets into the text of ``page``.
    ``terms`` come from ``index.analyser`` and hold no blanks; ``vector`` has unit length and shape (dimension,).
    """

    document: int
    revision: str
    source: int
    access: int
    date: datetime | None
    ordinal: int
    page: int
    start: int
    end: int
    text: str
    context: str
    terms: tuple[str, ...]
    vector: Vector


Candidate = Row
"""What a search finds: the whole row, so that each candidate can be scored exactly by both legs."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search may see. Empty ``access`` and empty ``documents`` match nothing; None is no limit.

    ``since`` and ``until`` are inclusive; a row without a date is in neither. A date without a time zone is in UTC.
    ``hidden`` are documents that are in no scope for now, because they are on their way to another access class.
    """

    access: frozenset[int]
    source: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    documents: frozenset[int] | None = None
    hidden: frozenset[int] = frozenset()

    @property
    def empty(self) -> bool:
        """True when nothing can be in it."""
        return not self.access or (self.documents is not None and not self.documents)


class Snapshot(Protocol):
    """One commit of an index. The legs find addresses: a question's legs find many of the same rows, and reading rows
    takes longer than finding them, so each is read once.

    The scope is applied before the ranking: rows outside it are not found and do not crowd out rows inside it. Safe to
    share between threads.
    """

    def lexical(self, terms: Sequence[str], scope: Scope, limit: int) -> list[int]:
        """Where the rows are that hold any of `terms`, best first by the store's own BM25.

        The order depends on statistics over all rows, also those outside the scope: a source of candidates, no score.
        """

    def dense(self, vector: Vector, scope: Scope, limit: int) -> list[int]:
        """Where the rows are that are nearest to `vector` (dimension,), nearest first; large indexes may miss a few."""

    def rows(self, addresses: Sequence[int]) -> list[Candidate]:
        """The rows at these addresses, in their order."""


class PassageIndex(Protocol):
    """A store of rows with a lexical and a dense leg. One writer at a time, any number of readers.

    Each call sees the newest commit, whichever process made it, and one commit only.

    Raises, from each method:
        StorageError: the place cannot be written, or is full.
        WorkspaceError: the index is damaged.
    """

    @property
    def version(self) -> int:
        """Grows with each commit."""

    def replace(self, documents: Collection[int], rows: Sequence[Row]) -> int:
        """Every row of `documents` goes and `rows` come, in one commit; returns the version after it.

        Each row belongs to one of `documents`, and its ordinal is its own there; ValueError otherwise.
        """

    def place(self, classes: Mapping[int, int]) -> int:
        """Every row of these documents gets the access class given for it, in one commit, and stays as it is otherwise;
        returns the version after it."""

    def classes(self) -> dict[int, int]:
        """The access class that the first row of each document carries."""

    def read(self, work: Callable[[Snapshot], Found]) -> Found:
        """What `work` makes of the newest commit; asked again where a writer took that commit away in between."""

    def revisions(self, documents: Collection[int] | None = None) -> dict[int, str]:
        """The revision that each of `documents` has here (None: every document); without those that have no rows."""

    def count(self, scope: Scope | None = None) -> int:
        """Rows in the scope; all rows when it is None."""

    def maintain(self) -> None:
        """Folds fresh rows into the search structures and gives back space; cheap when nothing is to be done."""
