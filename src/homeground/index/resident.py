"""A small table held in memory while many questions are asked of one commit of it.

Reading 200 rows by address from disk takes about 7 ms, from memory below 1; and below some ten thousand vectors it is
faster to compare them all than to go through an index to a few.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from homeground.index.columns import COLUMNS
from homeground.index.predicate import microseconds

if TYPE_CHECKING:
    from homeground.index.contract import Scope, Vector

MOST_ROWS = 30_000  # about 3 kB each
_FEW = 4  # from one row in so many on, all are compared: gathering the rows in the scope would take longer


class Resident:
    """All rows of one commit, in the order of their addresses."""

    def __init__(self, rows: Any, addresses: NDArray[np.uint64], vectors: NDArray[np.float32]) -> None:
        self._rows, self._addresses, self._vectors = rows, addresses, vectors
        self._numbers = {name: rows[name].to_numpy() for name in ("access", "source", "document")}
        self._dates = rows["date"].fill_null(_UNDATED).to_numpy()

    @classmethod
    def copy_of(cls, table: Any, dimension: int) -> Self:
        """Reads a table of at most `MOST_ROWS` rows."""
        rows = table.search().select(list(COLUMNS)).with_row_id(True).limit(MOST_ROWS).to_arrow()
        rows = rows.sort_by("_rowid").combine_chunks()
        vectors = rows["vector"].combine_chunks().flatten().to_numpy().reshape(-1, dimension)
        return cls(rows, rows["_rowid"].to_numpy(), vectors)

    def rows(self, addresses: Sequence[int]) -> Any:
        """The rows at these addresses as an Arrow table."""
        return self._rows.take(np.searchsorted(self._addresses, addresses))

    def nearest(self, vector: Vector, scope: Scope, limit: int) -> list[int]:
        """Where the rows in the scope are that are nearest to `vector`, nearest first."""
        places = np.flatnonzero(self._within(scope))
        if len(places) * _FEW < len(self._vectors):
            near = np.einsum("rd,d->r", self._vectors[places], vector)
        else:
            near = np.einsum("rd,d->r", self._vectors, vector)[places]
        best = np.argpartition(-near, limit)[:limit] if len(near) > limit else np.arange(len(near))
        best = best[np.argsort(-near[best], kind="stable")]
        found: list[int] = self._addresses[places[best]].tolist()
        return found

    def _within(self, scope: Scope) -> NDArray[np.bool_]:
        within = _among(self._numbers["access"], scope.access)
        if scope.source is not None:
            within &= self._numbers["source"] == scope.source
        if scope.documents is not None:
            within &= _among(self._numbers["document"], scope.documents)
        if scope.hidden:
            within &= ~_among(self._numbers["document"], scope.hidden)
        if scope.since is not None:
            within &= self._dates >= microseconds(scope.since)
        if scope.until is not None:
            within &= (self._dates <= microseconds(scope.until)) & (self._dates != _UNDATED)
        return within


_UNDATED = np.iinfo(np.int64).min


def _among(column: NDArray[np.int64], numbers: Collection[int]) -> NDArray[np.bool_]:
    return np.isin(column, np.fromiter(numbers, np.int64, len(numbers)), kind="table")
