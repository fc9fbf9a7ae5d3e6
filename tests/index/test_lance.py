"""The LanceDB index keeps the contract, with and without a vector index; on disk it stays whole, current and small."""

import importlib.util
import os
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from homeground.errors import StorageError, WorkspaceError
from homeground.index.contract import Scope
from homeground.index.failures import in_words
from homeground.index.lance import LanceIndex


def _load(name: str, path: Path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


contract = _load("homeground_passage_index_contract", Path(__file__).parents[1] / "contracts" / "passage_index.py")
DIMENSION, PUBLIC, a_row, a_vector = contract.DIMENSION, contract.PUBLIC, contract.a_row, contract.a_vector
lexical, dense = contract.lexical, contract.dense


@pytest.fixture
def index(tmp_path):
    return LanceIndex.open(str(tmp_path / "passages-1"), DIMENSION)


class TestSmall(contract.PassageIndexContract):
    """Every vector is looked at."""


class TestLarge(contract.PassageIndexContract):
    """With a vector index, which large tables have; its segments and its renewal come often here."""

    exact = False

    @pytest.fixture(autouse=True)
    def _early(self, monkeypatch):
        monkeypatch.setattr("homeground.index.upkeep._APPROXIMATE_FROM", 20)
        monkeypatch.setattr("homeground.index.upkeep._MOST_SEGMENTS", 2)


class TestResident(contract.PassageIndexContract):
    """A small table that is asked often answers from memory, and never from a commit that is gone."""

    @pytest.fixture(autouse=True)
    def _at_once(self, monkeypatch):
        monkeypatch.setattr("homeground.index.snapshot._ASKED_OFTEN", 1)
        monkeypatch.setattr("homeground.index.snapshot._MOST_KEPT", -1)

    def test_it_is_the_copy_that_answers(self, index, monkeypatch):
        index.replace([1], [a_row(1, "crane")])
        assert len(dense(index, a_vector("crane"), PUBLIC, 5)) == 1
        monkeypatch.setattr("homeground.index.snapshot._found", None)
        assert len(dense(index, a_vector("crane"), PUBLIC, 5)) == 1


# -- Vector index -------------------------------------------------------------------------------


def many(count: int, documents: int, dimension: int = DIMENSION):
    """Rows whose vectors lie around some centres, as those of texts do."""
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((50, dimension))[rng.integers(50, size=count)]
    vectors = (vectors + rng.standard_normal((count, dimension))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    each = count // documents
    return [
        a_row(n // each, f"crane w{n % 97} w{n % 89}", ordinal=n % each, access=1 + n // each % 10, vector=vectors[n])
        for n in range(count)
    ]


def test_a_large_table_finds_nearly_all_that_is_nearest_within_a_scope(tmp_path):
    index = LanceIndex.open(str(tmp_path / "p"), 128)
    rows = many(12_000, 600, 128)
    index.replace(range(600), rows)
    index.maintain()
    assert any(each.columns == ["vector"] for each in index._table.list_indices())
    rng = np.random.default_rng(2)
    for access in (frozenset({3}), frozenset(range(1, 8))):
        seen = [row for row in rows if row.access in access]
        matrix = np.array([row.vector for row in seen])
        shares = []
        for _ in range(20):
            question = seen[rng.integers(len(seen))].vector + rng.standard_normal(128).astype(np.float32) / 20
            best = {(seen[at].document, seen[at].ordinal) for at in np.argsort(-matrix @ question)[:100]}
            found = {(row.document, row.ordinal) for row in dense(index, question, Scope(access), 100)}
            assert len(found) == 100
            shares.append(len(best & found) / 100)
        assert np.mean(shares) > 0.95


# -- Place --------------------------------------------------------------------------------------


def test_what_was_put_is_there_when_opened_again(tmp_path):
    LanceIndex.open(str(tmp_path / "p"), DIMENSION).replace([1], [a_row(1, "crane")])
    again = LanceIndex.open(str(tmp_path / "p"), DIMENSION)
    assert [row.text for row in lexical(again, ["crane"], PUBLIC, 5)] == ["crane"]


def test_an_address_need_not_be_a_folder():
    index = LanceIndex.open("memory://", DIMENSION)
    index.replace([1], [a_row(1, "crane")])
    assert [row.text for row in dense(index, a_vector("crane"), PUBLIC, 5)] == ["crane"]


def test_another_dimension_is_refused_in_words(tmp_path):
    LanceIndex.open(str(tmp_path / "p"), DIMENSION)
    with pytest.raises(WorkspaceError, match=f"vectors of {DIMENSION} numbers, not 384"):
        LanceIndex.open(str(tmp_path / "p"), 384)


@pytest.mark.parametrize("part", ["data", "_versions"])
def test_a_damaged_table_is_reported_in_words(tmp_path, part):
    index = LanceIndex.open(str(tmp_path / "p"), DIMENSION)
    index.replace([1], [a_row(1, "crane")])
    for file in (tmp_path / "p" / "passages.lance" / part).iterdir():
        file.write_bytes(b"rubbish")
    with pytest.raises(WorkspaceError, match=r"damaged .*; delete its folder and run `homeground sync`"):
        dense(LanceIndex.open(str(tmp_path / "p"), DIMENSION), a_vector("crane"), PUBLIC, 5)


def test_a_missing_data_file_is_reported_in_words(tmp_path):
    index = LanceIndex.open(str(tmp_path / "p"), DIMENSION)
    index.replace([1], [a_row(1, "crane")])
    for file in (tmp_path / "p" / "passages.lance" / "data").iterdir():
        file.unlink()
    with pytest.raises(WorkspaceError, match="damaged"):
        dense(LanceIndex.open(str(tmp_path / "p"), DIMENSION), a_vector("crane"), PUBLIC, 5)


def test_a_place_that_cannot_be_a_folder_is_reported_in_words(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageError, match="cannot be written"):
        LanceIndex.open(str(tmp_path / "file" / "p"), DIMENSION)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_without_write_permission_is_reported_in_words(tmp_path):
    index = LanceIndex.open(str(tmp_path / "p"), DIMENSION)
    for folder, _, _ in os.walk(tmp_path / "p"):
        Path(folder).chmod(0o555)
    try:
        with pytest.raises(StorageError, match="permissions"):
            index.replace([1], [a_row(1, "crane")])
    finally:
        for folder, _, _ in os.walk(tmp_path / "p"):
            Path(folder).chmod(0o755)


@pytest.mark.parametrize(
    ("said", "meant", "words"),
    [
        ("IO error: No space left on device (os error 28)", StorageError, "disk is full"),
        ("Permission denied (os error 13)", StorageError, "permissions"),
        ("Read-only file system (os error 30)", StorageError, "permissions"),
        ("Invalid user input: magic number mismatch", WorkspaceError, "magic number mismatch"),
    ],
)
def test_what_lancedb_says_becomes_a_sentence(said, meant, words):
    with pytest.raises(meant, match=words), in_words("home/passages-1"):
        raise OSError(said)


# -- Upkeep -------------------------------------------------------------------------------------


def size(folder: Path) -> tuple[int, int]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return len(files), sum(file.stat().st_size for file in files)


def test_a_folder_synced_a_hundred_times_is_about_as_small_as_a_fresh_one(tmp_path, monkeypatch):
    monkeypatch.setattr("homeground.index.upkeep._APPROXIMATE_FROM", 1000)
    rows = many(2000, 100)
    fresh = LanceIndex.open(str(tmp_path / "fresh"), DIMENSION)
    fresh.replace(range(100), rows)
    fresh.maintain()
    old = LanceIndex.open(str(tmp_path / "old"), DIMENSION)
    old.replace(range(100), rows)
    for document in range(100):
        old.replace([document], [row for row in rows if row.document == document])
        old.maintain()
    monkeypatch.setattr("homeground.index.upkeep._GRACE", timedelta(milliseconds=1))
    monkeypatch.setattr("homeground.index.upkeep._MOST_VERSIONS", 0)
    old.maintain()
    assert old._table.stats()["fragment_stats"]["num_fragments"] <= 6
    assert max(each.num_segments for each in old._table.list_indices()) <= 6
    (fresh_files, fresh_bytes), (files, used) = size(tmp_path / "fresh"), size(tmp_path / "old")
    assert files < fresh_files + 60
    assert used < 2 * fresh_bytes
    assert old.count() == 2000


def test_deleted_text_leaves_the_disk_with_the_next_upkeep(tmp_path, monkeypatch):
    monkeypatch.setattr("homeground.index.upkeep._GRACE", timedelta(milliseconds=1))
    index = LanceIndex.open(str(tmp_path / "p"), DIMENSION)
    index.replace([1, 2], [a_row(1, "kept"), a_row(2, "confidential")])
    index.maintain()
    index.replace([2], [])
    index.maintain()
    on_disk = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"kept" in on_disk
    assert b"confidential" not in on_disk


def test_upkeep_with_nothing_to_do_changes_nothing(index):
    index.replace([1], [a_row(1, "crane")])
    index.maintain()
    before = index.version
    index.maintain()
    assert index.version == before
