"""The passage index on LanceDB: one table in a folder, or in an object store."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Self

from homeground.errors import WorkspaceError
from homeground.index import predicate
from homeground.index.columns import COLUMNS, in_classes, schema, table_of
from homeground.index.contract import Found, Row, Scope
from homeground.index.failures import in_words, vanished
from homeground.index.snapshot import LanceSnapshot

_TABLE = "passages"
_ATTEMPTS = 5


class LanceIndex:
    """A `PassageIndex`. Reading is safe in any number of processes and threads; one process may write at a time."""

    def __init__(self, uri: str, database: Any, table: Any, dimension: int) -> None:
        self.uri = uri
        self.dimension = dimension
        self._database = database
        self._table = table
        self._newest: LanceSnapshot | None = None

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
        return cls(uri, database, table, dimension)

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

    def place(self, classes: Mapping[int, int]) -> int:
        """See `PassageIndex.place`."""
        if not classes:
            return self.version
        with in_words(self.uri):
            those = self._table.search().where(predicate.among("document", classes)).select(list(COLUMNS))
            rows = in_classes(those.limit(self._table.count_rows()).to_arrow(), classes)
            if rows.num_rows:
                self._table.merge_insert(["document", "ordinal"]).when_matched_update_all().execute(rows)
        return self.version

    def maintain(self) -> None:
        """See `PassageIndex.maintain`."""
        from homeground.index.upkeep import maintain

        with in_words(self.uri):
            maintain(self._table)

    # -- Reading --------------------------------------------------------------------------------

    def read(self, work: Callable[[LanceSnapshot], Found]) -> Found:
        """See `PassageIndex.read`."""
        return self._read(lambda table: work(self._snapshot(table)))

    def revisions(self, documents: Collection[int] | None = None) -> dict[int, str]:
        """See `PassageIndex.revisions`."""
        where = "ordinal = 0" if documents is None else f"{predicate.among('document', documents)} AND ordinal = 0"
        found = self._read(lambda table: table.search().where(where).select(["document", "revision"]).to_arrow())
        return dict(zip(found["document"].to_pylist(), found["revision"].to_pylist(), strict=True))

    def classes(self) -> dict[int, int]:
        """See `PassageIndex.classes`."""
        found = self._read(lambda table: table.search().where("ordinal = 0").select(["document", "access"]).to_arrow())
        return dict(zip(found["document"].to_pylist(), found["access"].to_pylist(), strict=True))

    def count(self, scope: Scope | None = None) -> int:
        """See `PassageIndex.count`."""
        where = None if scope is None else predicate.condition(scope)
        return int(self._read(lambda table: table.count_rows(where)))

    def _snapshot(self, table: Any) -> LanceSnapshot:
        version = int(table.version)
        if self._newest is None or self._newest.version != version:
            pinned = self._database.open_table(_TABLE)
            pinned.checkout(version)
            self._newest = LanceSnapshot(pinned, version, self.dimension)
        return self._newest

    def _read(self, ask: Callable[[Any], Found]) -> Found:
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


def _check(documents: Collection[int], rows: Sequence[Row]) -> None:
    """The commit is right only when each row replaces something that goes, or nothing."""
    known, keys = set(documents), {(row.document, row.ordinal) for row in rows}
    if len(keys) < len(rows):
        raise ValueError("two rows have the same document and ordinal")
    if strangers := {document for document, _ in keys} - known:
        raise ValueError(f"rows of documents that are not being replaced: {sorted(strangers)[:5]}")
