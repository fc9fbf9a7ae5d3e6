"""What leaves this machine, seen from a workspace: labels, rules, routes, the command line, and nothing by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from homeground import Principal, Workspace
from homeground.access import audit
from homeground.access.lately import Lately
from homeground.answering import Answering
from homeground.catalogue import Catalogue, migrations
from homeground.cli.main import run
from homeground.errors import AuditError, ConfigError, EgressError, ModelError
from homeground.models.generator import Usage

AWAY = "api.example.com"
WARRANTY = "# Warranty\n\nThe warranty of the Heron pump lasts 36 months from delivery. Ask pumps@example.org.\n"
PAY = "# Pay\n\nThe warranty bonus of the pump engineers is 950 euros. The pump is called Heron.\n"
QUESTION = "How long does the warranty of the Heron pump last?"


class Far:
    """A generator elsewhere: remembers what it received, says what it is told to, or fails."""

    digest, context_tokens, finish = "", 10_000, "stop"

    def __init__(self, name: str, destination: str = AWAY) -> None:
        self.name, self.destination, self.seen, self.says = name, destination, [], "The passages do not say."
        self.fails = False
        self.usage = Usage(100, 10, 0, 0.5)

    @property
    def received(self) -> str:
        return "\n".join(message.text for messages in self.seen for message in messages)

    def count_tokens(self, messages) -> int:
        return 1

    def generate(self, messages, sampling):
        if self.fails:
            raise ModelError(f"{self.name}: no connection")
        self.seen.append(messages)
        return self

    def __iter__(self) -> Iterator[str]:
        return iter([self.says[at : at + 7] for at in range(0, len(self.says), 7)])

    def cancel(self) -> None:
        pass


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with an internal and a confidential source."""
    folder = tmp_path_factory.mktemp("egress")
    for name, text in (("open", WARRANTY), ("hr", PAY)):
        (folder / name).mkdir()
        (folder / name / "a.md").write_text(text, encoding="utf-8")
    with Workspace.create(folder) as workspace:
        workspace.add(folder / "open", name="open")
        workspace.add(folder / "hr", name="hr", label="confidential")
    return folder


Open = Callable[..., Workspace]


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> dict[str, Far]:
    """Generators by name: ``far`` and ``other`` elsewhere, ``near`` in this process."""
    known = {"far": Far("far"), "other": Far("other", "other.example:8000"), "near": Far("near", "")}
    for each in known.values():
        each.says = "The warranty of the Heron pump lasts 36 months from delivery [1]."

    def load(self: Answering, name: str) -> Far:
        if name not in known:
            raise ModelError(f"There is no model named {name!r}")
        return known[name]

    monkeypatch.setattr(Answering, "_load_generator", load)
    return known


@pytest.fixture
def opened(read: Path, far: dict[str, Far]) -> Iterator[Open]:
    """Opens the workspace with these settings."""
    made = []

    def with_settings(settings: str) -> Workspace:
        unpriced = "[budget]\nday_usd = 0.0\n"  # nobody knows what the made-up models cost
        (read / "homeground.toml").write_text(unpriced + settings, encoding="utf-8")
        made.append(Workspace.open(read))
        return made[-1]

    yield with_settings
    for workspace in made:
        workspace.close()


ANSWER = '[models]\nanswer = "far"\n'
RULE = f'[[egress.rule]]\nto = ["{AWAY}"]\nmost = "internal"\n'


# -- Policy and receipt -----------------------------------------------------------------------------


def test_a_remote_model_alone_gets_nothing_and_the_answer_says_why(opened, far):
    workspace = opened(ANSWER)
    for mode in ("rcg", "rag", "closed"):
        answer = workspace.ask(QUESTION, workspace.owner, mode=mode)
        assert answer.refused
        assert answer.reason.startswith(f"Not allowed to leave this machine: no rule lets anything go to {AWAY}.")
        assert answer.receipt.egress_bytes == 0
    assert far["far"].seen == []
    assert workspace.departures() == []


