"""The passage index on LanceDB: one table in a folder, or in an object store."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any, Self

from homeground.errors import WorkspaceError
from homeground.index import predicate
from homeground.index.columns import COLUMNS, rows_of, schema, table_of
from homeground.index.contract import Candidate, Row, Scope, Vector
from homeground.index.failures import in_words, vanished
from homeground.index.resident import Resident

_TABLE = "passages"
_ATTEMPTS = 5
# Of a table with a vector index: parts of it that are looked into (more when the scope leaves too few rows there), and
# how many times `limit` rows are compared by the vectors themselves.
_PROBES = 30
_REFINE = 2
_MOST_KEPT = 20_000  # rows in memory, about 5 kB each

Begin = Callable[[Any], Any]


class LanceIndex:
    """A `PassageIndex`. Reading is safe in any number of processes and threads; one process may write at a time."""

    def __init__(self, uri: str, table: Any, dimension: int) -> None:
        self.uri = uri
        self.dimension = dimension
        self._table = table
        self._kept: tuple[int, dict[int, Row]] = (-1, {})
        self._resident = Resident()

    @classmethod
    def open(cls, uri: str, dimension: int) -> Self:
        """Opens the index at `uri` (a folder or an object store address); makes it when there is none.

        Raises:
            StorageError, WorkspaceError: as in `PassageIndex`; also when the vectors there have another dimension.
        """
        os.environ.setdefault("LANCEDB_LOG", "error")  # its warnings are about its own insides
        import lancedb

        from homeground.index.upkeep import create_indexes

        with in_words(uri):
            database = lancedb.connect(uri, read_consistency_interval=timedelta(0))
            if _TABLE in database.list_tables().tables:
                table = database.open_table(_TABLE)
            else:
                table = database.create_table(_TABLE, schema=schema(dimension), exist_ok=True)
            create_indexes(table)
        there = table.schema.field("vector").type.list_size
        if there != dimension:
            raise WorkspaceError(f"the passage index {uri} holds vectors of {there} numbers, not {dimension}")
        return cls(uri, table, dimension)

    @property
    def version(self) -> int:
        """The newest commit; grows with each."""
        return int(self._read(lambda table: table.version))

    # -- Writing --------------------------------------------------------------------------------

    def replace(self, documents: Collection[int], rows: Sequence[Row]) -> int:
        """See `PassageIndex.replace`."""
        _check(documents, rows)
        if not documents:
            return self.version
        going = predicate.among("document", documents)
        with in_words(self.uri):
            if not rows:
                self._table.delete(going)
            else:
                merge = self._table.merge_insert(["document", "ordinal"])
                merge = merge.when_matched_update_all().when_not_matched_insert_all()
                merge.when_not_matched_by_source_delete(going).execute(table_of(rows, self.dimension))
        return self.version

    def maintain(self) -> None:
        """See `PassageIndex.maintain`."""
        from homeground.index.upkeep import maintain

        with in_words(self.uri):
            maintain(self._table)

    # -- Reading --------------------------------------------------------------------------------

    def lexical(self, terms: Sequence[str], scope: Scope, limit: int) -> list[Candidate]:
        """See `PassageIndex.lexical`."""
        if not terms or scope.empty:
            return []
        from lancedb.query import MatchQuery

        match: Any = MatchQuery  # a plain string would be parsed as a query language
        words = match(" ".join(terms), "terms")
        return self._search(lambda table: table.search(words, query_type="fts"), "_score", scope, limit)

    def dense(self, vector: Vector, scope: Scope, limit: int) -> list[Candidate]:
        """See `PassageIndex.dense`."""
        if scope.empty:
            return []
        return self._search(
            lambda table: (
                table.search(vector, vector_column_name="vector")
                .distance_type("dot")
                .minimum_nprobes(_PROBES)
                .maximum_nprobes(0)
                .refine_factor(_REFINE)
            ),
            "_distance",
            scope,
            limit,
        )

    def of_pages(self, pages: Collection[tuple[int, int]], scope: Scope) -> list[Candidate]:
        """See `PassageIndex.of_pages`."""
        if not pages or scope.empty:
            return []
        where = f"{predicate.condition(scope)} AND {predicate.of_pages(pages)}"
        found = self._read(lambda table: table.search().where(where).select(list(COLUMNS)).to_arrow())
        return sorted(rows_of(found, self.dimension), key=lambda row: (row.document, row.page, row.start, row.ordinal))

    def revisions(self, documents: Collection[int]) -> dict[int, str]:
        """See `PassageIndex.revisions`."""
        where = f"{predicate.among('document', documents)} AND ordinal = 0"
        found = self._read(lambda table: table.search().where(where).select(["document", "revision"]).to_arrow())
        return dict(zip(found["document"].to_pylist(), found["revision"].to_pylist(), strict=True))

    def count(self, scope: Scope | None = None) -> int:
        """See `PassageIndex.count`."""
        where = None if scope is None else predicate.condition(scope)
        return int(self._read(lambda table: table.count_rows(where)))

    def _search(self, begin: Begin, rank: str, scope: Scope, limit: int) -> list[Candidate]:
        """Runs a query that is ranked by the column `rank`, under the scope, which is applied first.

        The legs of a question find many of the same rows, and reading rows takes longer than finding them: so a leg
        finds addresses only, and each row is read once. A commit in between would tear the two steps apart.
        """
        where = predicate.condition(scope)
        before = self.version
        found = self._read(lambda table: _ranked(begin(table), [rank], where, limit).with_row_id(True).to_arrow())
        rows = self._rows(before, found["_rowid"].to_pylist())
        if len(rows) == found.num_rows and self.version == before:
            return rows
        at_once = [*COLUMNS, rank]
        return rows_of(
            self._read(lambda table: _ranked(begin(table), at_once, where, limit).to_arrow()), self.dimension
        )

    def _rows(self, version: int, addresses: Sequence[int]) -> list[Row]:
        """The rows at these addresses of a version, in their order; without those that are not there any more."""
        if self._kept[0] != version or len(self._kept[1]) > _MOST_KEPT:
            self._kept = (version, {})
        kept = self._kept[1]
        if missing := [address for address in addresses if address not in kept]:
            read = self._read(lambda table: self._resident.read(table, version, missing))
            if read is None:
                read = self._read(lambda table: table.take_row_ids(missing).select([*COLUMNS, "_rowid"]).to_arrow())
            kept.update(zip(read["_rowid"].to_pylist(), rows_of(read, self.dimension), strict=True))
        return [kept[address] for address in addresses if address in kept]

    def _read(self, ask: Callable[[Any], Any]) -> Any:
        """The answer of one commit; asked again where a writer removed that commit's files in between."""
        with in_words(self.uri):
            for _ in range(_ATTEMPTS - 1):
                try:
                    return ask(self._table)
                except (OSError, RuntimeError, ValueError) as error:
                    if not vanished(error):
                        raise
                    self._table.checkout_latest()
            return ask(self._table)


def _ranked(query: Any, columns: list[str], where: str, limit: int) -> Any:
    return query.where(where, prefilter=True).select(columns).limit(limit)


def _check(documents: Collection[int], rows: Sequence[Row]) -> None:
    """The commit is right only when each row replaces something that goes, or nothing."""
    known, keys = set(documents), {(row.document, row.ordinal) for row in rows}
    if len(keys) < len(rows):
        raise ValueError("two rows have the same document and ordinal")
    if strangers := {document for document, _ in keys} - known:
        raise ValueError(f"rows of documents that are not being replaced: {sorted(strangers)[:5]}")
