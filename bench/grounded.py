"""Statements that people labelled as supported by a text or not, of four sets. To measure with only.

BEGIN (Dziri et al. 2022) and the FaithDial audit (Dziri et al. 2022): turns of a dialogue against the knowledge that
they were given; only what is fully attributable (entailed) counts as supported. HealthVer (Sarrouti et al. 2021):
claims about an illness against sentences of papers; neutral and refuting do not support. WiCE (Kamoi et al. 2023):
sentences of an encyclopaedia against the page they cite; what is supported in part only is not supported.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from answering import DATA

FOLDER = DATA / "grounded"


@dataclass(frozen=True)
class Labelled:
    """A statement, the text it is held against, and whether people found it supported."""

    text: str
    evidence: tuple[str, ...]
    supported: bool


def begin() -> Iterator[Labelled]:
    """Both development sets."""
    for path in sorted(FOLDER.glob("begin/*/begin_dev_*.tsv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                supported = row["begin_label"] == "Fully attributable"
                yield Labelled(row["response"], (row["knowledge"],), supported)


def faithdial_audit() -> Iterator[Labelled]:
    """What three models and people answered; rows without a label are left out."""
    for path in sorted(FOLDER.glob("faithdial-audit/data-audit/*/*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                evidence, _, text, label = list(row.values())[:4]
                if label.strip() and text.strip():
                    yield Labelled(text, (evidence,), _entailed(label.casefold()))


def _entailed(label: str) -> bool:
    """Entailed and nothing beside it; "uncooperative" says how an entailed answer serves, not whether it is true."""
    return ("entail" in label or label.strip() == "uncooperative") and "hallucinat" not in label


def healthver() -> Iterator[Labelled]:
    """The development set."""
    with (FOLDER / "healthver/healthver_dev.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield Labelled(row["claim"], (row["evidence"],), row["label"] == "Supports")


def wice() -> Iterator[Labelled]:
    """The development set: whole claims against whole pages."""
    for line in (FOLDER / "wice/dev.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield Labelled(row["claim"], ("\n\n".join(row["evidence"]),), row["label"] == "supported")


SETS: dict[str, Callable[[], Iterator[Labelled]]] = {
    "begin": begin,
    "faithdial_audit": faithdial_audit,
    "healthver": healthver,
    "wice": wice,
}
