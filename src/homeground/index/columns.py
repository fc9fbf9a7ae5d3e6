"""Rows ↔ Arrow tables: the schema of the passage table, and both directions of the conversion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from homeground.index.contract import Row
from homeground.index.predicate import microseconds, moment

if TYPE_CHECKING:
    import pyarrow as pa

NUMBERS = ("document", "ordinal", "source", "access", "page", "start", "end")
COLUMNS = (*NUMBERS, "date", "revision", "text", "context", "terms", "vector")


def schema(dimension: int) -> pa.Schema:
    """`terms` are joined by blanks; `date` is microseconds since 1970."""
    import pyarrow as pa

    return pa.schema(
        [
            *(pa.field(name, pa.int64(), nullable=False) for name in NUMBERS),
            pa.field("date", pa.int64()),
            *(pa.field(name, pa.string(), nullable=False) for name in ("revision", "text", "context", "terms")),
            pa.field("vector", pa.list_(pa.float32(), dimension), nullable=False),
        ]
    )


def table_of(rows: Sequence[Row], dimension: int) -> pa.Table:
    """`rows` as an Arrow table of `schema`."""
    import pyarrow as pa

    vectors = np.array([row.vector for row in rows], np.float32).reshape(len(rows), dimension)
    columns: list[object] = [[getattr(row, name) for row in rows] for name in NUMBERS]
    columns.append([None if row.date is None else microseconds(row.date) for row in rows])
    columns += [[getattr(row, name) for row in rows] for name in ("revision", "text", "context")]
    columns.append([" ".join(row.terms) for row in rows])
    columns.append(pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dimension))
    return pa.table(columns, schema=schema(dimension))


def in_classes(table: pa.Table, classes: Mapping[int, int]) -> pa.Table:
    """The rows with the access classes that are given for their documents."""
    import pyarrow as pa

    at = table.schema.get_field_index("access")
    wanted = [classes[document] for document in table["document"].to_pylist()]
    return table.set_column(at, table.schema.field(at), pa.array(wanted, pa.int64()))


def rows_of(table: pa.Table, dimension: int) -> list[Row]:
    """The rows of an Arrow table that holds at least `COLUMNS`; their vectors are views of one matrix."""
    if not table.num_rows:
        return []
    values = [table[name].to_pylist() for name in (*NUMBERS, "date", "revision", "text", "context", "terms")]
    vectors = table["vector"].combine_chunks().flatten().to_numpy().reshape(-1, dimension)
    return [
        Row(
            document,
            revision,
            source,
            access,
            moment(date),
            ordinal,
            page,
            start,
            end,
            text,
            context,
            tuple(terms.split(" ")) if terms else (),
            vector,
        )
        for document, ordinal, source, access, page, start, end, date, revision, text, context, terms, vector in zip(
            *values, vectors, strict=True
        )
    ]
