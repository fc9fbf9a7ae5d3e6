"""Are follow-up questions understood, and questions that stand alone left untouched? The built-in rules, no generator.

labelled     bench/cases/followups.jsonl: what must be in the standalone question, and what must not. The choosing half
             was in view while the rules were made; the reported half was written afterwards and changed nothing.
untouched    questions of public sets, each after a random other one: all of them are asked without a conversation
years        TAT-QA: "And in 2018?" after a question with one other year must be that question with the year replaced
retrieval    XQuAD: a question in which the name that the one before is about is replaced by "it": how often its
             paragraph is found as asked, as understood, and with the name left in

Usage: python bench/followup.py [--quick]
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from answering import DATA, reader_of, shelve, xquad

from homeground import Workspace
from homeground.answer.followup import Earlier, understand
from homeground.answer.mentions import topic

CASES = Path(__file__).with_name("cases") / "followups.jsonl"


def labelled(half: int) -> tuple[float, float]:
    """Shares of follow-ups that were understood and of whole questions that were left as they are."""
    cases = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    right: dict[bool, list[bool]] = {True: [], False: []}
    for case in (each for each in cases if each["half"] == half):
        found = understand(case["followup"], [Earlier(case["question"], tuple(case["answers"]))])
        said = (found or "").casefold()
        if case["has"] is None:
            right[False].append(found is None)
        else:
            held = all(each.casefold() in said for each in case["has"])
            right[True].append(held and not any(each.casefold() in said for each in case["not"]))
    return _share(right[True]), _share(right[False])


def _share(right: Sequence[bool]) -> float:
    return sum(right) / max(len(right), 1)


def whole_questions(quick: bool) -> Iterator[tuple[str, list[str]]]:
    """Questions of public sets by name."""
    for language in ("en", "zh", "de"):
        yield f"xquad-{language}", [each.text for each in xquad(language, quick=quick).questions]
    lines = (DATA / "financebench-dev/questions.jsonl").read_text(encoding="utf-8").splitlines()
    yield "filings", [json.loads(line)["question"] for line in lines]
    yield "tatqa", tatqa()[:: 5 if quick else 1]


def tatqa() -> list[str]:
    """The questions of TAT-QA (Zhu et al. 2021), each once."""
    found = []
    for path in sorted((DATA / "qa/tatqa").glob("*.json")):
        for context in json.loads(path.read_text(encoding="utf-8")):
            found += [each["question"] for each in context.get("questions", ())]
    return list(dict.fromkeys(" ".join(each.split()) for each in found))


def untouched(questions: Sequence[str]) -> float:
    """Share of questions that are left as they are after a random other one."""
    dice = random.Random(7)
    return _share([understand(each, [Earlier(dice.choice(questions))]) is None for each in questions])


def years(questions: Sequence[str]) -> float:
    """Share of "And in YEAR?" that become the question before with its year replaced."""
    right = []
    for question in questions:
        if len(found := re.findall(r"\b20[0-2]\d\b", question)) == 1:
            other = str(int(found[0]) - 1)
            right.append(understand(f"And in {other}?", [Earlier(question)]) == question.replace(found[0], other))
    return _share(right)


def followups(quick: bool) -> Iterator[tuple[str, str, str, str]]:
    """(paragraph, question before, question with "it", question) where both speak of the same name."""
    articles = json.loads((DATA / "qa/xquad/xquad.en.json").read_text(encoding="utf-8"))["data"]
    for paragraph in [each for article in articles for each in article["paragraphs"]][:: 3 if quick else 1]:
        asked = [" ".join(each["question"].split()) for each in paragraph["qas"]]
        for before, question in itertools.pairwise(asked):
            about = topic(before)
            if about is None or not about.named or about.text not in question:
                continue
            name = rf"(?:\b[Tt]he )?{re.escape(about.text)}"
            said = re.sub(rf"{name}(?!['’\w])", "it", re.sub(rf"{name}['’]s\b", "its", question))
            if said != question:
                yield paragraph["context"], before, said, question


def retrieval(workspace: Workspace, quick: bool) -> dict[str, tuple[float, float, int]]:
    """By kind of question: shares whose paragraph comes first and among the first five, and how many there were."""
    found: dict[str, list[int]] = {"as asked": [], "understood": [], "with the name": []}
    for context, before, said, question in followups(quick):
        understood = understand(said, [Earlier(before)]) or said
        for kind, asked in zip(found, (said, understood, question), strict=True):
            hits = workspace.search(asked, reader_of(), limit=5)
            ranks = [rank for rank, hit in enumerate(hits) if hit.text in context or context in hit.text]
            found[kind].append(min(ranks, default=99))
    return {
        kind: (_share([rank == 0 for rank in ranks]), _share([rank < 5 for rank in ranks]), len(ranks))
        for kind, ranks in found.items()
    }


def main() -> None:
    """Print the tables, and as last line the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer questions of each set")
    quick = parser.parse_args().quick
    figures: dict[str, float] = {}
    for half, name in ((0, "choosing"), (1, "reported")):
        understood, left = labelled(half)
        print(f"labelled, {name:10s} understood {understood:.3f}   whole ones untouched {left:.3f}")
        figures |= {f"understood_{name}": understood, f"untouched_{name}": left}
    for name, questions in whole_questions(quick):
        figures[f"untouched_{name.replace('-', '_')}"] = share = untouched(questions)
        print(f"untouched, {name:10s} {share:.4f} of {len(questions)}")
    figures["years"] = years(tatqa())
    print(f"years      {figures['years']:.3f}")
    with tempfile.TemporaryDirectory() as folder:
        workspace = shelve(xquad(quick=True), Path(folder))
        for kind, (first, five, count) in retrieval(workspace, quick).items():
            print(f"retrieval  {kind:14s} first {first:.3f}   among five {five:.3f}   of {count}")
            figures |= {f"first_{kind.replace(' ', '_')}": first, f"five_{kind.replace(' ', '_')}": five}
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
