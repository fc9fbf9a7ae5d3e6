"""Write docs/transcript.md: ten questions over two real handbooks and 37 real filings, by the command line alone.

    python tools/transcript.py DATA_FOLDER        (the folder with handbooks/ and financebench-dev/; about ten minutes)

The questions and what is expected were written by hand, from the documents; the verdict is whether the expected text
stands in the first statement, in a later one, or in none. Nothing is left out of what the commands print.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "docs" / "transcript.md"
FOLDERS = ("handbooks/basecamp", "handbooks/sourcegraph", "financebench-dev/pdfs")


@dataclass(frozen=True)
class Asked:
    """A question, and a text that a right answer holds; none where the documents do not tell."""

    question: str
    expected: str = ""


QUESTIONS = (
    Asked("How long is the paid sabbatical, and how often may employees take it?", "6-week"),
    Asked("What severance is offered to someone who has been with the company for less than one year?", "4 weeks pay"),
    Asked("How many weeks of paid parental leave does Sourcegraph offer?", "16 weeks"),
    Asked("How much did Costco take in membership fees in 2021?", "3,877"),
    Asked("How many people did Microsoft employ as of June 30, 2023?", "221,000"),
    Asked("What were Best Buy's regular quarterly cash dividends per share in fiscal 2023?", "3.52"),
    Asked("What was Corning's net income attributable to shareholders in 2022?", "1,316"),
    Asked("What were the total revenues of Netflix in 2017?", "11,692,713"),
    Asked("What was the revenue of Tesla in 2022?"),
    Asked("What is the password of the administrator account?"),
)


def main() -> int:
    """Read everything, ask everything, write the page."""
    data = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for each in FOLDERS:
            (place / each).parent.mkdir(parents=True, exist_ok=True)
            (place / each).symlink_to(data / each)
        read = [_shown(place, "init"), *(_shown(place, "add", each) for each in FOLDERS), _shown(place, "status")]
        asked = [_section(place, number, each) for number, each in enumerate(QUESTIONS, 1)]
    right = sum("**Right.**" in each for each in asked)
    head = (
        "# Ten questions over real documents\n\n"
        "Written by `tools/transcript.py`: two company handbooks (Basecamp, Sourcegraph) and 37 filings of listed "
        "companies in one workspace, read and asked by the command line with the default settings. "
        f"{right} of {len(QUESTIONS)} came out right at the first statement; wrong ones are shown as they came.\n"
    )
    OUT.write_text("\n".join([head, "## Reading\n", _block(*read), *asked]), encoding="utf-8")
    print(f"{right} of {len(QUESTIONS)} right; wrote {OUT.name}")
    return 0


def _section(place: Path, number: int, asked: Asked) -> str:
    shown = _shown(place, "ask", asked.question)
    expected = f"Expected: {asked.expected}." if asked.expected else "Expected: a refusal, the documents do not tell."
    return f"## {number}. {asked.question}\n\n{expected} {_verdict(asked, shown)}\n\n{_block(shown)}"


def _verdict(asked: Asked, shown: str) -> str:
    answer = shown.split("\n", 1)[1]
    refused = answer.startswith("No answer")
    if not asked.expected:
        return "**Right.**" if refused else "**Wrong:** it should have refused."
    if refused:
        return "**Refused,** though the documents tell."
    statements = answer.split("\n\n", 1)[0].splitlines()
    if asked.expected in statements[0]:
        return "**Right.**"
    return "**Second:** a later statement says it." if asked.expected in "".join(statements) else "**Wrong.**"


def _shown(place: Path, *arguments: str) -> str:
    """The command and what it printed, as a terminal of 100 columns shows it."""
    command = [sys.executable, "-m", "homeground", *arguments]
    environment = os.environ | {"COLUMNS": "100", "HOMEGROUND_WORKSPACE": str(place)}
    if arguments[0] == "init":
        environment.pop("HOMEGROUND_WORKSPACE")
    ended = subprocess.run(command, cwd=place, capture_output=True, text=True, env=environment, check=False)
    quoted = " ".join(f'"{each}"' if " " in each else each for each in arguments)
    return f"$ homeground {quoted}\n{ended.stdout}{ended.stderr}".replace(str(place), "~/kb")


def _block(*shown: str) -> str:
    return "```console\n" + "\n".join(each.strip() + "\n" for each in shown) + "```\n"


if __name__ == "__main__":
    raise SystemExit(main())
