"""What is installed, and from where: the locks, the wheel's contents, and a command line that starts at once."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, entry_points, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import homeground

ROOT = Path(__file__).parent.parent
LOCKS = ["base", "remote", "dev"]
PIN = re.compile(
    r"^([\w.-]+(?:\[[\w., -]+\])?)==([\w.!+]+)((?: ; .*?)?) \\$((?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+)", re.M
)


def lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def pins(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for package, version, _, _ in PIN.findall(lock(name)):
        found.setdefault(canonicalize_name(Requirement(package).name), set()).add(version)
    return found


def extras(name: str) -> dict[str, set[str]]:
    pinned = [Requirement(package) for package, _, _, _ in PIN.findall(lock(name))]
    return {canonicalize_name(each.name): each.extras for each in pinned}


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_is_a_pin_with_hashes_and_nothing_else(name: str) -> None:
    rest = PIN.sub("", lock(name))
    assert [line for line in rest.splitlines() if line.strip() and not line.startswith("#")] == []


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_holds_every_dependency_in_a_version_that_the_project_allows(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = project["project"]["dependencies"] + project["build-system"]["requires"]
    wanted += project["dependency-groups"]["dev"] if name == "dev" else []
    wanted += project["project"]["optional-dependencies"]["remote"] if name == "remote" else []
    for requirement in map(Requirement, wanted):
        versions = pins(name).get(canonicalize_name(requirement.name), set())
        assert versions, requirement
        assert all(requirement.specifier.contains(Version(version)) for version in versions), requirement


@pytest.mark.parametrize("name", ["base", "dev"])
def test_a_package_that_another_wants_with_an_extra_is_pinned_with_it(name: str) -> None:
    """pip takes the newest release of `package[extra]` otherwise, whose hash the lock does not have."""
    pinned, wanted = extras(name), []
    for package in pinned:
        with contextlib.suppress(PackageNotFoundError):  # one for another platform
            wanted += [Requirement(line) for line in requires(package) or []]
    wanted = [each for each in wanted if each.extras and (each.marker is None or each.marker.evaluate({"extra": ""}))]
    assert wanted
    for each in wanted:
        assert each.extras <= pinned[canonicalize_name(each.name)], each


@pytest.mark.parametrize("name", LOCKS[1:])
def test_the_locks_agree_on_what_they_share(name: str) -> None:
    base, other = pins("base"), pins(name)
    assert {package: other.get(package) for package in base} == base


def test_the_base_install_has_no_torch() -> None:
    assert not {"torch", "transformers", "sentence-transformers"} & set(pins("base"))


def test_the_installed_project_is_the_one_that_is_tested() -> None:
    assert entry_points(group="console_scripts", name="homeground")
    assert {Requirement(line).name for line in requires("homeground") or []} >= {"lancedb", "openvino", "pypdfium2"}
    assert Path(homeground.__file__).is_relative_to(ROOT / "src")


def test_the_package_carries_the_house_model_and_the_type_marker() -> None:
    package = Path(homeground.__file__).parent
    assert (package / "py.typed").exists()
    assert (package / "models" / "house" / "all-minilm-l6-v2-int8" / "model.bin").stat().st_size > 10e6


HEAVY = (
    "lancedb",
    "openvino",
    "kreuzberg",
    "numpy",
    "sqlalchemy",
    "pyarrow",
    "tokenizers",
    "pypdfium2",
    "huggingface_hub",
    "pydantic_ai",
    "genai_prices",
    "httpx2",
)


def test_help_loads_no_heavy_library() -> None:
    program = (
        "import sys; from homeground.cli.main import run; sys.argv = ['homeground', '--help']; code = run();"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]; sys.exit(repr(loaded) if loaded else code)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ask" in done.stdout


def test_the_continuous_integration_script_runs_make_test_last() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in script
    assert script.rstrip().endswith("make test")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
