"""How the settings name models elsewhere, and which of them may be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeground.errors import ConfigError
from homeground.models.remote_name import remote_name
from homeground.settings import RemoteSettings

NONE = RemoteSettings()


@pytest.mark.parametrize(
    ("name", "provider", "model", "destination"),
    [
        ("openai:gpt-5-mini", "openai", "gpt-5-mini", "api.openai.com"),
        ("anthropic:claude-haiku-4-5", "anthropic", "claude-haiku-4-5", "api.anthropic.com"),
        ("google:gemini-2.5-flash", "google", "gemini-2.5-flash", "generativelanguage.googleapis.com"),
        ("http://127.0.0.1:11434/v1#qwen3:4b", "server", "qwen3:4b", "127.0.0.1:11434"),
        ("http://localhost:8000/v1/#Qwen/Qwen3-4B", "server", "Qwen/Qwen3-4B", "localhost:8000"),
        ("http://[::1]:8000/v3#m", "server", "m", "[::1]:8000"),
        ("https://gpu.example.org/v1#m", "server", "m", "gpu.example.org"),
    ],
)
def test_one_line_says_which_model_and_where(name: str, provider: str, model: str, destination: str) -> None:
    found = remote_name(name, NONE)
    assert found is not None
    assert (found.given, found.provider, found.model, found.destination) == (name, provider, model, destination)


@pytest.mark.parametrize(
    "name", ["reader", "Qwen2.5-1.5B-Instruct-int8-ov", "./models/own", r"C:\models\own", "c:/own"]
)
def test_models_on_this_machine_are_not_elsewhere(name: str) -> None:
    assert remote_name(name, NONE) is None


def test_a_folder_with_a_colon_in_its_name_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own:model").mkdir()
    monkeypatch.chdir(tmp_path)
    assert remote_name("own:model", NONE) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("opnai:gpt-5-mini", "there is no provider 'opnai'. A model elsewhere is openai:MODEL"),
        ("openai:", "names no model"),
        ("openai:gpt 5", "names no model"),
        ('openai:gpt"', "names no model"),
        ("https://gpu.example.org/v1", "names no model"),
        ("http://gpu.example.org/v1#m", "without encryption: use https, or allow it: [remote] http_hosts"),
        ("http://127.0.0.1.example.org/v1#m", "without encryption"),
        ("http://10.0.0.7:8000/v1#m", "without encryption"),
        ("https://me:secret@gpu.example.org/v1#m", "must be bare"),
        ("https://gpu.example.org/v1?key=secret#m", "must be bare"),
        ("https://#m", "is no address"),
        ("https://a:b:c#m", "is no address"),
        ("azure:gpt", "put your resource into [remote]"),
    ],
)
def test_a_mistake_is_said_in_words_without_secrets(name: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT", raising=False)
    with pytest.raises(ConfigError) as caught:
        remote_name(name, NONE)
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


def test_settings_lead_a_provider_elsewhere_and_allow_plain_http() -> None:
    settings = RemoteSettings(
        addresses=("openai=https://gateway.example.org/v1", "azure=https://us.openai.azure.com"),
        http_hosts=("10.0.0.7",),
    )
    for name, destination in {
        "openai:gpt-5-mini": "gateway.example.org",
        "azure:mine": "us.openai.azure.com",
        "http://10.0.0.7:8000/v1#m": "10.0.0.7:8000",
    }.items():
        found = remote_name(name, settings)
        assert found is not None
        assert found.destination == destination
