"""A model comes from a hub whole, checked, and pinned to a commit, or does not come; what broke off goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeground.errors import HomegroundError, LockedError, ModelError, NotFoundError, StorageError
from homeground.models.registry import find, verify
from homeground.models.repository import pull_model

REPO, NAME = "acme/tiny-instruct", "tiny-instruct"
COMMIT = "c0ffee" + "0" * 34


def ranges_of(hub: Any, name: str) -> list[str]:
    return [headers.get("Range", "") for path, headers in hub.asked if "/storage/" in path and name in path]


def parts(models: Path) -> list[Path]:
    return sorted((models / f".pull-{NAME}").glob("*.part"))


def test_a_branch_is_resolved_and_the_commit_is_what_the_card_records(hub: Any, own_folders: Path) -> None:
    pulled = pull_model(REPO)
    assert pulled.asked == "main"
    assert (pulled.card.revision, pulled.card.origin) == (COMMIT, f"127.0.0.1/{REPO}")
    assert verify(find(NAME)) == pulled.card
    assert (own_folders / NAME / "model.safetensors").read_bytes() == hub.files["model.safetensors"]
    assert all(f"/resolve/{COMMIT}/" in path for path, _ in hub.asked if "/resolve/" in path)
    assert [each.name for each in own_folders.iterdir()] == [NAME]


def test_the_card_says_what_files_and_hub_say(hub: Any) -> None:
    card = pull_model(REPO, "v1").card
    assert (card.task, card.licence, card.languages) == ("generator", "apache-2.0", ("en", "de"))
    assert (card.architecture, card.parameters, card.max_tokens) == ("LlamaForCausalLM", 5000, 2048)
    assert (card.format, card.precision, card.chat_template) == ("safetensors", "fp32", "tokenizer_config.json")


def test_pickles_code_and_other_formats_are_left_out_and_told(hub: Any, own_folders: Path) -> None:
    hub.files |= {"card.json": b"{}", "manifest.json": b"{}"}
    left = pull_model(REPO).left_out
    assert set(left) == {"pytorch_model.bin", "modeling_tiny.py", "model.onnx", "card.json", "manifest.json"}
    assert not any((own_folders / NAME / name).exists() for name in ("pytorch_model.bin", "modeling_tiny.py"))
    assert not any("pytorch_model" in path or ".py" in path for path, _ in hub.asked)


def test_an_interrupted_pull_goes_on_where_it_was(hub: Any, own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.cut_after, hub.status = {"model.safetensors": 7000}, {}
    seen: list[int] = []

    def interrupted(done: int, total: int, name: str) -> None:
        seen.append(done)
        if name == "model.safetensors":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull_model(REPO, on_bytes=interrupted)
    [part] = parts(own_folders)
    assert part.stat().st_size == 7000
    assert not (own_folders / NAME).exists()
    hub.cut_after, before = {}, len(hub.asked)
    done: list[int] = []
    pull_model(REPO, on_bytes=lambda size, total, name: done.append(size))
    assert ranges_of(hub, "model.safetensors") == ["", "bytes=7000-"]
    assert len([path for path, _ in hub.asked[before:] if path.endswith("/config.json")]) == 0
    assert done == sorted(done)
    assert verify(find(NAME)).name == NAME


def test_what_is_the_same_at_a_newer_commit_is_not_fetched_again(hub: Any, own_folders: Path) -> None:
    hub.status = {"tokenizer_config.json": (403, {})}
    with pytest.raises(ModelError):
        pull_model(REPO)
    hub.status, hub.commit = {}, "beef" + "1" * 36
    hub.files["README.md"] = b"# Tiny, better told\n"
    asked = len(hub.asked)
    assert pull_model(REPO).card.revision == hub.commit
    later = [path for path, _ in hub.asked[asked:]]
    assert not any("model.safetensors" in path for path in later)
    assert (own_folders / NAME / "README.md").read_bytes() == hub.files["README.md"]


def test_a_connection_that_breaks_now_and_then_is_opened_again(hub: Any) -> None:
    hub.cut_after = {"model.safetensors": 3000}
    pull_model(REPO)
    assert len(ranges_of(hub, "model.safetensors")) > 3


def test_a_connection_that_brings_nothing_is_given_up_in_words(hub: Any, own_folders: Path) -> None:
    hub.cut_after = {"model.safetensors": 0}
    with pytest.raises(ModelError, match=r"broke after 0\.0 of 0\.0 MB of model\.safetensors.*it goes on"):
        pull_model(REPO)


def test_a_server_without_ranges_sends_the_whole_file_again(hub: Any) -> None:
    hub.ranges, hub.cut_after, hub.cuts = False, {"model.safetensors": 9000}, 1
    assert verify(pull_model(REPO).card.folder)


def test_a_part_that_is_too_long_is_thrown_away(hub: Any, own_folders: Path) -> None:
    hub.cut_after = {"model.safetensors": 0}
    with pytest.raises(ModelError):
        pull_model(REPO)
    hub.cut_after = {}
    [part] = parts(own_folders)
    part.write_bytes(b"x" * (len(hub.files["model.safetensors"]) + 5))
    assert verify(pull_model(REPO).card.folder)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_wrong_digest_names_and_deletes_the_file(hub: Any, own_folders: Path, name: str) -> None:
    hub.corrupt = {name}
    with pytest.raises(ModelError, match=rf"{name} is not the file.*deleted"):
        pull_model(REPO)
    assert not (own_folders / NAME).exists()
    assert not (own_folders / f".pull-{NAME}" / "files" / name).exists()
    hub.corrupt = set()
    assert verify(pull_model(REPO).card.folder)


def test_a_file_that_was_changed_between_two_runs_is_fetched_again(hub: Any, own_folders: Path) -> None:
    hub.status = {"tokenizer_config.json": (403, {})}
    with pytest.raises(ModelError):
        pull_model(REPO)
    kept = own_folders / f".pull-{NAME}" / "files" / "model.safetensors"
    kept.write_bytes(kept.read_bytes()[:-1] + b"!")
    hub.status = {}
    assert (pull_model(REPO).card.folder / "model.safetensors").read_bytes() == hub.files["model.safetensors"]


@pytest.mark.parametrize(
    ("where", "status", "headers", "kind", "words"),
    [
        ("list", 401, {}, ModelError, "HF_TOKEN"),
        ("list", 403, {"X-Error-Code": "GatedRepo"}, ModelError, "Accept its terms"),
        ("model.safetensors", 403, {}, ModelError, "gated"),
        ("list", 404, {"x-error-code": "RepoNotFound"}, NotFoundError, "no such repository"),
        ("config.json", 404, {"X-Error-Code": "EntryNotFound"}, NotFoundError, r"no such file.*config\.json"),
        ("list", 429, {"retry-after": "37"}, ModelError, "in 37 s"),
        ("list", 429, {"RateLimit": '"api";r=0;t=55'}, ModelError, "in 55 s"),
        ("list", 429, {}, ModelError, "later"),
        ("list", 503, {}, ModelError, "the hub answered 503"),
        ("config.json", 500, {}, ModelError, "the hub answered 500.*it goes on"),
        ("list", 418, {}, ModelError, "answered 418"),
    ],
)
def test_each_refusal_says_what_to_do(
    hub: Any, where: str, status: int, headers: dict[str, str], kind: type[HomegroundError], words: str
) -> None:
    hub.status = {where: (status, headers)}
    with pytest.raises(kind, match=words):
        pull_model(REPO)


def test_an_unknown_revision_is_named(hub: Any) -> None:
    with pytest.raises(NotFoundError, match="no such revision: acme/tiny-instruct, revision v99"):
        pull_model(REPO, "v99")


def test_a_hub_that_is_not_there_is_told_with_what_to_do(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEGROUND_HUB", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match=r"cannot be reached.*homeground models add"):
        pull_model(REPO)


# -- Size and choice ----------------------------------------------------------------------------


def test_more_than_was_allowed_is_not_begun(hub: Any) -> None:
    with pytest.raises(ModelError, match="--max-gb"):
        pull_model(REPO, most_bytes=10_000)
    assert not any("/resolve/" in path for path, _ in hub.asked)


def test_a_disk_without_room_is_told_before_anything_is_fetched(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    with pytest.raises(StorageError, match="Make room"):
        pull_model(REPO)
    assert not any("/resolve/" in path for path, _ in hub.asked)


def test_of_several_builds_of_one_model_one_must_be_chosen(hub: Any, make_gguf: Any) -> None:
    hub.files = {"tiny-Q4_K_M.gguf": make_gguf(), "tiny-Q8_0.gguf": make_gguf(kind=7), "README.md": b"x"}
    with pytest.raises(ModelError, match=r"--only NAME: tiny-Q4_K_M\.gguf .*tiny-Q8_0\.gguf"):
        pull_model(REPO)
    pulled = pull_model(REPO, only=["*Q4_K_M*"])
    assert pulled.left_out == ("tiny-Q8_0.gguf",)
    assert (pulled.card.quantisation, pulled.card.parameters, pulled.card.format) == ("Q4_K_M", 5000, "GGUF")


def test_a_repository_without_weights_is_told(hub: Any) -> None:
    hub.files = {"README.md": b"x", "pytorch_model.bin": b"PK\x03\x04"}
    with pytest.raises(ModelError, match="holds no weights"):
        pull_model(REPO)


def test_a_name_that_is_taken_is_not_pulled_over(hub: Any) -> None:
    pull_model(REPO)
    with pytest.raises(ModelError, match="already"):
        pull_model(REPO)
    assert pull_model(REPO, name="second").card.name == "second"


def test_two_pulls_of_one_model_do_not_meet(hub: Any) -> None:
    caught: list[HomegroundError] = []

    def second(path: str) -> None:
        hub.on_file = lambda _: None
        with pytest.raises(LockedError) as error:
            pull_model(REPO)
        caught.append(error.value)

    hub.on_file = second
    pull_model(REPO)
    assert "Another process is pulling" in str(caught[0])


def test_a_manifest_covers_every_file(hub: Any) -> None:
    card = pull_model(REPO).card
    listed = json.loads((card.folder / "manifest.json").read_text("utf-8"))["files"]
    assert set(listed) == {each.name for each in card.folder.iterdir()} - {"manifest.json"}
