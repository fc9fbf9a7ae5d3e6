"""`homeground models swap` as a person and as a program meet it, with real embedders."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import homeground as source
from homeground import Principal, Workspace
from homeground.cli.main import run

HOUSE = "all-minilm-l6-v2-int8"
PLANTS = ("barley", "clover", "fennel", "garlic", "hyssop", "lovage")


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on standard output."""
        [line] = self.out.splitlines()
        return json.loads(line)


Run = Callable[..., Ended]


@pytest.fixture
def kb(tmp_path: Path, own_models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace about a garden, of which a part is for the board only."""
    folder = tmp_path / "kb"
    (folder / "garden").mkdir(parents=True)
    (folder / "board").mkdir()
    for height, plant in enumerate(PLANTS, 10):
        write(folder, plant, height)
    (folder / "board" / "secret.md").write_text("# Board\n\nThe orchard will be sold to the railway in May.\n")
    monkeypatch.chdir(folder)
    with Workspace.create(folder) as workspace:
        workspace.add("garden")
        workspace.add("board", access=["group:board"])
        workspace.catalogue.set_grants(workspace.catalogue.source("board"), ["group:board"])  # not for the owner either
    return folder


def write(folder: Path, plant: str, height: int) -> None:
    text = f"# {plant.title()}\n\nThe {plant} grows to {height} centimetres.\n\nWater the {plant} on day {height}.\n"
    (folder / "garden" / f"{plant}.md").write_text(text)


@pytest.fixture
def homeground(kb: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command in the workspace, in this process."""
    monkeypatch.setenv("COLUMNS", "120")

    def command(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["homeground", *arguments])
        capfd.readouterr()
        code = run()
        sys.stdout.flush()
        return Ended(code, *capfd.readouterr())

    return command


def labelled(kb: Path) -> Path:
    """Questions with what they should find, two for each plant."""
    path = kb / "questions.csv"
    rows = ["question,document,page"]
    for at in range(2 * len(PLANTS)):
        plant = PLANTS[at % len(PLANTS)]
        rows.append(f"How high does the {plant} grow{'?' * (1 + at // len(PLANTS))},{plant}.md,1")
    path.write_text("\n".join(rows))
    return path


def used(homeground: Run) -> str:
    """The embedder that a receipt names."""
    [name] = homeground("ask", "How high does the fennel grow?", "--json").json["receipt"]["models"]
    return name


def test_swap_compare_and_go_back(homeground: Run, kb: Path) -> None:
    assert used(homeground) == HOUSE
    ended = homeground("models", "swap", "words", "--questions", str(labelled(kb)))
    assert (ended.code, "words is the embedder now" in ended.out, "by page, 12 questions" in ended.out) == (
        0,
        True,
        True,
    )
    assert "MB beside the present index" in ended.err
    assert 'embedder = "words"' in (kb / "homeground.toml").read_text()
    assert used(homeground) == "words"
    status = homeground("status", "--json").json
    assert (status["embedder"], status["next_embedder"]) == ("words", None)
    assert (status["beside"]["embedder"], status["beside"]["role"]) == (HOUSE, "kept")
    assert homeground("sync", "--json").json["rebuilt"] == 0
    assert homeground("models", "swap", "--back").code == 0
    assert used(homeground) == HOUSE
    assert f'embedder = "{HOUSE}"' in (kb / "homeground.toml").read_text()
    assert homeground("audit", "verify").code == 0
    assert f"words → {HOUSE}" in homeground("audit", "list").out


def test_the_questions_of_the_audit_log_are_compared_without_a_file(homeground: Run) -> None:
    for plant in PLANTS:
        homeground("ask", f"How high does the {plant} grow?")
    found = homeground("models", "swap", "words", "--json").json
    comparison = found["comparison"]
    assert (found["swapped"], comparison["questions"], comparison["labelled"]) == (True, len(PLANTS), 0)
    assert comparison["measures"] == []
    assert 0 < comparison["overlap"] <= 1
    asked = [each for each in homeground("audit", "list", "--json").json["entries"] if each["kind"] == "ask"]
    assert len(asked) == len(PLANTS), "comparing is not asking"


def test_a_worse_embedder_is_set_aside_until_somebody_decides(homeground: Run, kb: Path) -> None:
    ended = homeground("models", "swap", "blind", "--questions", str(labelled(kb)), "--allow-loss", "-0.5", "--json")
    report = ended.json
    assert (ended.code, report["swapped"]) == (7, False)
    assert "cannot be ruled out" in report["why"] or "it is worse" in report["why"]
    assert used(homeground) == HOUSE
    assert "embedder = " not in (kb / "homeground.toml").read_text().replace("# embedder", "")
    assert homeground("status", "--json").json["beside"]["role"] == "aside"
    assert "set aside" in homeground("status").out
    write(kb, "fennel", 99)
    homeground("sync")
    assert used(homeground) == HOUSE, "a sync does not decide"
    assert homeground("models", "swap", "--accept").code == 0
    assert used(homeground) == "blind"
    assert "99 centimetres" in homeground("show", "garden/fennel.md").out
    assert "10 centimetres" not in homeground("search", "How high does the fennel grow?", "-n", "1").out


def test_dropping_what_was_set_aside(homeground: Run, kb: Path) -> None:
    homeground("models", "swap", "blind", "--questions", str(labelled(kb)), "--allow-loss", "-0.5")
    assert homeground("models", "swap", "--drop", "--json").json == {"dropped": "blind"}
    assert homeground("status", "--json").json["beside"] is None
    assert len(list((kb / ".homeground").glob("passages-*"))) == 1
    for option in ("--drop", "--accept", "--back"):
        assert homeground("models", "swap", option).code == 7


def test_nothing_that_the_owner_may_not_read_is_compared_or_printed(homeground: Run, kb: Path) -> None:
    path = kb / "questions.jsonl"
    rows = [{"question": "To whom is the orchard sold?", "document": "board/secret.md"}, {"question": "Why?"}]
    path.write_text("\n".join(map(json.dumps, [*rows, {"question": "Gone?", "document": "none.md"}])))
    ended = homeground("models", "swap", "words", "--questions", str(path))
    assert ended.code == 0
    assert "railway" not in ended.out + ended.err
    assert "secret.md" not in ended.out + ended.err
    forbidden, absent = (f"its document is not there: {row}" for row in ("To whom is the orchard sold?", "Gone?"))
    assert forbidden in ended.err and absent in ended.err


def test_one_way_to_change_the_embedder(homeground: Run, kb: Path, tmp_path: Path) -> None:
    ended = homeground("models", "use", "words", "--for", "embedder")
    assert (ended.code, "homeground models swap words" in ended.err) == (2, True)
    Workspace.create(tmp_path / "empty").close()
    assert homeground("models", "use", "words", "--for", "embedder", "-w", str(tmp_path / "empty")).code == 0
    assert homeground("models", "swap", "blind", "-w", str(tmp_path / "empty"), "--json").json["embedded"] == 0
    assert 'embedder = "blind"' in (tmp_path / "empty" / "homeground.toml").read_text()


def test_a_change_of_the_settings_by_hand_acts_at_the_next_sync(homeground: Run, kb: Path) -> None:
    settings = kb / "homeground.toml"
    settings.write_text(settings.read_text().replace("[models]", '[models]\nembedder = "words"'))
    assert used(homeground) == HOUSE, "questions go on with the embedder that made the index"
    status = homeground("status", "--json").json
    assert (status["embedder"], status["next_embedder"]) == (HOUSE, "words")
    assert "the next sync embeds anew" in homeground("status").out
    assert homeground("sync", "--json").json["rebuilt"] == len(PLANTS) + 1
    assert used(homeground) == "words"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "homeground models swap NAME"),
        (["words", "--back"], 2, "--back takes no NAME"),
        (["--back", "--drop"], 2, "exclude each other"),
        (["--back", "--allow-loss", "0.1"], 2, "for a comparison"),
        (["nothing"], 5, "nothing"),
        (["words", "--questions", "none.csv"], 2, "none.csv"),
        (["words", "--allow-loss", "3"], 2, "allow-loss"),
    ],
)
def test_bad_input_ends_in_one_clear_sentence(homeground: Run, arguments: list[str], code: int, words: str) -> None:
    ended = homeground("models", "swap", *arguments)
    assert (ended.code, ended.out, words in ended.err) == (code, "", True)
    assert "Traceback" not in ended.err