def test_what_is_allowed_goes_and_the_receipt_the_ledger_and_the_audit_log_agree(opened, far):
    workspace = opened(ANSWER + RULE + '[egress]\nredact = ["email"]\n')
    answer = workspace.ask(QUESTION, workspace.owner)
    assert [each.text for each in answer.statements] == [
        "The warranty of the Heron pump lasts 36 months from delivery."
    ]
    assert "36 months" in far["far"].received
    assert not any(text in far["far"].received for text in ("950", "pumps@example.org"))
    assert answer.notes == (f"Withheld from {AWAY}: 1 passage of hr (confidential).",)
    [departure] = workspace.departures(limit=1)
    assert (departure.parcel.destination, departure.parcel.model, departure.outcome) == (AWAY, "far", "sent")
    assert (departure.parcel.passages, departure.parcel.redactions) == (1, 1)
    assert departure.parcel.receipt == answer.receipt.id
    assert departure.parcel.bytes == answer.receipt.egress_bytes > 0
    assert (answer.receipt.route, answer.receipt.models["far"], answer.receipt.cost_usd) == ("far", "", 0.5)
    asked = workspace.audit_entries(1)[0].body
    assert (asked["id"], asked["egress_bytes"]) == (answer.receipt.id, answer.receipt.egress_bytes)
    assert workspace.verify_departures() == len(workspace.departures())


def test_a_change_of_label_acts_on_the_next_question(opened, far, read):
    workspace = opened(ANSWER + RULE)
    workspace.add(read / "open", label="secret")
    try:
        answer = workspace.ask(QUESTION, workspace.owner)
        assert answer.reason.endswith(f"may go to {AWAY}: 1 passage of open (secret), 1 passage of hr (confidential).")
        labels = {source.name: source.label for source in workspace.status(workspace.owner).sources}
        assert labels == {"open": "secret", "hr": "confidential"}
        with pytest.raises(ConfigError, match="'top' is not one of the labels"):
            workspace.add(read / "open", label="top")
    finally:
        workspace.add(read / "open", label="internal")
    assert far["far"].seen == []


def test_a_request_that_fails_is_in_the_ledger_although_there_is_no_answer(opened, far):
    workspace, far["far"].fails = opened(ANSWER + RULE), True
    with pytest.raises(ModelError, match="no connection"):
        workspace.ask(QUESTION, workspace.owner)
    [departure] = workspace.departures(limit=1)
    assert departure.outcome == "failed"


# -- Routes -----------------------------------------------------------------------------------------


def test_the_reader_answers_first_and_a_model_what_it_refuses(opened, far):
    workspace = opened('[[route]]\nuse = "reader"\n[[route]]\nuse = "far"\nwhen = ["refused"]\n' + RULE)
    first = workspace.ask(QUESTION, workspace.owner)
    assert (first.receipt.route, first.receipt.egress_bytes) == ("reader", 0)
    second = workspace.ask("Who won the football world cup of 1974?", workspace.owner)
    assert [each.ended for each in second.receipt.attempts] == ["refused", "answered"]
    assert second.receipt.route == "far: reader refused"


def test_sensitive_passages_take_the_route_that_stays_here(opened, far):
    workspace = opened('[[route]]\nuse = "far"\nmost = "internal"\n[[route]]\nuse = "near"\n' + RULE)
    answer = workspace.ask(QUESTION, workspace.owner)
    assert answer.receipt.route == "near: far skipped"
    assert answer.receipt.attempts[0].reason == "above internal: 1 passage of hr (confidential)"
    assert far["far"].seen == []
    ann = Principal("ann")
    workspace.add(workspace.folder / "hr", access=["group:hr"])
    try:
        assert workspace.ask(QUESTION, ann).receipt.route == "far"
    finally:
        workspace.add(workspace.folder / "hr", access=["everyone"])


def test_what_the_policy_forbids_goes_to_the_next_route(opened, far):
    workspace = opened('[[route]]\nuse = "other"\n[[route]]\nuse = "near"\n' + RULE)
    answer = workspace.ask(QUESTION, workspace.owner)
    assert (answer.receipt.route, far["other"].seen) == ("near: other skipped", [])
    assert not answer.refused


def test_a_model_that_is_not_there_is_passed_over(opened):
    workspace = opened('[[route]]\nuse = "lost"\n[[route]]\nuse = "near"\n')
    answer = workspace.ask(QUESTION, workspace.owner)
    assert (answer.receipt.route, answer.receipt.attempts[0].reason) == (
        "near: lost failed",
        "There is no model named 'lost'",
    )


def test_modes_that_the_reader_cannot_serve_pass_it_over(opened):
    workspace = opened('[[route]]\nuse = "reader"\n[[route]]\nuse = "near"\n')
    answer = workspace.ask(QUESTION, workspace.owner, mode="rag")
    assert answer.receipt.route == "near: reader skipped"
    with pytest.raises(ConfigError, match="only quotes: closed needs a generator"):
        opened('[[route]]\nuse = "reader"\n').ask(QUESTION, workspace.owner, mode="closed")


def test_a_route_stops_when_the_day_has_cost_enough(opened):
    workspace = opened('[[route]]\nuse = "far"\nmax_usd = 0.01\n[[route]]\nuse = "near"\n' + RULE)
    workspace.ask(QUESTION, workspace.owner)  # 0.5 dollars, if no test before this one has spent it
    assert workspace.ask(QUESTION, workspace.owner).receipt.route == "near: far skipped"


