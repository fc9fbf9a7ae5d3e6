"""`homeground audit`: looking through the log, taking it along, and forgetting a person."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeground.cli.main import run
from homeground.types import Principal
from homeground.workspace import Workspace

ANN, BOB = Principal("ann"), Principal("bob")
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace whose log has two searches of ann and one of bob."""
    with Workspace.create(tmp_path / "kb") as made:
        for who, question in ((ANN, "Who owns the Größe?"), (BOB, "Where is \x1b[31mgate 4\n?"), (ANN, "Why?")):
            made.log.record("search", who, {"question": question})
        yield made


@pytest.fixture
def homeground(space: Workspace, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in the workspace; gives exit code, output and errors."""
    monkeypatch.chdir(space.folder)
    monkeypatch.setenv("COLUMNS", "100")

    def command(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["homeground", "audit", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        capfd.readouterr()
        code = run()
        sys.stdout.flush()
        return code, *capfd.readouterr()

    return command


def test_the_list_is_narrowed_and_safe_for_a_terminal(homeground: Command) -> None:
    code, out, _ = homeground("list")
    assert (code, len(out.splitlines())) == (0, 3)
    assert "\x1b" not in out
    assert "Größe" in homeground("list", "--person", "ann", "--text", "größe")[1]
    assert homeground("list", "--kind", "ask")[1] == homeground("list", "--since", "2100-01-01")[1] == ""
    assert len(homeground("list", "-n", "1")[1].splitlines()) == 1
    assert homeground("list", "--until", "yesterday")[0] == 2


def test_the_export_has_an_entry_on_each_line(homeground: Command) -> None:
    lines = [json.loads(line) for line in homeground("export", "--person", "ann")[1].splitlines()]
    assert [entry["seq"] for entry in lines] == [3, 1]
    assert lines[1]["body"]["question"] == "Who owns the Größe?"


def test_a_person_is_forgotten_once_that_is_confirmed(homeground: Command) -> None:
    assert homeground("erase", "ann", typed="n\n")[0] != 0
    assert "Größe" in homeground("list")[1]
    code, _, told = homeground("erase", "ann", "--yes")
    assert (code, "2 of the log's entries emptied" in told) == (0, True)
    out = homeground("list")[1]
    assert "Größe" not in out
    assert out.count("(erased)") == 2
    assert homeground("verify")[:2] == (0, "4 entries, the chain is intact.\n")
    code, out, told = homeground("erase", "nobody", "--yes", "--json")
    assert (code, out, "nobody called 'nobody' here" in told) == (5, "", True)


def test_what_is_older_than_the_settings_keep_is_forgotten_by_itself(homeground: Command, space: Workspace) -> None:
    from sqlalchemy import update

    from homeground.catalogue.schema import audit

    with space.catalogue.writing() as connection:
        connection.execute(update(audit).where(audit.c.seq < 3).values(time="2020-01-01T00:00:00.000000+00:00"))
    assert "Größe" in homeground("list")[1]
    (space.folder / "homeground.toml").write_text("[audit]\nkeep_days = 30\n", encoding="utf-8")
    out = homeground("list")[1]
    assert "Größe" not in out
    assert "Why?" in out
    assert out.count("(erased)") == 2


def test_the_ends_of_the_calendar_leave_nothing_out(homeground: Command) -> None:
    every = homeground("list")[1]
    assert homeground("list", "--since", "0001-01-01", "--until", "9999-12-31")[1] == every
    assert homeground("list", "--since", "9999-12-31")[1] == ""
