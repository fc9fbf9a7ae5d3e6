"""Write docs/three-receipts.md: the same questions to the reader, to a model in this process, and to one over HTTP.

    python tools/three_receipts.py DATA_FOLDER        (the folder with handbooks/; a minute)

The model is the tiny one of the tests, here by the local engine, and behind an OpenAI-compatible endpoint in a second
process. That one is treated as if it were another machine (`trust_loopback = false`), so that rule and ledger show.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from homeground import Answer, Workspace
from homeground.models.add import add_model

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "three-receipts.md"
TINY = ROOT / "tests" / "tiny_llama"
NAME = "tiny-llama-int8"
REAL = "How long is the paid sabbatical, and how often may employees take it?"
PLAIN = "How much does the Valmo pump weigh?"
PAGES = {
    "products.md": "# Products\n\nThe Valmo pump weighs 42 kg. The Valmo pump has a warranty of 24 months.\n",
    "staff.md": "# Staff\n\nBrenor Kaliss works as engineer. Brenor Kaliss lives in Gribou.\n",
}
INTRODUCTION = """# Three ways to an answer, and their receipts

Written by [tools/three_receipts.py](../tools/three_receipts.py). The same question goes to the built-in reader, to a
generator in this process, and to the same generator over HTTP in a second process, which is treated as if it were
another machine: it needs a rule, and what goes there is counted and stands in the ledger.

The generator is the tiny one of the tests, two million parameters that were trained on invented facts. It answers
questions about such facts and knows no other English: asked over a real handbook it finds nothing to say, or says what
no passage supports, and either is a refusal. The reader answers both.
"""


@contextmanager
def served() -> Iterator[str]:
    """The address of the tiny model in a second process."""
    command = [sys.executable, str(TINY / "serve.py"), str(TINY / "model")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def answers(folder: Path, question: str, address: str) -> dict[str, Answer]:
    """The question, asked in the three ways."""
    host = address.removeprefix("http://").partition("/")[0]
    elsewhere = f'[[egress.rule]]\nto = ["{host}"]\nmost = "internal"\n[egress]\ntrust_loopback = false\n'
    ways = {
        "the reader": "",
        "here": f'[models]\nanswer = "{NAME}"\n',
        "over HTTP": f'[models]\nanswer = "{address}"\n[budget]\nday_usd = 0.0\n{elsewhere}',
    }
    found = {}
    for name, settings in ways.items():
        (folder / "homeground.toml").write_text(f"[search]\nlimit = 3\n{settings}", encoding="utf-8")
        with Workspace.open(folder) as workspace:
            found[name] = workspace.ask(question, workspace.owner)
    return found


def table(question: str, found: dict[str, Answer]) -> str:
    """Answers and receipts, a column each."""
    rows = {
        "answer": [_told(answer) for answer in found.values()],
        "cited": [_cited(answer) for answer in found.values()],
        "route": [answer.receipt.route for answer in found.values()],
        "models": [_models(answer) for answer in found.values()],
        "tokens read, written": ["{input}, {output}".format(**one.receipt.tokens) for one in found.values()],
        "cost": [_cost(answer) for answer in found.values()],
        "left this process for elsewhere": [f"{one.receipt.egress_bytes:,} bytes" for one in found.values()],
        "milliseconds": [_times(answer) for answer in found.values()],
    }
    head = f"## {question}\n\n| | {' | '.join(found)} |\n|---|---|---|---|\n"
    return head + "".join(f"| {name} | {' | '.join(cells)} |\n" for name, cells in rows.items())


def _told(answer: Answer) -> str:
    return " ".join(one.text for one in answer.statements) if answer.statements else f"*{answer.reason}*"


def _cited(answer: Answer) -> str:
    named = dict.fromkeys(
        f"{Path(one.document).name}, page {one.page}: “{' '.join(one.quote.split())}”"
        for each in answer.statements
        for one in each.citations
    )
    return "<br>".join(named) or "–"


def _models(answer: Answer) -> str:
    return "<br>".join(f"{name.rpartition('#')[2]} {digest[:12]}" for name, digest in answer.receipt.models.items())


def _cost(answer: Answer) -> str:
    cost = answer.receipt.cost_usd
    return "not known" if cost is None else f"${cost:.2f}"


def _times(answer: Answer) -> str:
    return ", ".join(f"{step} {ms:.0f}" for step, ms in answer.receipt.timings_ms.items())


def main() -> None:
    """Read both folders, ask, write."""
    data = Path(sys.argv[1])
    parts = [INTRODUCTION]
    with tempfile.TemporaryDirectory() as scratch, served() as address:
        os.environ["HOMEGROUND_MODELS"] = str(Path(scratch) / "models")
        add_model(TINY / "model", NAME)
        plain = Path(scratch) / "plain"
        plain.mkdir()
        for name, text in PAGES.items():
            (plain / name).write_text(text, encoding="utf-8")
        for question, documents in ((PLAIN, plain), (REAL, data / "handbooks" / "basecamp")):
            folder = Path(scratch) / f"workspace-{len(parts)}"
            with Workspace.create(folder) as workspace:
                workspace.add(documents)
            parts.append(table(question, answers(folder, question, address)))
    OUT.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