def test_an_embedder_that_is_gone_is_said_and_a_way_out_with_it(homeground: Run, own_models: Path) -> None:
    homeground("models", "swap", "words", "--accept")
    homeground("models", "swap", HOUSE, "--accept")
    shutil.move(own_models / "words", own_models / "renamed")
    assert homeground("status", "--json").json["beside"]["embedder"] == "words", "found again by its digest"
    shutil.rmtree(own_models / "renamed")
    ended = homeground("models", "swap", "--back")
    assert (ended.code, "not there any more" in ended.err, "--drop" in ended.err) == (7, True, True)
    assert used(homeground) == HOUSE


def test_the_model_of_the_index_and_of_the_way_back_is_not_removed_by_mistake(
    homeground: Run, own_models: Path
) -> None:
    homeground("models", "swap", "words", "--accept")
    homeground("models", "swap", "blind", "--accept")
    ended = homeground("models", "remove", "words", "--yes")
    assert (ended.code, "second index" in ended.err, "--force" in ended.err) == (7, True, True)
    assert homeground("models", "remove", "blind", "--yes").code == 7
    homeground("models", "swap", "--drop")
    assert homeground("models", "remove", "words", "--yes").code == 0
    assert not (own_models / "words").exists()


def test_a_process_that_runs_on_follows_a_swap_and_does_not_undo_it(kb: Path) -> None:
    person = Principal("ann")
    with Workspace.open(kb) as asking, Workspace.open(kb) as swapping:
        assert list(asking.ask("How high does the fennel grow?", person).receipt.models) == [HOUSE]
        assert swapping.embedder_swap(swapping.owner).swap("words", accept=True).swapped
        assert list(asking.ask("How high does the fennel grow?", person).receipt.models) == ["words"]
        write(kb, "fennel", 77)
        assert asking.sync().rebuilt == 0, "it was opened with other settings"
        receipt = asking.ask("How high does the fennel grow?", person).receipt
        assert list(receipt.models) == ["words"]
        swapping.embedder_swap(swapping.owner).back()
        assert list(asking.ask("How high does the fennel grow?", person).receipt.models) == [HOUSE]