def test_cost_and_pace_are_those_of_the_last_day(tmp_path):
    catalogue = Catalogue(tmp_path / "catalogue.db", create=True)
    lately, now = Lately(catalogue), datetime.now(UTC)
    assert (lately.usual_ms("a"), lately.spent_usd()) == (None, 0.0)
    for ms, ended in ((100.0, "answered"), (300.0, "refused"), (9000.0, "failed"), (200.0, "answered")):
        attempts = [{"use": "a", "ended": ended, "reason": "", "ms": ms}]
        audit.append(catalogue, "ask", "ann", {"cost_usd": 0.25, "attempts": attempts})
    audit.append(catalogue, "ask", "ann", {"cost_usd": None})
    audit.append(catalogue, "note", "ann", {"cost_usd": 5})
    assert (lately.usual_ms("a"), lately.usual_ms("b")) == (200.0, None)
    today = [entry for entry in audit.all_entries(catalogue) if entry.time[:10] == f"{datetime.now(UTC):%Y-%m-%d}"]
    assert lately.spent_usd() == 0.25 * sum(1 for entry in today if entry.body.get("cost_usd") == 0.25)
    assert (lately.usual_ms("a", now + timedelta(days=2)), lately.spent_usd(now + timedelta(days=2))) == (None, 0.0)
    catalogue.close()


# -- The command line -------------------------------------------------------------------------------


@pytest.fixture
def homeground(read: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    monkeypatch.chdir(read)
    monkeypatch.setenv("COLUMNS", "80")

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["homeground", *arguments])
        capfd.readouterr()
        code = run()
        sys.stdout.flush()
        return code, *capfd.readouterr()

    return command


def test_the_commands_show_label_route_and_what_left(homeground, opened, far, read):
    opened('[[route]]\nuse = "other"\n[[route]]\nuse = "far"\n' + RULE)
    code, said, noted = homeground("ask", QUESTION)
    assert code == 0
    assert "36 months" in said
    assert f"Note: Withheld from {AWAY}" in said
    assert "by far: other skipped" in noted
    _, told, _ = homeground("ask", QUESTION, "--json")
    receipt = json.loads(told)["receipt"]
    assert receipt["egress_bytes"] > 0
    assert [each["ended"] for each in receipt["attempts"]] == ["skipped", "answered"]
    _, listed, _ = homeground("egress", "-n", "1")
    assert f"sent: {receipt['egress_bytes']:,} bytes to {AWAY} (far)" in listed
    assert f"receipt {receipt['id']}" in listed
    _, as_json, _ = homeground("egress", "--json", "--day", f"{datetime.now(UTC):%Y-%m-%d}", "--destination", AWAY)
    assert json.loads(as_json)["departures"][0]["parcel"]["receipt"] == receipt["id"]
    assert "Nothing left" in homeground("egress", "--destination", "nowhere.example")[2]
    assert homeground("egress", "--day", "today")[0] == 2
    assert "the record is intact" in homeground("egress", "--verify")[1]
    assert json.loads(homeground("egress", "--verify", "--json")[1])["intact"] is True
    assert "readable by everyone, owner; confidential" in homeground("status")[1]
    assert homeground("add", str(read / "hr"), "--label", "top")[0] == 2
    assert homeground("add", str(read / "hr"), "--label", "confidential")[0] == 0


def test_a_ledger_that_was_tampered_with_is_found(opened, far, read):
    workspace = opened(ANSWER + RULE)
    workspace.ask(QUESTION, workspace.owner)
    seq = workspace.departures(limit=1)[0].seq
    with workspace.catalogue.writing() as connection:
        [body] = connection.exec_driver_sql(f"select body from audit where seq = {seq}").scalars()
        change = "update audit set body = ? where seq = ?"
        connection.exec_driver_sql(change, (body.replace(AWAY, "intranet.example"), seq))
    with pytest.raises(AuditError, match=f"entry {seq} was changed"):
        workspace.verify_departures()
    with workspace.catalogue.writing() as connection:
        connection.exec_driver_sql(change, (body, seq))
    assert workspace.verify_departures()


def test_the_error_is_a_model_error_with_a_code_of_its_own():
    assert issubclass(EgressError, ModelError)
    assert EgressError.exit_code == 12


# -- The catalogue ----------------------------------------------------------------------------------


