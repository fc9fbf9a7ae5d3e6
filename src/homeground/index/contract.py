"""The passage index: what it keeps, what may be asked of it, and what every back-end promises.

tests/contracts/passage_index.py holds the promises as tests that a back-end's tests inherit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


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
    """

    access: frozenset[int]
    source: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    documents: frozenset[int] | None = None

    @property
    def empty(self) -> bool:
        """True when nothing can be in it."""
        return not self.access or (self.documents is not None and not self.documents)


class PassageIndex(Protocol):
    """A store of rows with a lexical and a dense leg. One writer at a time, any number of readers.

    Each call sees the newest commit, whichever process made it, and one commit only. The scope is applied before the
    ranking: rows outside it are not returned and do not crowd out rows inside it.

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

    def lexical(self, terms: Sequence[str], scope: Scope, limit: int) -> list[Candidate]:
        """The rows that hold any of `terms`, best first by the store's own BM25.

        The order depends on statistics over all rows, also those outside the scope: a source of candidates, no score.
        """

    def dense(self, vector: Vector, scope: Scope, limit: int) -> list[Candidate]:
        """The rows nearest to `vector` (dimension,), nearest first; large indexes may miss a few."""

    def of_pages(self, pages: Collection[tuple[int, int]], scope: Scope) -> list[Candidate]:
        """The rows of these (document, page) pairs, ordered by document, page and start."""

    def revisions(self, documents: Collection[int]) -> dict[int, str]:
        """The revision that each of `documents` has here; without those that have no rows."""

    def count(self, scope: Scope | None = None) -> int:
        """Rows in the scope; all rows when it is None."""

    def maintain(self) -> None:
        """Folds fresh rows into the search structures and gives back space; cheap when nothing is to be done."""
