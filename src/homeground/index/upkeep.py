"""Keeps the Lance table fast and small: search structures, compaction, old versions. Measured in docs/lab-log.md.

Every step is a commit of its own that changes nothing that a search finds: a kill between two leaves work for the next
time. Rows that no structure covers yet are searched one by one, by LanceDB itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

_APPROXIMATE_FROM = 10_000  # rows; below, reading every vector takes at most 8 ms
_OUTGROWN = 4  # times the rows that the vector index was trained on
_SHARE_UNFOLDED = 200  # one fresh row in so many is searched as fast as none
_SHARE_DEAD = 10  # from one deleted row in so many on, LanceDB writes a file anew without them
_MOST_VERSIONS = 20
_MOST_SEGMENTS = 5
# A version that a reader in another process has just opened; older readers ask again (see LanceIndex._read).
_GRACE = timedelta(seconds=2)


def create_indexes(table: Any) -> None:
    """Makes the scalar and lexical structures that the table does not have yet."""
    from lancedb.index import FTS, Bitmap, BTree

    # The analyser has done all that there is to do with words. Without positions, which only phrase queries need, the
    # structure is a third of the size.
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
    """Folds fresh rows in, compacts and drops old versions, as far as it is worth while."""
    rows = table.count_rows()
    _drop_worn_vector_index(table, rows)
    if _worth_while(table, rows):
        table.optimize(cleanup_older_than=timedelta(days=7))
        # What was compacted goes now: a fresh workspace would otherwise take twice its size until the next sync. The
        # one writer removes the leavings of killed commits, too.
        table.optimize(cleanup_older_than=_GRACE, delete_unverified=True)
    if rows >= _APPROXIMATE_FROM and _vector_index(table) is None:
        _train(table, rows)


def _worth_while(table: Any, rows: int) -> bool:
    fragments = table.stats()["fragment_stats"]
    kept = fragments["num_fragments"] * fragments["lengths"]["mean"]
    fresh = max(index.num_unindexed_rows for index in table.list_indices())
    return (
        fresh > rows // _SHARE_UNFOLDED
        or kept - rows > kept // _SHARE_DEAD
        or len(table.list_versions()) > _MOST_VERSIONS
    )


def _drop_worn_vector_index(table: Any, rows: int) -> None:
    """An index in many segments is slow and keeps LanceDB from compacting what they cover; it is made anew, after."""
    if index := _vector_index(table):
        trained_on = int(index.name.rpartition("_")[2])
        if index.num_segments > _MOST_SEGMENTS or rows >= trained_on * _OUTGROWN or rows < _APPROXIMATE_FROM // 2:
            table.drop_index(index.name)


def _train(table: Any, rows: int) -> None:
    from lancedb.index import IvfRq

    # RaBitQ (Gao and Long 2024), four bits a number: of 200,000 vectors it takes 43 MB and 6 s of CPU to build.
    config = IvfRq(distance_type="dot", num_bits=4)
    table.create_index("vector", config=config, name=f"vector_{rows}")


def _vector_index(table: Any) -> Any:
    return next((index for index in table.list_indices() if index.columns == ["vector"]), None)
