"""What a hub says is not relied on: names, addresses, lists and content are checked; the token stays with the hub."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import homeground
from homeground.errors import ConfigError, HomegroundError, ModelError
from homeground.models.repository import pull_model

REPO, NAME = "acme/tiny-instruct", "tiny-instruct"


@pytest.mark.parametrize(
    "name",
    ["../evil.json", "/etc/evil.json", "a/../../evil.json", "a\\..\\evil.json", "C:evil.json", "con.json", "a\n.json"],
)
def test_a_file_name_that_leads_elsewhere_is_refused(hub: Any, own_folders: Path, name: str) -> None:
    hub.files[name] = b"{}"
    with pytest.raises(ModelError, match="is not allowed"):
        pull_model(REPO)
    assert not list(own_folders.parent.rglob("evil*"))


def test_redirects_go_to_encrypted_places_only(hub: Any) -> None:
    hub.redirect_to = "http://storage.example"
    with pytest.raises(ModelError, match=r"redirects to storage\.example without encryption"):
        pull_model(REPO)
    hub.redirect_to = "ftp://storage.example"
    with pytest.raises(ModelError):
        pull_model(REPO)


def test_the_token_goes_to_the_hub_and_nowhere_else(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    card = pull_model(REPO).card
    for path, headers in hub.asked:
        assert headers.get("Authorization") == (None if path.startswith("/storage/") else "Bearer hf_secret")
    assert not any(b"hf_secret" in each.read_bytes() for each in card.folder.rglob("*") if each.is_file())


def test_a_refused_token_is_not_told(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.status = {"list": (401, {})}
    with pytest.raises(ModelError, match="Your token does not open it") as caught:
        pull_model(REPO)
    assert "hf_secret" not in str(caught.value)


def test_a_token_file_must_be_its_owners_alone(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "token"
    path.write_text("hf_file\n")
    path.chmod(0o644)
    monkeypatch.setenv("HF_TOKEN_PATH", str(path))
    with pytest.raises(ConfigError, match="chmod 600"):
        pull_model(REPO)
    path.chmod(0o600)
    pull_model(REPO)
    assert hub.asked[0][1]["Authorization"] == "Bearer hf_file"


@pytest.mark.parametrize("address", ["http://hub.example", "ftp://hub.example", "https://me:word@hub.example", "hub"])
def test_the_hub_must_be_encrypted_and_named_without_a_password(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HOMEGROUND_HUB", address)
    with pytest.raises(ConfigError, match="https") as caught:
        pull_model(REPO)
    assert "word@" not in str(caught.value)


@pytest.mark.parametrize("repo", ["../x", "a/b/c", "a//b", "", "a/..", "a b/c", "a/b?x=1"])
def test_a_repository_is_an_owner_and_a_name(hub: Any, repo: str) -> None:
    with pytest.raises(HomegroundError):
        pull_model(repo, name="x")
    assert hub.asked == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: [],
        lambda found: found | {"sha": "main"},
        lambda found: found | {"siblings": [{"rfilename": "model.safetensors", "size": 5}]},
        lambda found: found | {"siblings": [{"rfilename": "model.safetensors", "size": -5, "blobId": "0" * 40}]},
        lambda found: {key: value for key, value in found.items() if key != "siblings"},
    ],
)
def test_a_list_that_cannot_be_relied_on_is_refused(hub: Any, spoil: Any) -> None:
    hub.info = spoil
    with pytest.raises(ModelError, match="cannot be understood"):
        pull_model(REPO)


def test_weights_that_are_pickles_by_another_name_are_refused(hub: Any, own_folders: Path) -> None:
    hub.files |= {"model.xml": b"<?xml?><net/>", "model.bin": b"PK\x03\x04pickled"}
    with pytest.raises(ModelError, match=r"model\.bin: it holds pickled objects"):
        pull_model(REPO)
    assert not (own_folders / NAME).exists()


def test_no_other_module_can_open_a_connection() -> None:
    source = Path(homeground.__file__).parent
    clients = {"socket", "ssl", "urllib.request", "http.client", "requests", "httpx", "httpx2", "urllib3"}
    clients |= {"aiohttp", "openai", "anthropic", "google.genai", "authlib.integrations.httpx_client"}
    found = {}
    for path in source.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        names = {each.name for node in nodes if isinstance(node, ast.Import) for each in node.names}
        sources = [node for node in nodes if isinstance(node, ast.ImportFrom)]
        names |= {node.module or "" for node in sources}
        names |= {f"{node.module}.{each.name}" for node in sources for each in node.names}
        if any(name.partition(".")[0] == "pydantic_ai" for name in names):
            assert path.relative_to(source).as_posix().startswith("models/remote_")
        if used := names & (clients | {"huggingface_hub"}):
            found[path.relative_to(source).as_posix()] = used
    # The writer's lock asks for this machine's name, and the service listens: neither opens a connection.
    for listening in ("ingest/lock.py", "serve/run.py", "serve/server.py"):
        assert found.pop(listening) == {"socket"}
    assert set(found) <= {"models/pull.py", "models/remote_client.py", "serve/oidc_client.py"}
