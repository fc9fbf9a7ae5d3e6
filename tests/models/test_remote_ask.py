"""A workspace whose answers are written elsewhere: one line of settings, checked statements, a receipt, no secrets."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeground import Principal, Workspace
from homeground.cli.main import run
from homeground.errors import BudgetError, RemoteError

from .conftest import _loopback
from .protocols import KEY, PROTOCOLS, Server
from .providers import Served, name_of, settings_of

BY_NAME = {each.name: each for each in PROTOCOLS}
VARIABLES = {
    "openai": "OPENAI_API_KEY", "azure": "AZURE_OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY",
    "google": "GOOGLE_API_KEY",
}  # fmt: skip
QUESTION = "How long is the warranty of the P-17 pump?"
ANSWER = "The warranty of the P-17 pump is 24 months. [1] It was invented on the moon. [1]"


@pytest.fixture(params=list(BY_NAME))
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    _loopback()
    with Served(BY_NAME[request.param](), ANSWER) as server:
        yield server


@pytest.fixture(scope="module")
def read_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("remote")
    (folder / "docs").mkdir()
    (folder / "docs" / "warranty.md").write_text("# Warranty\n\nThe warranty of the P-17 pump is 24 months.\n")
    with Workspace.create(folder / "kb") as workspace:
        workspace.add(folder / "docs")
    return folder / "kb"


@pytest.fixture
def kb(read_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(read_once, tmp_path / "kb"))


def settle(kb: Path, served: Served, budget: str = "") -> None:
    """Settings that let the server answer, with the key in a file."""
    settings, path = settings_of(served), kb / "keys"
    path.write_text(f"{VARIABLES.get(served.protocol.name, 'NONE')}={KEY}\n")
    path.chmod(0o600)
    (kb / "homeground.toml").write_text(
        f'[models]\nanswer = "{name_of(served)}"\n[remote]\nkey_file = "{path}"\nretries = 0\n'
        f"addresses = {list(settings.addresses)}\n[budget]\n{budget}\n"
    )


def test_an_answer_from_elsewhere_is_checked_cited_and_paid_for(kb: Path, served: Served) -> None:
    settle(kb, served)
    with Workspace.open(kb) as workspace:
        answer = workspace.ask(QUESTION, workspace.owner)
        report = workspace.budget(workspace.owner)
        others = workspace.budget(Principal("somebody"))
    [statement] = answer.statements
    assert statement.text == "The warranty of the P-17 pump is 24 months."
    assert statement.citations[0].quote == "The warranty of the P-17 pump is 24 months."
    assert "moon" in answer.notes[0]
    receipt = answer.receipt
    assert receipt.models[name_of(served)] == ""
    assert receipt.tokens["output"] == 17
    assert receipt.cost_usd is not None
    [spent] = report.spent
    assert (spent.model, spent.destination, spent.questions, spent.open) == (
        name_of(served), served.destination, 1, 0,
    )  # fmt: skip
    assert report.usd == pytest.approx(receipt.cost_usd)
    assert report.tokens == receipt.tokens["input"] + receipt.tokens["output"]
    assert (others.spent, others.tokens) == ((), 0)


def test_the_key_shows_up_nowhere(
    kb: Path, served: Served, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    settle(kb, served)
    monkeypatch.chdir(kb)
    commands = (
        ["ask", QUESTION], ["ask", QUESTION, "--json"], ["budget"], ["budget", "--json"],
        ["models", "show", name_of(served)], ["models", "show", name_of(served), "--json"], ["audit", "list", "--json"],
    )  # fmt: skip
    for behaviour in ("answer", "bad", "key"):
        served.next(behaviour)
        for words in commands:
            monkeypatch.setattr(sys, "argv", ["homeground", *words])
            run()
    sys.stdout.flush()
    out, err = capfd.readouterr()
    assert "24 months" in out
    assert KEY not in out + err
    held = [path for path in kb.rglob("*") if path.is_file() and path.name != "keys"]
    assert not [path for path in held if KEY.encode() in path.read_bytes()]


def test_after_a_failure_the_workspace_goes_on_and_the_reader_still_answers(kb: Path, served: Served) -> None:
    settle(kb, served)
    with Workspace.open(kb) as workspace:
        served.next("server")
        with pytest.raises(RemoteError, match="fails at the moment"):
            workspace.ask(QUESTION, workspace.owner)
        assert workspace.budget(workspace.owner).tokens == 0
        assert workspace.ask(QUESTION, workspace.owner).statements
    (kb / "homeground.toml").write_text("")
    with Workspace.open(kb) as workspace:
        assert "24 months" in workspace.ask(QUESTION, workspace.owner).statements[0].text


def test_a_person_whose_budget_is_used_up_sends_nothing(kb: Path) -> None:
    _loopback()
    with Served(Server(), ANSWER) as served:
        settle(kb, served, "person_day_tokens = 700")
        with Workspace.open(kb) as workspace:
            ann, bob = Principal("ann"), Principal("bob")
            workspace.ask(QUESTION, ann)
            asked = 1
            with pytest.raises(BudgetError, match="Your budget of the day has"):
                for _ in range(20):
                    workspace.ask(QUESTION, ann)
                    asked += 1
            assert len(served.seen) == asked
            assert workspace.ask(QUESTION, bob).statements
            assert [each.principal for each in workspace.budget(workspace.owner).spent] == ["ann", "bob"]


ALONE = """
import socket, sys
from homeground import Workspace

