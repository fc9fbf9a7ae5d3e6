"""A swap of the embedder on real filings: seconds per 1,000 passages, what questions feel meanwhile, and disk.

Once alone, then in a process of its own, as `homeground models swap`, while this one searches with FinanceBench's
questions without a pause: the worst that can happen to both. The new embedder is the house model under another card, so
that it costs what the present one costs. Then the way back: at once, and after a tenth of the documents has changed.

    python bench/swap.py [--quick]
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
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homeground import Workspace
from homeground.models.folders import HOUSE
from homeground.models.manifest import write_json, write_manifest
from homeground.swap import SwapReport

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("HOMEGROUND_DATA", ROOT.parent / "shared" / "data")) / "financebench-dev"
EMBEDDER = "all-minilm-l6-v2-int8"
WARM = 20


def another(folder: Path) -> Path:
    """The house embedder under another card: other digest, same cost."""
    shutil.copytree(HOUSE / EMBEDDER, folder)
    write_json(folder / "card.json", json.loads((folder / "card.json").read_text("utf-8")) | {"name": folder.name})
    write_manifest(folder)
    return folder


def asked(workspace: Workspace, questions: list[str], times: int) -> NDArray[np.float64]:
    """Milliseconds of searches, one after the other."""
    return np.array([_milliseconds(workspace, questions[at % len(questions)]) for at in range(times)])


def _milliseconds(workspace: Workspace, question: str) -> float:
    began = time.perf_counter()
    workspace.search(question, workspace.owner)
    return (time.perf_counter() - began) * 1000


def size_mb(folder: Path) -> float:
    """Megabytes of the indexes of a workspace."""
    total = 0
    for path in folder.glob(".homeground/passages-*/**/*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # an old version, deleted meanwhile
            continue
    return total / 1e6


def swapped(folder: Path, name: str) -> None:
    """Runs in a process of its own: reports as one JSON line."""
    with Workspace.open(folder) as workspace:
        report = workspace.embedder_swap(workspace.owner).swap(name, accept=True)
    print(json.dumps({"seconds": report.seconds, "documents": report.embedded}))


def beside(workspace: Workspace, model: Path, questions: list[str]) -> dict[str, float]:
    """The swap in another process, with searches in this one until it ends."""
    command = [sys.executable, __file__, "--child", str(workspace.folder), str(model)]
    taken, most = [], 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        while child.poll() is None:
            taken.append(_milliseconds(workspace, questions[len(taken) % len(questions)]))
            most = max(most, size_mb(workspace.folder)) if len(taken) % 10 == 0 else most
        assert child.stdout is not None
        said = child.stdout.read()
    if child.returncode:
        sys.exit("the swap failed")
    p50, worst = np.percentile(taken, [50, 100])
    figures = {"during_p50_ms": float(p50), "during_worst_ms": float(worst), "asked_during": len(taken)}
    return figures | {"busy_s": json.loads(said.splitlines()[-1])["seconds"], "disk_most_mb": most}


def back(workspace: Workspace) -> SwapReport:
    """The way back."""
    return workspace.embedder_swap(workspace.owner).back()


def changed(folder: Path, share: int) -> int:
    """Every so many-th document gets other bytes (a remark at its end) and so another revision."""
    paths = sorted(folder.glob("*.pdf"))[::share]
    for path in paths:
        path.write_bytes(path.read_bytes() + b"\n% changed\n")
    return len(paths)


def measure(scratch: Path, pdfs: list[Path], questions: list[str]) -> dict[str, float]:
    """One workspace: before, during, after, and back."""
    documents = scratch / "filings"
    documents.mkdir()
    for pdf in pdfs:
        shutil.copyfile(pdf, documents / pdf.name)
    with Workspace.create(scratch / "workspace") as workspace:
        passages = workspace.add(documents).passages
        asked(workspace, questions, WARM)
        figures = {"passages": float(passages), "disk_before_mb": size_mb(workspace.folder)}
        figures["before_p50_ms"] = float(np.median(asked(workspace, questions, 2 * len(questions))))
        idle = workspace.embedder_swap(workspace.owner).swap(str(another(scratch / "first")), accept=True)
        figures["swap_s"] = idle.seconds
        figures["s_per_1000"] = 1000 * idle.seconds / passages
        workspace.embedder_swap(workspace.owner).drop()
        figures |= beside(workspace, another(scratch / "second"), questions)
        figures["during_to_before"] = figures["during_p50_ms"] / figures["before_p50_ms"]
        figures["disk_after_mb"] = size_mb(workspace.folder)
        figures["back_s"] = back(workspace).seconds
        figures["changed_documents"] = float(changed(documents, 10))
        workspace.sync()
        figures["back_after_changes_s"] = back(workspace).seconds
        workspace.embedder_swap(workspace.owner).drop()
        figures["disk_dropped_mb"] = size_mb(workspace.folder)
    return {key: round(value, 2) for key, value in figures.items()}


def main() -> None:
    """Measure, print the table and the figures."""
    parser = argparse.ArgumentParser(description="a swap of the embedder")
    parser.add_argument("--quick", action="store_true", help="3 filings instead of 12")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        swapped(Path(options.child[0]), options.child[1])
        return
    pdfs = sorted((DATA / "pdfs").glob("*.pdf"))[: 3 if options.quick else 12]
    if not pdfs:
        sys.exit(f"no PDFs in {DATA}: set HOMEGROUND_DATA")
    lines = (DATA / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as scratch:
        figures = {"load_at_start": os.getloadavg()[0]} | measure(
            Path(scratch), pdfs, [json.loads(line)["question"] for line in lines]
        )
    for key, value in figures.items():
        print(f"{key:<24}{value:>10.2f}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