def test_a_question_uses_one_embedder_from_beginning_to_end(kb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    person = Principal("ann")
    with Workspace.open(kb) as asking, Workspace.open(kb) as swapping:
        hits = asking.parts.hits

        def swapped_meanwhile(*arguments: Any) -> Any:
            swapping.embedder_swap(swapping.owner).swap("words", accept=True)
            return hits(*arguments)

        monkeypatch.setattr(asking.parts, "hits", swapped_meanwhile)
        answer = asking.ask("How high does the fennel grow?", person)
        assert (list(answer.receipt.models), answer.refused) == ([HOUSE], False)


LETS_GO = """
import gc, sys, weakref
from homeground import Workspace

def gone(encoder):
    gc.collect()
    return encoder() is None

with Workspace.open(sys.argv[1]) as asking:
    asking.ask("How high does the fennel grow?", asking.owner)  # the first here: libraries begin their threads
    before = weakref.ref(asking.parts.encoder)
    with Workspace.open(sys.argv[1]) as swapping:
        swapping.embedder_swap(swapping.owner).swap("words", accept=True)
    assert not gone(before)
    asking.ask("How high does the fennel grow?", asking.owner)
    after = weakref.ref(asking.parts.encoder)
    assert gone(before) and not gone(after)
assert gone(after)
"""


def test_an_embedder_that_is_not_used_any_more_leaves_memory(kb: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LETS_GO, str(kb)], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


WRITER = """
import sys
from homeground import Workspace
from homeground.models import runtime

import lancedb
runtime.openvino()  # imported by itself it forks a process that phones home, and that may outlive the test
print("ready", flush=True)
sys.stdin.readline()
with Workspace.open(sys.argv[1]) as workspace:
    swap = workspace.embedder_swap(workspace.owner)
    swap.back() if sys.argv[2] == "back" else swap.swap(sys.argv[2], accept=True)
"""


def test_kills_while_the_whole_machine_swaps(kb: Path) -> None:
    rng, person, kills = random.Random(5), Principal("ann"), 0
    with Workspace.open(kb) as workspace:
        for turn in range(6):
            plant, height = rng.choice(PLANTS), 200 + turn
            target = ("words", "blind", HOUSE)[turn % 3]
            kills += killed(kb, target, 0.3 * turn)
            write(kb, plant, height)
            workspace.sync()
            hits = workspace.search(f"How high does the {plant} grow?", person, limit=40)
            said = {hit.text.split(" grows to ")[1].split()[0] for hit in hits if f"The {plant} grows to" in hit.text}
            assert said == {str(height)}, "only what is on the disk now"
            with Workspace.open(kb) as other:
                assert other.embedder_swap(other.owner).swap(target, accept=True).swapped
            again = workspace.search(f"How high does the {plant} grow?", person, limit=40)
            assert {hit.document for hit in again} == {f"garden/{each}.md" for each in PLANTS}
    assert kills


def killed(kb: Path, target: str, seconds: float) -> bool:
    """A swap in a process of its own that is killed after a while; whether it was still at it."""
    command = [sys.executable, "-c", WRITER, str(kb), target]
    code = {"PYTHONPATH": str(Path(source.__file__).parent.parent)}  # this very tree, wherever the test has gone
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, env=os.environ | code) as writer:
        assert writer.stdout.readline() == "ready\n"
        print(file=writer.stdin, flush=True)
        time.sleep(seconds)
        alive = writer.poll() is None
        writer.kill()
    assert writer.returncode in (0, -signal.SIGKILL)
    return alive
