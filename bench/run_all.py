"""Run every script of this folder and write bench/results.md: what `make bench` does.

Usage: python bench/run_all.py [--quick] [NAME…]      e.g. python bench/run_all.py filings ranking

Each script prints a table, and as its last line one JSON object of figures. A script that fails is named in the results
and the others still run; the sections of scripts that were not run this time are kept.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

BENCH = Path(__file__).parent
RESULTS = BENCH / "results.md"
ORDER = (
    "files",
    "ingest",
    "embedder",
    "filings",
    "ranking",
    "reader",
    "refusal",
    "verifier",
    "modes",
    "followup",
    "injection",
    "latency",
    "swap",
    "serve",
    "engine",
    "peers",
)


@dataclass(frozen=True)
class Outcome:
    """What one script printed, and how it ended."""

    name: str
    output: str
    code: int
    seconds: float

    def section(self, quick: bool) -> str:
        """The script's part of results.md."""
        ending = "" if self.code == 0 else f"\n\n**ended with exit code {self.code}**"
        took = f"{datetime.now(UTC):%Y-%m-%d}, {self.seconds:.0f} s{', --quick' if quick else ''}"
        return f"## {self.name}\n\n`bench/{self.name}.py`, {took}\n\n```\n{self.output.strip()}\n```{ending}\n"


def run(name: str, quick: bool) -> Outcome:
    """Run one script, showing its output as it comes."""
    command = [sys.executable, str(BENCH / f"{name}.py"), *(["--quick"] if quick else [])]
    print(f"\n=== {name} ===", flush=True)
    started, lines = time.perf_counter(), []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return Outcome(name, "".join(lines), process.returncode, time.perf_counter() - started)


def figures(output: str) -> dict[str, float]:
    """The JSON object on the last line; empty when there is none."""
    lines = output.strip().splitlines()
    try:
        found = json.loads(lines[-1]) if lines else {}
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def earlier() -> dict[str, str]:
    """The sections that results.md holds already, by name."""
    if not RESULTS.exists():
        return {}
    parts = re.split(r"^(?=## )", RESULTS.read_text(encoding="utf-8"), flags=re.M)[1:]
    return {part.split("\n", 1)[0].removeprefix("## "): part.strip() + "\n" for part in parts}


def write(sections: dict[str, str]) -> None:
    """Write results.md, in the order of the main job."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    head = f"# Results\n\nWritten by `make bench` on {machine}. The last line of each block holds its figures.\n"
    ordered = [sections[name] for name in ORDER if name in sections]
    RESULTS.write_text("\n".join([head, *ordered]), encoding="utf-8")


def main() -> int:
    """Run what was asked for; 1 when a script failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", choices=[*ORDER, []], metavar="NAME", help=", ".join(ORDER))
    parser.add_argument("--quick", action="store_true", help="a smaller run of each")
    asked = parser.parse_args()
    sections, failed = earlier(), False
    for name in asked.names or ORDER:
        outcome = run(name, asked.quick)
        failed |= outcome.code != 0 or not figures(outcome.output)
        sections[name] = outcome.section(asked.quick)
        write(sections)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