def test_a_workspace_of_format_1_has_the_default_label_everywhere(tmp_path):
    import sqlite3

    written = (Path(__file__).parent / "catalogue_format_1.sql").read_text("utf-8")
    raw = sqlite3.connect(tmp_path / "catalogue.db")
    raw.executescript(written)
    raw.close()
    catalogue = Catalogue(tmp_path / "catalogue.db")
    assert catalogue.facts("format") == {"format": str(migrations.FORMAT)}
    (source,) = catalogue.sources()
    assert source.label == ""
    catalogue.set_label(source, "secret")
    assert catalogue.source(source.name).label == "secret"
    catalogue.delete_source(source)
    with catalogue.reading() as connection:
        assert connection.exec_driver_sql("select count(*) from labels").scalar() == 0
    catalogue.close()


# -- Nothing by itself ------------------------------------------------------------------------------

# Python tells of every connection; what compiled code opens shows among the files of the process.
WATCH = """
import os, sys, threading, time
def note(words):
    with open(os.environ["WATCHED"], "a") as file:
        file.write(f"{words}\\n")
def hook(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"):
        if not (arguments and getattr(arguments[0], "family", 2) == 1):
            note(f"{event} {arguments[1:]!r}")
sys.addaudithook(hook)
def network():
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        try:
            with open(f"/proc/self/net/{table}") as file:
                found |= {line.split()[9] for line in file.readlines()[1:]}
        except OSError:
            pass
    return found
def watch():
    while True:
        try:
            links = [os.readlink(f"/proc/self/fd/{each}") for each in os.listdir("/proc/self/fd")]
        except OSError:
            links = []
        mine = {link[8:-1] for link in links if link.startswith("socket:[")}
        if mine & network():
            note("a socket of compiled code")
        time.sleep(0.01)
threading.Thread(target=watch, daemon=True).start()
note(f"watched {os.getpid()}")
"""
LIFE = r"""
import sys
from pathlib import Path
from homeground import Workspace
from homeground.errors import ConfigError
from homeground.models.generator import Usage
from homeground.answering import Answering
class Near:
    name, digest, destination, context_tokens, usage, finish = "near", "d" * 64, "", 1000, Usage(1, 1), "stop"
    def count_tokens(self, messages): return 1
    def generate(self, messages, sampling): return self
    def __iter__(self): return iter(["The warranty lasts 36 months [1]. It is a pump."])
    def cancel(self): pass
real = Answering._load_generator
Answering._load_generator = lambda self, name: Near() if name == "near" else real(self, name)
def asked(mode):
    with Workspace.open(folder) as workspace:
        answer = workspace.ask("How long is the warranty?", workspace.owner, mode=mode)
        assert answer.receipt.egress_bytes == 0
        assert workspace.departures() == []
folder = Path(sys.argv[1])
(folder / "docs").mkdir()
(folder / "docs" / "a.md").write_text("The warranty lasts 36 months.")
(folder / "docs" / "b.csv").write_text("name,months\nwarranty,36\n")
with Workspace.create(folder) as workspace:
    assert not workspace.add(folder / "docs").failed
    assert workspace.search("warranty", workspace.owner)
asked("rcg")
for used in [*sys.argv[2:], "near"]:
    (folder / "homeground.toml").write_text(f'[models]\nanswer = "{used}"\n')
    for mode in ("rcg", "rag", "closed"):
        asked(mode)
routes = '[[route]]\nuse = "reader"\n[[route]]\nuse = "near"\nwhen = ["refused"]\n'
(folder / "homeground.toml").write_text(routes)
asked("rcg")
"""
TINY = Path(__file__).parent / "tiny_llama" / "model"


def test_no_mode_without_a_remote_model_opens_a_connection(tmp_path):
    """Reading, searching, answering by the reader and by generators in this process: watched from within."""
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    (tmp_path / "life.py").write_text(LIFE)
    (tmp_path / "home").mkdir()
    source = Path(sys.modules["homeground"].__file__).parent.parent
    paths = os.pathsep.join([str(tmp_path), str(source)])
    environment = os.environ | {"PYTHONPATH": paths, "WATCHED": str(tmp_path / "watched")}
    models = [str(TINY)] if (TINY / "manifest.json").exists() else []
    command = [sys.executable, str(tmp_path / "life.py"), str(tmp_path / "home"), *models]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    noted = (tmp_path / "watched").read_text().splitlines()
    assert len([line for line in noted if line.startswith("watched ")]) >= 2  # this process and a reading one
    assert [line for line in noted if not line.startswith("watched ")] == []


def test_the_watch_sees_a_connection(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    program = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "WATCHED": str(tmp_path / "watched")}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=60)
    assert "socket.connect (('127.0.0.1', 9),)" in (tmp_path / "watched").read_text()