def refuse(*_):
    raise SystemExit("something connects")

socket.socket.connect = socket.socket.connect_ex = refuse
with Workspace.open(sys.argv[1]) as workspace:
    assert workspace.ask(sys.argv[2], workspace.owner).statements
    assert workspace.search(sys.argv[2], workspace.owner)
    workspace.status(workspace.owner), workspace.budget(workspace.owner)
loaded = {name.partition(".")[0] for name in sys.modules}
print(sorted(loaded & {"pydantic_ai", "openai", "anthropic", "google", "genai_prices", "httpx2"}))
"""


def test_without_a_model_elsewhere_nothing_connects_and_no_library_of_providers_is_loaded(kb: Path) -> None:
    program = [sys.executable, "-c", ALONE, str(kb), QUESTION]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


# -- The commands -----------------------------------------------------------------------------------

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def homeground(kb: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(kb)
    for variable in ("OPENAI_API_KEY", "HOMEGROUND_WORKSPACE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("COLUMNS", "100")

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["homeground", *arguments])
        capfd.readouterr()
        code = run()
        sys.stdout.flush()
        return code, *capfd.readouterr()

    return command


def test_one_command_chooses_a_model_elsewhere(homeground: Run, kb: Path) -> None:
    code, out, _ = homeground("models", "use", "openai:gpt-5-mini", "--for", "answer")
    assert code == 0
    assert "The next homeground ask answers with openai:gpt-5-mini." in out
    assert 'answer = "openai:gpt-5-mini"' in (kb / "homeground.toml").read_text()
    code, out, _ = homeground("ask", QUESTION)
    assert code == 0
    assert "No answer: Not allowed to leave this machine: no rule lets anything go to api.openai.com" in " ".join(
        out.split()
    )
    with (kb / "homeground.toml").open("a") as settings:
        settings.write('\n[[egress.rule]]\nto = ["api.openai.com"]\nmost = "internal"\n')
    code, _, err = homeground("ask", QUESTION)
    assert code == 2
    assert "openai:gpt-5-mini needs a key: put it into the environment variable OPENAI_API_KEY" in err
    assert json.loads(homeground("budget", "--json")[1])["tokens"] == 0, "what was not sent does not count"


def test_what_cannot_be_chosen(homeground: Run) -> None:
    for arguments, words in {
        ("openai:gpt-5-mini", "--for", "embedder"): "those can only answer",
        ("opnai:gpt-5-mini", "--for", "answer"): "there is no provider 'opnai'",
        ("http://gpu.example.org/v1#m", "--for", "answer"): "without encryption",
    }.items():
        code, _, err = homeground("models", "use", *arguments)
        assert code in (2, 7)
        assert words in err


def test_without_the_libraries_it_says_what_to_install(homeground: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    hidden = {"anthropic", "google.genai"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name in hidden else real(name, *rest))
    for name, code in {"anthropic:claude-haiku-4-5": 7, "google:gemini-2.5-flash": 7, "openai:gpt-5-mini": 0}.items():
        found, _, err = homeground("models", "use", name, "--for", "answer")
        assert found == code
        assert code == 0 or "pip install 'homeground[remote]'" in err


def test_a_card_tells_what_is_known_and_not_the_key(homeground: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    card = json.loads(homeground("models", "show", "openai:gpt-5-mini", "--json")[1])
    assert (card["destination"], card["max_tokens"], card["has_key"]) == ("api.openai.com", 400_000, True)
    assert card["price"]["input"] == pytest.approx(0.25)
    shown = homeground("models", "show", "openai:gpt-5-mini")[1]
    assert "the environment variable OPENAI_API_KEY" in " ".join(shown.split())
    assert KEY not in shown + json.dumps(card)


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")
def test_a_key_file_that_others_may_read_stops_the_question(homeground: Run, kb: Path) -> None:
    (kb / "open").write_text(f"OPENAI_API_KEY={KEY}\n")
    (kb / "open").chmod(0o644)
    (kb / "homeground.toml").write_text(
        f'[models]\nanswer = "openai:gpt-5-mini"\n[remote]\nkey_file = "{kb / "open"}"\n'
        '[[egress.rule]]\nto = ["api.openai.com"]\nmost = "internal"\n'
    )
    code, out, err = homeground("ask", QUESTION)
    assert code == 2
    assert "chmod 600" in err
    assert KEY not in out + err


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[remote]\ntimeout_s = 0", 2, "0 is not between 0.1 and 86400.0"),
        ('[remote]\n\naddresses = ["opnai=https://x"]', 3, "is not like 'azure=https://NAME.openai.azure.com'"),
        ('[remote]\nprices = ["gpt-5-mini"]', 2, "is not like 'gpt-5-mini=0.25/2.00/0.025'"),
        ('[remote]\nhttp_hosts = ["http://gpu"]', 2, "is not like 'gpu.example.org'"),
        ('[remote]\nthinking = "much"', 2, "'much' is not one of off, low, medium, high"),
        ("[budget]\nday_usd = -1", 2, "-1 is not between 0.0"),
        ("[budget]\nday_euro = 1", 2, "unknown setting"),
    ],
)
def test_a_mistake_in_the_settings_is_named_with_its_line(
    homeground: Run, kb: Path, text: str, line: int, words: str
) -> None:
    (kb / "homeground.toml").write_text(text)
    code, _, err = homeground("status")
    assert code == 2
    assert f"homeground.toml:{line}: " in err
    assert words in err
