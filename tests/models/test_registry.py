"""A model is loaded only when every file is the one that its manifest lists."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from homeground.errors import ModelError, NotFoundError
from homeground.models.encoder import load_encoder
from homeground.models.registry import find, house_models, verify

HOUSE_EMBEDDER = "all-minilm-l6-v2-int8"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    shutil.copytree(find(HOUSE_EMBEDDER), folder)
    return folder


def rewrite_manifest(folder: Path, change: Callable[[dict[str, object]], None]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    change(manifest["files"])
    path.write_text(json.dumps(manifest), "utf-8")


def test_every_house_model_is_whole_and_has_a_full_card() -> None:
    for card in house_models():
        checked = verify(card.folder)
        assert checked == card
        assert all((card.licence, card.origin, card.architecture, card.description, card.dimension, card.max_tokens))


def test_the_digest_is_that_of_the_manifest() -> None:
    card = verify(find(HOUSE_EMBEDDER))
    assert card.digest == hashlib.sha256((card.folder / "manifest.json").read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["model.xml", "model.bin", "tokenizer.json", "card.json"])
def test_one_changed_byte_is_refused_by_file_name(copied: Path, name: str) -> None:
    content = bytearray((copied / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / name).write_bytes(content)
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        load_encoder(str(copied))


def test_a_missing_file_is_refused_by_name(copied: Path) -> None:
    (copied / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        verify(copied)


def test_a_file_that_is_not_listed_is_refused_by_name(copied: Path) -> None:
    (copied / "extra.py").write_text("print('hello')")
    with pytest.raises(ModelError, match=r"extra\.py is not in the model's manifest"):
        verify(copied)


def test_a_link_in_place_of_a_file_is_refused(copied: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere.bin"
    shutil.move(copied / "model.bin", moved)
    (copied / "model.bin").symlink_to(moved)
    with pytest.raises(ModelError, match=r"model\.bin"):
        verify(copied)


@pytest.mark.parametrize("name", ["../outside.bin", "/etc/hostname", "a/../../b", "..\\x"])
def test_a_manifest_cannot_reach_outside_its_folder(copied: Path, name: str) -> None:
    rewrite_manifest(copied, lambda files: files.update({name: {"sha256": "0" * 64, "bytes": 1}}))
    with pytest.raises(ModelError, match="is not allowed"):
        verify(copied)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"files": []}', b'{"files": {}}', b'{"files": {"a": 1}}', b"\xff"]
)
def test_a_manifest_that_is_none_is_refused(copied: Path, content: bytes) -> None:
    (copied / "manifest.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"manifest\.json"):
        verify(copied)


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(NotFoundError, match=HOUSE_EMBEDDER):
        find("gpt-17")


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"manifest\.json cannot be read"):
        load_encoder(str(tmp_path))
