"""Models from this machine: what they say of themselves becomes the card; pickles and code stay outside."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest

from homeground.errors import ModelError, NotFoundError, StorageError
from homeground.models.add import add_model, left_out
from homeground.models.choose import check_removal, remove_model
from homeground.models.describe import describe
from homeground.models.registry import find, known_models, read_card, verify, where

pytestmark = pytest.mark.usefixtures("own_folders")
KEPT = ("config.json", "tokenizer_config.json", "tokenizer.json", "model.safetensors", "README.md", ".gitattributes")


@pytest.fixture
def folder(tmp_path: Path, model_files: dict[str, bytes]) -> Path:
    """A generator without pickles and code."""
    folder = tmp_path / "given"
    folder.mkdir()
    for name in KEPT:
        (folder / name).write_bytes(model_files[name])
    return folder


def test_a_folder_becomes_a_model_that_verifies(folder: Path, own_folders: Path) -> None:
    (folder / "notes.pdf").write_bytes(b"%PDF")
    assert left_out(folder) == ("notes.pdf",)
    card = add_model(folder, "mine")
    assert verify(find("mine")) == card
    assert (card.task, card.format, card.parameters, where(card)) == (
        "generator",
        "safetensors",
        5000,
        "in the models folder",
    )
    assert not (own_folders / "mine" / ".gitattributes").exists()
    assert folder.joinpath("model.safetensors").exists()


@pytest.mark.parametrize("name", ["weights.pt", "pytorch_model.bin", "x.pkl", "modeling.py", "deep/hook.so", "m.h5"])
def test_pickles_and_code_are_refused_by_name(folder: Path, own_folders: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"x")
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        add_model(folder)
    assert not own_folders.exists() or list(own_folders.iterdir()) == []


def test_one_gguf_file_is_enough(tmp_path: Path, make_gguf: Any) -> None:
    (tmp_path / "tiny.Q4_K_M.gguf").write_bytes(make_gguf())
    card = add_model(tmp_path / "tiny.Q4_K_M.gguf")
    assert (card.name, card.task, card.architecture, card.licence) == ("tiny.Q4_K_M", "generator", "llama", "mit")
    assert (card.parameters, card.quantisation, card.max_tokens) == (14, "Q4_K_M", 2048)
    assert card.chat_template == "tiny.Q4_K_M.gguf"


@pytest.mark.parametrize("cut", [3, 10, 40, 100, 250])
def test_a_gguf_that_is_cut_short_is_refused(tmp_path: Path, make_gguf: Any, cut: int) -> None:
    (tmp_path / "cut.gguf").write_bytes(make_gguf()[:cut])
    with pytest.raises(ModelError, match="cut"):
        add_model(tmp_path / "cut.gguf")


@pytest.mark.parametrize(
    "content",
    [
        b"GGUF" + struct.pack("<IQQ", 3, 2**40, 1),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 2**62),
        b"GGUF" + struct.pack("<IQQ", 9, 0, 0),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"k" + struct.pack("<I", 77),
    ],
)
def test_a_gguf_that_claims_too_much_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.gguf").write_bytes(content)
    with pytest.raises(ModelError, match=r"m\.gguf"):
        add_model(tmp_path / "m.gguf")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 8,
        struct.pack("<Q", 2**60) + b"{",
        struct.pack("<Q", 5) + b"{[}]!",
        b"\x02" + bytes(7) + b"[]",
        struct.pack("<Q", 10) + b'{"a": "b"}',
        struct.pack("<Q", 23) + b'{"a": {"shape": ["x"]}}',
    ],
)
def test_safetensors_that_are_none_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match=r"m\.safetensors"):
        add_model(tmp_path / "m.safetensors")


def test_an_openvino_model_says_how_it_was_compressed(tmp_path: Path) -> None:
    folder = tmp_path / "ov"
    folder.mkdir()
    info = '<rt_info><nncf><weight_compression><x value="1"/><mode value="int4_asym"/></weight_compression></nncf>'
    (folder / "openvino_model.xml").write_text(f'<?xml version="1.0"?><net><edges></edges>{info}</rt_info></net>')
    (folder / "openvino_model.bin").write_bytes(b"\x01\x02")
    (folder / "config.json").write_text('{"architectures": ["Qwen2ForCausalLM"]}')
    card = add_model(folder)
    assert (card.format, card.quantisation, card.task) == ("OpenVINO IR", "int4_asym weights (NNCF)", "generator")


def test_an_embedder_is_known_by_what_sentence_transformers_writes(folder: Path) -> None:
    (folder / "1_Pooling").mkdir()
    (folder / "modules.json").write_text("[]")
    (folder / "config.json").write_text('{"architectures": ["BertModel"], "hidden_size": 384}')
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 256}')
    (folder / "1_Pooling" / "config.json").write_text(
        '{"word_embedding_dimension": 384, "pooling_mode_mean_tokens": true}'
    )
    card = add_model(folder, "emb")
    assert (card.task, card.dimension, card.max_tokens) == ("embedder", 384, 256)
    assert card.details["pooling"] == "pooling_mode_mean_tokens"


def test_a_model_that_wants_code_of_its_own_says_so(folder: Path) -> None:
    (folder / "config.json").write_text(
        '{"auto_map": {"AutoModel": "x.Y"}, "quantization_config": {"quant_method": "gptq", "bits": 4}}'
    )
    found = describe(folder)
    assert (found["wants_code"], found["quantisation"], found["task"]) == (True, "gptq 4 bit", "unknown")


def test_a_finished_model_keeps_its_digest_and_a_changed_one_is_refused(tmp_path: Path) -> None:
    house = find("all-minilm-l6-v2-int8")
    copied = tmp_path / "copied"
    shutil.copytree(house, copied)
    card = json.loads((copied / "card.json").read_text("utf-8"))
    with pytest.raises(ModelError, match="already"):
        add_model(copied)
    (copied / "card.json").write_text(json.dumps(card | {"name": "another"}), "utf-8")
    with pytest.raises(ModelError, match=r"card\.json is not the file"):
        add_model(copied, "another")


def test_links_take_no_room_and_are_checked_like_copies(folder: Path, own_folders: Path) -> None:
    card = add_model(folder, "linked", link=True)
    weights = own_folders / "linked" / "model.safetensors"
    assert weights.samefile(folder / "model.safetensors")
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(200)
        file.write(b"!")
    with pytest.raises(ModelError, match=r"model\.safetensors is not the file"):
        verify(card.folder)


def test_a_hub_cache_of_links_is_copied_with_its_content(folder: Path, tmp_path: Path, own_folders: Path) -> None:
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    for each in folder.iterdir():
        (snapshot / each.name).symlink_to(each)
    add_model(snapshot, "cached")
    assert not (own_folders / "cached" / "model.safetensors").is_symlink()


@pytest.mark.parametrize(
    "name", ["all-minilm-l6-v2-int8", "reader", "Reader", "../up", ".hidden", "a/b", "x" * 99, "end."]
)
def test_names_that_are_taken_or_none_are_refused(folder: Path, name: str) -> None:
    with pytest.raises(ModelError):
        add_model(folder, name)


def test_nothing_there_and_nothing_in_it_are_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        add_model(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="no weights"):
        add_model(tmp_path / "empty")
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(ModelError, match="Name its folder"):
        add_model(tmp_path / "a.txt")


def test_a_full_disk_is_told_and_leaves_nothing(
    folder: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    with pytest.raises(StorageError, match="Make room"):
        add_model(folder)
    assert list(own_folders.iterdir()) == []


def test_a_broken_folder_does_not_hide_the_others(folder: Path, own_folders: Path) -> None:
    add_model(folder, "good")
    (own_folders / "bad").mkdir()
    (own_folders / "bad" / "manifest.json").write_text("{}")
    (own_folders / "bad" / "card.json").write_text('{"name": 5, "task": "embedder"}')
    known = known_models()
    assert [card.name for card in known.cards] == ["all-minilm-l6-v2-int8", "good"]
    assert "name is 5" in known.broken[0]


def test_a_removed_model_is_gone_and_house_models_stay(folder: Path, own_folders: Path) -> None:
    add_model(folder, "mine")
    (own_folders / ".pull-mine").mkdir()
    assert remove_model("mine") > 20_000
    assert list(own_folders.iterdir()) == []
    for name in ("all-minilm-l6-v2-int8", "mine", "../x", ""):
        with pytest.raises((ModelError, NotFoundError)):
            check_removal(name, None)


def test_a_model_in_another_folder_is_not_deleted(folder: Path) -> None:
    with pytest.raises(ModelError, match="delete its folder yourself"):
        remove_model(str(folder))
    assert folder.is_dir()


def test_an_old_card_still_loads(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    (tmp_path / "card.json").write_text('{"name": "old", "task": "embedder", "trained_on": "much"}')
    card = read_card(tmp_path)
    assert (card.name, card.format, card.measured, card.details) == ("old", "", {}, {"trained_on": "much"})
