"""`homeground models` as a person and as a program meet it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from homeground.cli.main import run
from homeground.workspace import Workspace

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def homeground(
    tmp_path: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    """Run a command in a new workspace: its code, and what it printed."""
    (tmp_path / "kb").mkdir()
    monkeypatch.chdir(tmp_path / "kb")
    monkeypatch.setenv("COLUMNS", "80")
    Workspace.create(".").close()

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["homeground", *arguments])
        capfd.readouterr()
        code = run()
        sys.stdout.flush()
        return code, *capfd.readouterr()

    return command


def test_pull_show_use_verify_remove(hub: Any, homeground: Run) -> None:
    code, out, err = homeground("models", "pull", "acme/tiny-instruct", "--name", "tiny")
    assert code == 0
    assert f"main stands for commit {hub.commit}" in out
    assert "pytorch_model.bin" in out
    assert "tiny is safetensors" in err
    shown = homeground("models", "show", "tiny")[1]
    assert all(words in shown for words in (hub.commit, "apache-2.0", "5,000", "2,048 tokens", "generator"))
    assert max(len(line) for line in shown.splitlines() if "folder" not in line) <= 80
    card = json.loads(homeground("models", "show", "tiny", "--json")[1])
    assert (card["revision"], card["details"]["left_out"]) == (
        hub.commit,
        ["model.onnx", "modeling_tiny.py", "pytorch_model.bin"],
    )
    listed = homeground("models", "list")[1]
    assert "in the package" in listed
    assert "in the models folder" in listed
    assert homeground("models", "verify", "--full")[0] == 0
    assert homeground("models", "remove", "tiny", "--yes")[0] == 0
    assert homeground("models", "show", "tiny")[0] == 5


def test_a_changed_byte_fails_verify_by_file_name(hub: Any, homeground: Run, own_folders: Path) -> None:
    homeground("models", "pull", "acme/tiny-instruct")
    path = own_folders / "tiny-instruct" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    code, _, err = homeground("models", "verify")
    assert (code, "model.safetensors is not the file" in err) == (7, True)


def test_pull_for_programs(hub: Any, homeground: Run) -> None:
    pulled = json.loads(homeground("models", "pull", "acme/tiny-instruct", "--json")[1])
    assert (pulled["asked"], pulled["model"]["revision"]) == ("main", hub.commit)


def test_a_choice_is_written_and_a_generator_that_cannot_run_is_said(
    homeground: Run, tmp_path: Path, make_gguf: Any
) -> None:
    (tmp_path / "g.gguf").write_bytes(make_gguf())
    code, _, err = homeground("models", "add", str(tmp_path / "g.gguf"), "--link")
    assert (code, "homeground models use g --for answer" in err) == (0, True)
    assert homeground("models", "use", "g", "--for", "answer")[0] == 0
    assert 'answer = "g"' in (tmp_path / "kb" / "homeground.toml").read_text("utf-8")
    code, _, err = homeground("ask", "Anything?", "--mode", "closed")
    assert (code, "OpenVINO cannot load" in err) == (7, True)
    code, _, err = homeground("models", "remove", "g", "--yes")
    assert (code, "--force" in err) == (7, True)
    assert homeground("models", "use", "reader", "--for", "answer")[0] == 0
    assert homeground("models", "remove", "g", "--yes", "--json")[0] == 0


def test_removing_asks_first(homeground: Run, tmp_path: Path, make_gguf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "g.gguf").write_bytes(make_gguf())
    homeground("models", "add", str(tmp_path / "g.gguf"))
    monkeypatch.setattr("typer.confirm", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    assert homeground("models", "remove", "g")[0] == 130
    assert homeground("models", "show", "g")[0] == 0


def test_fit_says_what_it_estimates(homeground: Run) -> None:
    code, out, _ = homeground("models", "fit")
    assert (code, "Estimates" in out, "tokens/s" in out) == (0, True, True)
    found = json.loads(homeground("models", "fit", "--json")[1])
    assert set(found) == {"machine", "candidates"}


def test_an_interrupted_pull_says_that_it_goes_on(hub: Any, homeground: Run) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    hub.cut_after = {"model.safetensors": 0}
    code, _, err = homeground("models", "pull", "acme/tiny-instruct")
    assert (code, "it goes on" in err, "Traceback" in err) == (7, True, False)
