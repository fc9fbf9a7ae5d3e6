"""Files that are handed in: any name is made safe, and a file is there whole or not at all."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from homeground.errors import ConfigError, StorageError
from homeground.ingest.names import MOST_BYTES, safe_name
from homeground.ingest.uploads import Uploads, document_name, folder_name


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\年度報告.docx", "年度報告.docx"),
        ("Größe (final).xlsx", "Größe (final).xlsx"),
        ("a\x00b\r\nc\x1b[2J.txt", "ab c[2J.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("می\u200cخواهم.pdf", "می\u200cخواهم.pdf"),
        (".homegroundignore", "homegroundignore"),
        ("CON", "_CON"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("~$draft.docx", "_~$draft.docx"),
        ('what? "this": <that>|*.md', "what_ _this__ _that___.md"),
        ("  spaced   out . ", "spaced out"),
    ],
)
def test_a_name_is_made_safe_and_stays_readable(given: str, safe: str) -> None:
    assert safe_name(given) == safe


@pytest.mark.parametrize("given", ["", "..", "/", "\\", "\x00", "???", " . ", "\u200b"])
def test_a_name_of_which_nothing_is_left_is_refused_in_words(given: str) -> None:
    with pytest.raises(ConfigError, match="has no name"):
        safe_name(given)


def test_a_long_name_keeps_its_extension() -> None:
    safe = safe_name("長" * 300 + ".pdf")
    assert safe.endswith("長.pdf")
    assert len(safe.encode()) <= MOST_BYTES


@given(some.text(max_size=400))
def test_whatever_it_was_called_it_lies_in_its_folder(given: str) -> None:
    try:
        safe = safe_name(given)
    except ConfigError:
        return
    assert Path(safe).name == safe
    assert not safe.startswith((".", " "))
    assert len(safe.encode()) <= MOST_BYTES
    assert safe_name(safe) == safe


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    (tmp_path / "private").mkdir()
    return Uploads(tmp_path, tmp_path / "private")


def test_a_file_is_unseen_until_it_is_kept_and_then_whole(uploads: Uploads, tmp_path: Path) -> None:
    arriving = uploads.read(io.BytesIO(b"x" * 3_000_000))
    assert not (tmp_path / "uploads").exists()
    kept = uploads.keep(arriving, document_name("../big.bin"))
    assert (kept.document, kept.bytes, kept.new) == ("uploads/big.bin", 3_000_000, True)
    content = (tmp_path / "uploads" / "big.bin").read_bytes()
    assert hashlib.sha256(content).hexdigest() == kept.revision
    assert list((tmp_path / "private" / "incoming").iterdir()) == []


def test_the_same_bytes_are_kept_once_and_other_bytes_take_their_place(uploads: Uploads, tmp_path: Path) -> None:
    first = uploads.keep(uploads.read(io.BytesIO(b"one")), "uploads/a.txt")
    again = uploads.keep(uploads.read(io.BytesIO(b"one")), "uploads/a.txt")
    other = uploads.keep(uploads.read(io.BytesIO(b"two")), "uploads/a.txt")
    assert (again.revision, again.new, other.new) == (first.revision, False, True)
    assert (tmp_path / "uploads" / "a.txt").read_bytes() == b"two"
    assert list((tmp_path / "private" / "incoming").iterdir()) == []


def test_what_breaks_off_leaves_nothing(uploads: Uploads, tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("the line is dead")

    with pytest.raises(OSError, match="dead"):
        uploads.read(Broken())
    assert list((tmp_path / "private" / "incoming").iterdir()) == []


def test_a_disk_that_refuses_is_a_storage_error_and_the_old_file_stays(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads.keep(uploads.read(io.BytesIO(b"one")), "uploads/a.txt")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        uploads.keep(uploads.read(io.BytesIO(b"two")), "uploads/a.txt")
    assert (tmp_path / "uploads" / "a.txt").read_bytes() == b"one"
    assert list((tmp_path / "private" / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["uploads/../secret", "uploads/", "other/a.txt", "a.txt", "uploads/b.txt", "uploads/a\0"]
)
def test_only_uploaded_files_have_a_path_to_delete(uploads: Uploads, tmp_path: Path, name: str) -> None:
    uploads.keep(uploads.read(io.BytesIO(b"one")), "uploads/a.txt")
    (tmp_path / "secret").write_text("mine")
    assert uploads.path_of(name) is None
    assert uploads.path_of("uploads/a.txt") == tmp_path / "uploads" / "a.txt"


def test_what_was_cut_off_long_ago_is_swept_away(uploads: Uploads, tmp_path: Path) -> None:
    old, new = uploads.begin(), uploads.begin()
    os.utime(old.path, (1, 1))
    uploads.sweep()
    assert [path.name for path in (tmp_path / "private" / "incoming").iterdir()] == [new.path.name]
    old.discard()
    new.discard()


@pytest.mark.parametrize(
    ("person", "folder"), [("ines", "ines"), ("Ines Vasconcelos", "Ines Vasconcelos"), ("李雷", "李雷")]
)
def test_a_person_has_a_folder_of_their_own(person: str, folder: str) -> None:
    assert document_name("a.txt", person) == f"uploads/{folder}/a.txt"


@given(some.text(min_size=1, max_size=64), some.text(min_size=1, max_size=64))
def test_no_two_persons_share_a_folder(one: str, other: str) -> None:
    folders = folder_name(one), folder_name(other)
    assert (folders[0] == folders[1]) == (one == other)
    assert all(Path(each).name == each for each in folders)


@pytest.mark.parametrize("person", ["a/ines", "ines\u202e", "ines "])
def test_nobody_has_the_folder_of_somebody_else_as_their_name(person: str) -> None:
    marked = folder_name(person)
    assert marked.startswith("ines ")
    assert folder_name(marked).startswith(f"{marked} ")
    assert folder_name(marked.upper()) != marked.upper()  # some file systems take no notice of case
    again = folder_name("ines", "0123456789ab")
    assert folder_name(again) != again


def test_a_file_and_a_folder_do_not_take_each_others_place(uploads: Uploads) -> None:
    uploads.keep(uploads.read(io.BytesIO(b"one")), document_name("a.txt", "ines"))
    uploads.keep(uploads.read(io.BytesIO(b"one")), document_name("rupert"))
    for document in (document_name("ines"), document_name("a.txt", "rupert")):
        with pytest.raises(ConfigError, match="cannot be used here"):
            uploads.keep(uploads.read(io.BytesIO(b"two")), document)
    assert uploads.path_of("uploads/ines/a.txt")
    assert uploads.path_of("uploads/ines") is None
