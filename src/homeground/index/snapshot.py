"""One commit of a Lance table: both legs, and the rows they find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from homeground.index import predicate
from homeground.index.columns import COLUMNS, rows_of
from homeground.index.resident import MOST_ROWS, Resident

if TYPE_CHECKING:
    from homeground.index.contract import Candidate, Row, Scope, Vector

# Of a table with a vector index: parts of it that are looked into, more when the scope leaves too few rows there. By
# four bits a number it finds 96 of the 100 nearest and all of the 50 nearest; comparing twice as many by the vectors
# themselves finds all 100, for 3 ms more.
_PROBES = 30
_MOST_KEPT = 5_000  # rows in memory, about 12 kB each
_ASKED_OFTEN = 10  # reads of one commit, after which a small table is copied into memory


class LanceSnapshot:
    """A `Snapshot`: a table handle that stays at its version. What was read of it once is kept."""

    def __init__(self, table: Any, version: int, dimension: int) -> None:
        self.version = version
        self._table = table
        self._dimension = dimension
        self._kept: dict[int, Row] = {}
        self._reads = 0
        self._resident: Resident | None = None

    def lexical(self, terms: Sequence[str], scope: Scope, limit: int) -> list[int]:
        """See `Snapshot.lexical`."""
        if not terms or scope.empty:
            return []
        from lancedb.query import MatchQuery

        match: Any = MatchQuery  # a plain string would be parsed as a query language
        return _found(self._table.search(match(" ".join(terms), "terms"), query_type="fts"), "_score", scope, limit)

    def dense(self, vector: Vector, scope: Scope, limit: int) -> list[int]:
        """See `Snapshot.dense`."""
        if scope.empty:
            return []
        if self._resident:
            return self._resident.nearest(vector, scope, limit)
        query = self._table.search(vector, vector_column_name="vector").distance_type("dot")
        query = query.minimum_nprobes(_PROBES).maximum_nprobes(0)
        if scope.documents is not None:  # few rows: comparing them all is faster than looking for them in every part
            query = query.bypass_vector_index()
        return _found(query, "_distance", scope, limit)

    def rows(self, addresses: Sequence[int]) -> list[Candidate]:
        """See `Snapshot.rows`."""
        kept = self._kept
        if missing := [address for address in addresses if address not in kept]:
            if len(kept) > _MOST_KEPT:
                self._kept = kept = {address: kept[address] for address in addresses if address in kept}
            read = self._read_rows(missing)
            kept.update(zip(read["_rowid"].to_pylist(), rows_of(read, self._dimension), strict=True))
        return [kept[address] for address in addresses]

    def _read_rows(self, addresses: Sequence[int]) -> Any:
        """Arrow rows in any order. A process that asks one question never pays for the copy in memory."""
        self._reads += 1
        if self._reads == _ASKED_OFTEN and self._table.count_rows() <= MOST_ROWS:
            self._resident = Resident.copy_of(self._table, self._dimension)
        if self._resident:
            return self._resident.rows(addresses)
        return self._table.take_row_ids(list(addresses)).select([*COLUMNS, "_rowid"]).to_arrow()


def _found(query: Any, rank: str, scope: Scope, limit: int) -> list[int]:
    ranked = query.where(predicate.condition(scope), prefilter=True).select([rank]).limit(limit)
    addresses: list[int] = ranked.with_row_id(True).to_arrow()["_rowid"].to_pylist()
    return addresses
