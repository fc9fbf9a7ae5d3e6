"""The command line as a person and as a program meet it: output, exit codes, and no traces."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from homeground.cli.main import run

FACTS = "# Warranty\n\nThe warranty of the Heron pump lasts 36 months from delivery.\n\nSeals are not covered.\n"
SECRET = "# Salaries\n\nThe salary of the chief engineer is 95,000 euros a year.\n"


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        """The one JSON object on standard output."""
        [line] = self.out.splitlines()
        return json.loads(line)


Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with an open and a restricted source, made once with the commands themselves."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "open").mkdir()
    (folder / "closed").mkdir()
    (folder / "open" / "warranty.md").write_text(FACTS, encoding="utf-8")
    (folder / "open" / "empty.txt").write_bytes(b"")
    (folder / "closed" / "salaries.md").write_text(SECRET, encoding="utf-8")
    return folder


@pytest.fixture
def homeground(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command in the workspace, in this process."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("HOMEGROUND_WORKSPACE", raising=False)
    monkeypatch.delenv("HOMEGROUND_DEBUG", raising=False)
    monkeypatch.setenv("COLUMNS", "80")

    def command(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["homeground", *arguments])
        capfd.readouterr()
        code = run()
        sys.stdout.flush()
        return Ended(code, *capfd.readouterr())

    if not (folder / "homeground.toml").exists():
        assert command("init").code == 0
        assert command("add", "open").code == 0
        assert command("add", "closed", "--acl", "group:hr", "--name", "personnel").code == 0
    return command


COMMANDS = ["init", "add", "sync", "remove", "status", "documents", "search", "ask", "show", "models", "audit"]
COMMANDS += ["egress"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_in_80_columns(homeground: Run, command: str) -> None:
    ended = homeground(command, "--help")
    assert ended.code == 0
    assert "Usage: homeground" in ended.out
    assert max(len(line) for line in ended.out.splitlines()) <= 80


def test_help_lists_every_command(homeground: Run) -> None:
    listed = homeground("--help").out
    assert all(re.search(rf"^  {command} ", listed, re.M) for command in COMMANDS)


def test_a_question_is_answered_with_a_citation_that_show_opens(homeground: Run) -> None:
    ended = homeground("ask", "How long does the warranty of the Heron pump last?")
    assert ended.code == 0
    assert "36 months" in ended.out
    [citation] = set(re.findall(r"^ +(\S+@[0-9a-f]{12}#p\d+:\d+-\d+)$", ended.out, re.M)[:1])
    shown = homeground("show", citation)
    start, end = map(int, re.findall(r"(\d+)-(\d+)$", citation)[0])
    assert "36 months" in shown.out[start:end]


def test_ask_for_programs_keeps_its_promise(homeground: Run) -> None:
    answer = homeground("ask", "How long does the warranty of the Heron pump last?", "--json").json
    assert answer["refused"] is False
    [citation, *_] = answer["statements"][0]["citations"]
    assert set(citation) == {"document", "revision", "page", "start", "end", "quote"}
    assert citation["document"] == "open/warranty.md"
    page = homeground("show", f"{citation['document']}#p{citation['page']}").out
    assert page[citation["start"] : citation["end"]] == citation["quote"]
    assert {"text", "origin", "support"} <= set(answer["statements"][0])
    assert {"passages", "receipt"} <= set(answer)


def test_search_for_programs_keeps_its_promise(homeground: Run) -> None:
    [hit, *_] = homeground("search", "warranty months", "--json").json["hits"]
    assert {"document", "title", "revision", "page", "start", "end", "text", "score"} <= set(hit)
    assert homeground("show", f"{hit['document']}#p{hit['page']}").out[hit["start"] : hit["end"]] == hit["text"]


def test_what_is_not_in_the_documents_is_refused_in_words(homeground: Run) -> None:
    ended = homeground("ask", "Who won the football world cup in 1974?")
    assert ended.code == 0
    assert "No answer" in ended.out


@pytest.mark.parametrize("as_who", [["--as", "ann"], ["--as", "ann,sales"]])
def test_a_stranger_sees_nothing_of_a_restricted_source(homeground: Run, as_who: list[str]) -> None:
    told = [
        homeground("ask", "What is the salary of the chief engineer?", *as_who),
        homeground("search", "salary chief engineer", *as_who),
        homeground("documents", *as_who),
        homeground("status", *as_who),
    ]
    assert not any(word in one.out + one.err for one in told for word in ("95,000", "salaries", "personnel"))


def test_a_member_of_the_group_and_the_owner_may_read_it(homeground: Run) -> None:
    for as_who in ([], ["--as", "eve,hr"]):
        assert "95,000" in homeground("ask", "What is the salary of the chief engineer?", *as_who).out


def test_forbidden_and_absent_read_the_same(homeground: Run) -> None:
    forbidden = homeground("show", "closed/salaries.md#p1", "--as", "ann")
    absent = homeground("show", "closed/nothing.md#p1", "--as", "ann")
    assert forbidden.code == absent.code == 5
    assert forbidden.err.replace("salaries", "nothing") == absent.err
    source = homeground("search", "x", "--source", "personnel", "--as", "ann")
    assert (
        source.err.replace("personnel", "nothing")
        == homeground("search", "x", "--source", "nothing", "--as", "ann").err
    )


def test_what_was_not_read_is_said(homeground: Run) -> None:
    assert "open/empty.txt" in homeground("status").out
    listed = homeground("documents", "--unread", "--json").json["documents"]
    assert [one["name"] for one in listed] == ["open/empty.txt"]
    assert listed[0]["problem"]


def test_the_audit_log_holds_the_questions_and_verifies(homeground: Run) -> None:
    homeground("ask", "Is there a pump?")
    assert "Is there a pump?" in homeground("audit", "list").out
    assert homeground("audit", "verify").code == 0


def test_models_are_listed_shown_and_verified(homeground: Run) -> None:
    assert "all-minilm-l6-v2-int8" in homeground("models", "list").out
    assert "Apache-2.0" in homeground("models", "show", "all-minilm-l6-v2-int8").out
    assert homeground("models", "verify").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nonsense"], 2, "nonsense"),
        (["search"], 2, "question"),
        (["search", "x", "--limit", "0"], 2, "limit"),
        (["search", "x", "--since", "yesterday"], 2, "2026-12-31"),
        (["ask", "x", "--as", " ,hr"], 2, "NAME"),
        (["add", "no-such-folder"], 5, "no-such-folder"),
        (["add", "open", "--acl", "hr"], 2, "group:NAME"),
        (["remove", "nothing"], 5, "nothing"),
        (["show", "open/warranty.md#p99"], 5, "99"),
        (["show", "open/warranty.md#p1:0-99999"], 5, "characters"),
        (["show", "open/warranty.md#p1", "--image", "x.png"], 6, "PDF"),
        (["models", "show", "nothing"], 5, "nothing"),
        (["status", "--workspace", "nowhere"], 3, "homeground init"),
        (["init"], 3, "already"),
    ],
)
def test_bad_input_ends_in_one_clear_sentence(homeground: Run, arguments: list[str], code: int, words: str) -> None:
    ended = homeground(*arguments)
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith("homeground: ")
    assert words in ended.err
    assert "Traceback" not in ended.err


def test_a_mistake_in_the_settings_is_named_with_its_line(homeground: Run, folder: Path) -> None:
    path = folder / "homeground.toml"
    before = path.read_text(encoding="utf-8")
    path.write_text("[ingest]\nworkers = 'many'\n", encoding="utf-8")
    try:
        ended = homeground("status")
    finally:
        path.write_text(before, encoding="utf-8")
    assert ended.code == 2
    assert "homeground.toml:2" in ended.err


def test_documents_cannot_steer_the_terminal() -> None:
    from homeground.cli.options import printable

    assert printable("a\x1b[31mb\x07c\td\n") == "a [31mb c\td\n"


def test_an_interruption_says_that_nothing_is_lost(homeground: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("homeground.workspace.Workspace.open", interrupted)
    ended = homeground("status")
    assert ended.code == 130
    assert "next run goes on" in ended.err
