"""Keys: from a file of one's own or the environment, and shown nowhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from homeground.errors import ConfigError
from homeground.models.keys import Key, find_key
from homeground.models.remote_name import RemoteName, remote_name
from homeground.settings import RemoteSettings

SECRET = "sk-0123456789abcdef"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY", "HOMEGROUND_SERVER_KEY"):
        monkeypatch.delenv(variable, raising=False)


def named(name: str) -> RemoteName:
    found = remote_name(name, RemoteSettings())
    assert found is not None
    return found


OPENAI = named("openai:gpt-5-mini")
SERVER = named("https://gpu.example.org:8000/v1#m")


def key_file(folder: Path, text: str, mode: int = 0o600) -> RemoteSettings:
    path = folder / "keys"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return RemoteSettings(key_file=str(path))


def test_the_usual_variable_of_the_provider_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_key(OPENAI, RemoteSettings()) is None
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    assert find_key(OPENAI, RemoteSettings()) == Key(SECRET, "the environment variable OPENAI_API_KEY")
    monkeypatch.setenv("GEMINI_API_KEY", "other")
    assert find_key(named("google:gemini-2.5-flash"), RemoteSettings()) == Key(
        "other", "the environment variable GEMINI_API_KEY"
    )


def test_the_file_counts_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = key_file(
        tmp_path, f"# keys\n\nexport OPENAI_API_KEY='{SECRET}'\nANTHROPIC_API_KEY=x\ngpu.example.org:8000 = own\n"
    )
    monkeypatch.setenv("OPENAI_API_KEY", "another")
    found = find_key(OPENAI, settings)
    assert found is not None
    assert (found.value, found.source) == (SECRET, f"OPENAI_API_KEY in {tmp_path / 'keys'}")
    assert find_key(SERVER, settings) == Key("own", f"gpu.example.org:8000 in {tmp_path / 'keys'}")
    assert find_key(named("https://gpu.example.org/v1#m"), settings) is None, "another server gets no key of this one"


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601])
def test_a_file_that_others_may_open_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigError, match=r"is open to others\. Make it yours alone: chmod 600"):
        find_key(OPENAI, key_file(tmp_path, f"OPENAI_API_KEY={SECRET}", mode))


@pytest.mark.skipif(os.name != "posix", reason="links of files are POSIX")
def test_a_link_a_folder_and_an_absent_file_are_refused(tmp_path: Path) -> None:
    key_file(tmp_path, f"OPENAI_API_KEY={SECRET}")
    (tmp_path / "link").symlink_to(tmp_path / "keys")
    for name, words in {"link": "is a link", "absent": "cannot be read", ".": "is no file"}.items():
        with pytest.raises(ConfigError, match=words):
            find_key(OPENAI, RemoteSettings(key_file=str(tmp_path / name)))


def test_the_path_of_the_file_does_not_depend_on_where_one_stands() -> None:
    with pytest.raises(ConfigError, match="write the whole path"):
        find_key(OPENAI, RemoteSettings(key_file="keys"))


@pytest.mark.parametrize("text", [SECRET, f"OPENAI_API_KEY {SECRET}", f"OPENAI_API_KEY={SECRET} {SECRET}"])
def test_a_line_that_is_no_key_is_named_by_its_number_and_not_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"keys:2: write NAME=KEY") as caught:
        find_key(OPENAI, key_file(tmp_path, f"\n{text}"))
    assert SECRET not in str(caught.value)


def test_what_cannot_be_a_key_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{SECRET}\nx-header: 1")
    with pytest.raises(ConfigError, match="is no key") as caught:
        find_key(OPENAI, RemoteSettings())
    assert SECRET not in str(caught.value)


def test_a_key_is_not_printed() -> None:
    key = Key(SECRET, "the environment")
    assert SECRET not in f"{key} {key!r}"
