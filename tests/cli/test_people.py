"""People and tokens at the terminal."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from homeground.cli.main import run
from homeground.workspace import Workspace

PASSWORD = "correct horse battery"
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def homeground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in a new workspace: its exit code, output and notes."""
    Workspace.create(tmp_path).close()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOMEGROUND_WORKSPACE", raising=False)

    def command(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["homeground", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        capfd.readouterr()
        code = run()
        sys.stdout.flush()
        return code, *capfd.readouterr()

    return command


def test_people_are_added_changed_and_removed(homeground: Command) -> None:
    assert "whoever uses this account is the owner" in homeground("people", "list")[2]
    code, _, told = homeground("people", "add", "Rob")
    assert code > 1 and "first person must be an owner" in told
    assert homeground("people", "add", "Olga", "--role", "owner", "--password", typed=f"{PASSWORD}\n")[0] == 0
    assert homeground("people", "add", "Rob", "--group", "sales", "--group", "berlin")[0] == 0
    assert homeground("people", "list")[1].splitlines() == [
        "Olga: owner (password)",
        "Rob: reader in berlin, sales (tokens only)",
    ]
    assert homeground("people", "change", "rob", "--role", "editor", "--no-groups", "--inactive")[0] == 0
    assert homeground("people", "list")[1].splitlines()[1] == "Rob: editor, inactive (tokens only)"
    listed = json.loads(homeground("people", "list", "--json")[1])["people"]
    assert [each["name"] for each in listed] == ["Olga", "Rob"] and PASSWORD not in str(listed)
    assert homeground("people", "remove", "Rob")[0] == 0
    code, _, told = homeground("people", "remove", "Rob")
    assert code > 1 and "nobody called 'Rob'" in told
    code, _, told = homeground("people", "remove", "Nobody")
    assert code > 1 and "Traceback" not in told


def test_a_password_comes_from_a_pipe_and_never_from_an_argument(homeground: Command) -> None:
    homeground("people", "add", "Olga", "--role", "owner")
    code, _, told = homeground("people", "password", "Olga", typed="short\n")
    assert code > 1 and "at least 10 characters" in told
    code, _, told = homeground("people", "password", "Olga")
    assert code > 1 and "No password came" in told
    assert homeground("people", "password", "Olga", typed=f"{PASSWORD}\n")[0] == 0
    with Workspace.open() as space:
        assert space.people.with_password("Olga", PASSWORD) is not None
    assert homeground("people", "password", "Olga", "--none")[0] == 0
    assert "tokens only" in homeground("people", "list")[1]


def test_a_token_is_printed_once_alone_on_standard_output(homeground: Command) -> None:
    homeground("people", "add", "Olga", "--role", "owner")
    code, secret, told = homeground("tokens", "create", "Olga", "nightly report", "--permission", "read")
    assert code == 0 and secret.startswith("hgt_") and len(secret.split()) == 1 and "shown once" in told
    with Workspace.open() as space:
        assert space.tokens.caller(secret.strip()) is not None
    listed = json.loads(homeground("tokens", "list", "--json")[1])["tokens"]
    assert [each["label"] for each in listed] == ["nightly report"] and secret.strip() not in str(listed)
    code, _, told = homeground("tokens", "create", "Olga", "x", "--permission", "fly")
    assert code > 1 and "Allowed: admin, read, write" in told
    assert homeground("tokens", "revoke", listed[0]["id"])[0] == 0
    with Workspace.open() as space:
        assert space.tokens.caller(secret.strip()) is None
    assert homeground("tokens", "revoke", listed[0]["id"])[0] > 1
    kinds = [each["kind"] for each in json.loads(homeground("audit", "list", "--json")[1])["entries"]]
    assert kinds[:2] == ["token revoked", "token made"]


def test_as_somebody_sees_what_they_may_read(homeground: Command) -> None:
    Path("open.md").write_text("# Open\n\nThe canteen opens at noon.\n")
    Path("closed.md").write_text("# Closed\n\nThe salary of the chief is 95,000 euros.\n")
    homeground("people", "add", "Olga", "--role", "owner")
    homeground("people", "add", "Rob", "--group", "hr")
    homeground("people", "add", "Sue")
    assert homeground("add", "open.md")[0] == 0
    assert homeground("add", "closed.md", "--acl", "group:hr")[0] == 0
    assert "closed.md" in homeground("documents", "--as", "Rob")[1]  # by the group that Rob is in
    assert "closed.md" in homeground("documents", "--as", "Sue,hr")[1]
    assert "closed.md" not in homeground("documents", "--as", "Sue")[1]
