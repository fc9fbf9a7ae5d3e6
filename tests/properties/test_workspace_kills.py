"""The same promises with everything real: worker processes, the embedder, the public interface."""

import random
import subprocess
import sys
import time
from pathlib import Path

from homeground import Principal, Workspace

WRITER = """
import sys
from homeground import Workspace
with Workspace.open(sys.argv[1]) as workspace:
    workspace.parts.encoder
    print("ready", flush=True)
    for line in sys.stdin:
        workspace.add(*line.split())
        print("done", flush=True)
"""
PLANTS = ("barley", "clover", "fennel", "garlic")


def write(folder: Path, plant: str, height: int) -> None:
    pages = [f"# {plant.title()}\n", f"The {plant} in this garden grows to {height} centimetres.\n"]
    (folder / f"{plant}.md").write_text("\n".join([*pages, f"Water the {plant} on day {height} of the year.\n"]))


def heights(workspace: Workspace, person: Principal, plant: str) -> set[str]:
    """What is said about a plant, in every passage that comes up for it."""
    hits = workspace.search(f"How high does the {plant} grow?", person, limit=20)
    said = set()
    for hit in hits:
        citation = f"{hit.document}@{hit.revision[:12]}#p{hit.page}:{hit.start}-{hit.end}"
        shown = workspace.show(citation, person)
        assert shown.text[hit.start : hit.end] == hit.text
        if plant in hit.document:
            said |= {word for word in hit.text.replace(".", "").split() if word.isdigit()}
    return said


def test_kills_while_the_whole_machine_runs(tmp_path):
    rng = random.Random(11)
    folder = tmp_path / "garden"
    folder.mkdir()
    current = dict.fromkeys(PLANTS, 10)
    for plant in PLANTS:
        write(folder, plant, 10)
    person = Principal("ann")
    Workspace.create(tmp_path / "kb").close()
    for round_number in range(3):
        before = dict(current)
        for plant in rng.sample(PLANTS, 2) if round_number else PLANTS:
            current[plant] += rng.randint(1, 50)
            write(folder, plant, current[plant])
        kill_while_adding(tmp_path / "kb", folder, rng.random() * 0.6)
        with Workspace.open(tmp_path / "kb") as workspace:
            for plant in PLANTS:
                said = heights(workspace, person, plant)
                allowed = [{str(current[plant])}, {str(before[plant])}, *([set()] if round_number == 0 else [])]
                assert said in allowed, "old or new, never both, never older"
            workspace.add(folder)
            for plant in PLANTS:
                assert heights(workspace, person, plant) == {str(current[plant])}


def kill_while_adding(workspace: Path, folder: Path, seconds: float) -> None:
    command = [sys.executable, "-c", WRITER, str(workspace)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "ready\n"
        print(folder, file=writer.stdin, flush=True)
        time.sleep(seconds)
        writer.kill()
