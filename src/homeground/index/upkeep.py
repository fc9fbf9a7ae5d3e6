"""Keeps the Lance table fast and small."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

_KEEP = timedelta(minutes=10)


def create_indexes(table: Any) -> None:
    """Makes the search structures that the table does not have yet; each finds fresh rows too."""
    from lancedb.index import FTS, Bitmap, BTree

    words = FTS(
        with_position=False,
        base_tokenizer="whitespace",
        max_token_length=None,
        lower_case=False,
        stem=False,
        remove_stop_words=False,
        ascii_folding=False,
    )
    there = {column for index in table.list_indices() for column in index.columns}
    for column, config in (("terms", words), ("access", Bitmap()), ("source", Bitmap()), ("document", BTree())):
        if column not in there:
            table.create_index(column, config=config)


def maintain(table: Any) -> None:
    """Compacts, folds fresh rows into the indexes, drops old versions."""
    table.optimize(cleanup_older_than=_KEEP)
