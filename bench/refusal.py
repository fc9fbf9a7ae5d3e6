"""How often is a question refused whose answer is there, and how often one whose answer is not?

Each question is asked twice: with everything in the index, and with the paragraph that answers it taken out (with it
go the other paragraphs of its fold, one in five). Prints both error rates over the threshold. The threshold for
``refused_at_10`` is the highest at which at most 10 % of the answerable questions of the choosing half (articles with
an even number) are refused; figures are of the other half. No constant was fitted on rgb-en, but its questions were
read while the features were thought out.

Usage: python bench/refusal.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from answering import QuestionSet, reader_of, rgb, shelve, xquad

from homeground import Answer
from homeground.settings import AnswerSettings

FALSE_REFUSALS = 0.10


@dataclass(frozen=True)
class Supports:
    """Support of the best statement of each question: with its paragraph in the index, and without it."""

    answerable: tuple[float, ...]
    unanswerable: tuple[float, ...]

    def refused(self, threshold: float) -> tuple[float, float]:
        """Shares refused below ``threshold``: of the answerable (an error), of the unanswerable (right)."""
        return _below(self.answerable, threshold), _below(self.unanswerable, threshold)


def _below(supports: Sequence[float], threshold: float) -> float:
    return sum(support < threshold for support in supports) / max(len(supports), 1)


def support_of(answer: Answer) -> float:
    """What is held against the threshold; a question refused for its kind or language counts as refused at any."""
    return -1.0 if answer.refused else max(statement.support for statement in answer.statements)


def ask_all(questions: QuestionSet, folder: Path) -> dict[int, Supports]:
    """Supports of the questions of each half."""
    workspace = shelve(questions, folder)
    found = {0: ([], []), 1: ([], [])}
    for one in questions.questions:
        found[one.half][0].append(support_of(workspace.ask(one.text, reader_of())))
        found[one.half][1].append(support_of(workspace.ask(one.text, reader_of(one.fold))))
    return {half: Supports(tuple(with_it), tuple(without)) for half, (with_it, without) in found.items()}


def threshold_at(answerable: Sequence[float], share: float) -> float:
    """The highest threshold that refuses at most ``share`` of the answerable questions."""
    ordered = sorted(answerable)
    return ordered[int(share * len(ordered))]


def curve(sets: dict[str, Supports]) -> None:
    """Both rates of every set over the threshold: refused though answerable / refused and unanswerable."""
    print(f"{'refused below':>13s}  " + "  ".join(f"{name:>24s}" for name in sets))
    for step in range(1, 20):
        cells = ["{:.3f} / {:.3f}".format(*supports.refused(step / 20)) for supports in sets.values()]
        print(f"{step / 20:13.2f}  " + "  ".join(f"{cell:>24s}" for cell in cells))


def main() -> None:
    """Print the curve, and as last line the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one question a paragraph")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        halves = ask_all(xquad(quick=quick), Path(folder) / "xquad")
        plain = ask_all(rgb(distractors=False, quick=quick), Path(folder) / "rgb")[1]
        hard = ask_all(rgb(distractors=True, quick=quick), Path(folder) / "rgb-hard")[1]
    sets = {
        "xquad-en choosing": halves[0],
        "xquad-en reported": halves[1],
        "rgb-en": plain,
        "rgb-en with distractors": hard,
    }
    curve(sets)
    chosen, shipped = threshold_at(halves[0].answerable, FALSE_REFUSALS), AnswerSettings().refuse_below
    figures = {"refused_at_10": halves[1].refused(chosen)[1], "false_refusals_at_10": halves[1].refused(chosen)[0]}
    figures |= {"threshold_at_10": chosen, "shipped_threshold": shipped}
    print(
        f"\n{'':26s} {'at ' + format(chosen, '.3f'):>15s} {'shipped ' + format(shipped, '.2f'):>15s} {'own 10 %':>9s}"
    )
    for name, supports in sets.items():
        own = supports.refused(threshold_at(supports.answerable, FALSE_REFUSALS))
        at, default = supports.refused(chosen), supports.refused(shipped)
        print(f"{name:26s} {at[0]:7.3f} {at[1]:7.3f} {default[0]:7.3f} {default[1]:7.3f} {own[1]:9.3f}")
        key = (
            name.replace("xquad-en ", "xquad_").replace("rgb-en with distractors", "rgb_distractors").replace("-", "_")
        )
        figures |= {
            f"{key}_refused_at_own_10": own[1],
            f"{key}_false_shipped": default[0],
            f"{key}_refused_shipped": default[1],
        }
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
