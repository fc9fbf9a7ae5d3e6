"""A table that is asked often answers from memory, and never from a version that is gone."""

from pathlib import Path

import numpy as np

from homeground.index.contract import Row, Scope
from homeground.index.lance import LanceIndex
from homeground.index.resident import AFTER_READS

ALL = Scope(access=frozenset({1}))


def row(document: int, text: str) -> Row:
    vector = np.full(4, 0.5, np.float32)
    return Row(document, f"{document:064x}", 1, 1, None, 0, 1, 0, len(text), text, "", tuple(text.split()), vector)


def asked_often(index: LanceIndex) -> list[str]:
    found: list[str] = []
    for _ in range(AFTER_READS + 3):
        index._kept = (-1, {})  # what single rows are remembered by: here the copy is asked
        found = sorted(each.text for each in index.lexical(["pump"], ALL, 10))
    return found


def test_the_copy_gives_what_the_table_holds_and_goes_with_the_next_commit(tmp_path: Path) -> None:
    index = LanceIndex.open(str(tmp_path / "index"), 4)
    index.replace([1, 2], [row(1, "old pump"), row(2, "other pump")])
    assert asked_often(index) == ["old pump", "other pump"]
    index.replace([1], [row(1, "new pump")])
    assert [each.text for each in index.lexical(["pump"], ALL, 10) if each.document == 1] == ["new pump"]
    assert asked_often(index) == ["new pump", "other pump"]
    index.replace([1, 2], [])
    assert asked_often(index) == []
