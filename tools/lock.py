"""Resolve the dependencies into requirements/: one lock for every platform, with hashes, without index addresses.

Usage: make lock        (or: python tools/lock.py, with uv on the path or beside the interpreter)

base.txt holds what homeground needs to run, and the build backend; remote.txt the same, and the libraries of providers;
dev.txt what the tests need.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
OPTIONS = [
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    # pip looks for `package[extra]` apart from `package`: unless the lock pins that form too, it takes the newest
    # release of the package, whose hash is not in the lock, and the install fails on the day of that release.
    "--no-strip-extras",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-annotate",
    "--no-header",
    "--quiet",
]


def compile_lock(name: str, *inputs: str) -> None:
    """Resolve `inputs` into requirements/NAME.txt; versions already in the file stay unless --upgrade was given."""
    beside = Path(sys.executable).parent / "uv"
    uv = str(beside) if beside.exists() else "uv"
    target = f"requirements/{name}.txt"
    given = [option for option in sys.argv[1:] if option.startswith("--upgrade")]
    subprocess.run([uv, "pip", "compile", *OPTIONS, *given, *inputs, "--output-file", target], cwd=ROOT, check=True)
    count = sum(1 for line in (ROOT / target).read_text(encoding="utf-8").splitlines() if line[:1].isalnum())
    print(f"{target}: {count} pinned lines")


def main() -> None:
    """Write the locks, the others on the versions of the first."""
    compile_lock("base", "pyproject.toml", "requirements/build.in")
    based = ("pyproject.toml", "requirements/build.in", "--constraint=requirements/base.txt")
    compile_lock("remote", *based, "--extra=remote")
    compile_lock("dev", *based, "--group=dev")


if __name__ == "__main__":
    main()
