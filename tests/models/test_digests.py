"""A digest is remembered only where the file cannot have changed; the cache may be lost or damaged at any time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from homeground.models import digests
from homeground.models.digests import Digests, read_sha256

OLD = time.time() - 1000


@pytest.fixture
def file(tmp_path: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that counts as large and was not changed for a while."""
    monkeypatch.setattr(digests, "REMEMBER_FROM", 10)
    monkeypatch.setattr(digests, "_RACY_S", -1.0)
    path = tmp_path / "weights.bin"
    path.write_bytes(b"a" * 100)
    os.utime(path, (OLD, OLD))
    return path


def check(path: Path, *, full: bool = False) -> tuple[str, int]:
    known = Digests(full=full)
    digest = known.sha256(path)
    known.save()
    return digest, known.remembered


def test_the_second_look_does_not_read_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = check(file)
    assert first == (read_sha256(file), 0)
    monkeypatch.setattr(digests, "read_sha256", lambda _: pytest.fail("it was read"))
    assert check(file) == (first[0], 1)


def test_full_reads_it_again(file: Path) -> None:
    check(file)
    assert check(file, full=True)[1] == 0


def test_a_changed_byte_is_seen_though_size_and_time_are_set_back(file: Path) -> None:
    before = check(file)[0]
    with file.open("r+b") as opened:
        opened.write(b"b")
    os.utime(file, (OLD, OLD))
    assert check(file) == (read_sha256(file), 0)
    assert check(file)[0] != before


def test_another_file_under_the_name_is_read(file: Path, tmp_path: Path) -> None:
    check(file)
    other = tmp_path / "other"
    other.write_bytes(b"c" * 100)
    os.utime(other, (OLD, OLD))
    other.replace(file)
    assert check(file) == (read_sha256(file), 0)


def test_a_file_changed_a_moment_ago_is_not_remembered(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "_RACY_S", 2.0)
    file.write_bytes(b"d" * 100)
    check(file)
    assert check(file)[1] == 0


def test_a_small_file_is_read_each_time(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "REMEMBER_FROM", 101)
    check(file)
    assert check(file)[1] == 0


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"files": 5}', b'{"files": {"x": 5}}', b"\xff" * 50, b"[" * 99999]
)
def test_a_damaged_cache_costs_time_only(file: Path, content: bytes) -> None:
    right = check(file)[0]
    cache = digests.cache_folder() / "digests.json"
    cache.write_bytes(content)
    assert check(file) == (right, 0)
    assert check(file) == (right, 1)


def test_a_cache_that_cannot_be_written_is_no_error(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "blocked").write_text("a file")
    monkeypatch.setenv("HOMEGROUND_CACHE", str(tmp_path / "blocked" / "below"))
    assert check(file) == (read_sha256(file), 0)


def test_the_cache_stays_small(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "_MOST_ENTRIES", 3)
    for turn in range(6):
        os.utime(file, (OLD + turn, OLD + turn))
        check(file)
    assert (digests.cache_folder() / "digests.json").read_text().count(":") < 30
    assert check(file)[1] == 1
