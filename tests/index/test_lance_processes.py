"""A writer that is killed, and readers beside a writer: each answer is of one commit, and of the newest."""

import importlib.util
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from homeground.index.contract import Row, Scope
from homeground.index.lance import LanceIndex

WRITER = Path(__file__).with_name("writer.py")
DOCUMENTS = 60
ALL = Scope(frozenset({1}))
MOST = 4 * DOCUMENTS + 1


def _writer_module():
    spec = importlib.util.spec_from_file_location("homeground_index_writer", WRITER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


writer = _writer_module()


@contextmanager
def writing(folder: Path, first: int) -> Iterator[subprocess.Popen]:
    """A writer that has opened the index; killed at the end."""
    command = [sys.executable, str(WRITER), str(folder), str(first), str(DOCUMENTS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "open\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def the_round_of(rows: list[Row]) -> int:
    """The round that all of `rows` belong to; they are its rows, each once."""
    rounds = {row.text for row in rows}
    assert len(rounds) == 1, f"a mix: {Counter(row.text for row in rows)}"
    number = int(rounds.pop().removeprefix("round "))
    places = sorted((row.document, row.ordinal, row.revision) for row in rows)
    assert places == sorted(
        (row.document, row.ordinal, row.revision) for row in writer.rows_of_round(number, DOCUMENTS)
    )
    return number


def lexical(index: LanceIndex, terms: list[str], scope: Scope, limit: int) -> list[Row]:
    return index.read(lambda snapshot: snapshot.rows(snapshot.lexical(terms, scope, limit)))


def dense(index: LanceIndex, vector: np.ndarray, scope: Scope, limit: int) -> list[Row]:
    return index.read(lambda snapshot: snapshot.rows(snapshot.dense(vector, scope, limit)))


def newest(index: LanceIndex) -> int:
    """The round that both legs see."""
    number = the_round_of(dense(index, np.ones(writer.DIMENSION, np.float32), ALL, MOST))
    assert the_round_of(lexical(index, ["round"], ALL, MOST)) == number
    for past in range(max(0, number - 5), number):
        assert lexical(index, [f"n{past}"], ALL, MOST) == []
    assert len(lexical(index, [f"n{number}"], ALL, MOST)) == index.count()
    return number


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_writer_leaves_the_old_or_the_new(tmp_path, seed):
    rng = random.Random(seed)
    LanceIndex.open(str(tmp_path), writer.DIMENSION).replace(range(DOCUMENTS), writer.rows_of_round(0, DOCUMENTS))
    number = 0
    for _ in range(2):
        with writing(tmp_path, number + 1) as process:
            told = number
            for _ in range(rng.choice((0, 1, 2, 5, 9))):
                told = int(process.stdout.readline())
            time.sleep(rng.random() * rng.choice((0.02, 0.1, 0.4)))
            process.kill()
            told = max([told, *map(int, process.stdout.read().split())])
        index = LanceIndex.open(str(tmp_path), writer.DIMENSION)
        number = newest(index)
        assert told <= number <= told + 1
    index.replace(range(DOCUMENTS), writer.rows_of_round(number + 1, DOCUMENTS))
    index.maintain()
    assert newest(index) == number + 1


def test_readers_beside_a_writer_see_one_commit_and_the_newest(tmp_path):
    index = LanceIndex.open(str(tmp_path), writer.DIMENSION)
    index.replace(range(DOCUMENTS), writer.rows_of_round(0, DOCUMENTS))
    rng = np.random.default_rng(0)
    with writing(tmp_path, 1) as process:
        version = seen = 0
        for _ in range(20):
            told = int(process.stdout.readline())
            for _ in range(3):
                found = the_round_of(dense(index, rng.standard_normal(writer.DIMENSION), ALL, MOST))
                assert found >= max(told, seen)
                seen = the_round_of(lexical(index, ["round"], ALL, MOST))
                assert seen >= found
                assert index.version >= version
                version = index.version
                [revision] = set(index.revisions(range(DOCUMENTS)).values())
                assert int(revision[1:]) >= seen
        assert process.poll() is None
