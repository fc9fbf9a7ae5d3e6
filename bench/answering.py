"""Question sets for reader.py and refusal.py: paragraphs written as files, one file each, and asked through Workspace.

Every paragraph lies in one of five folders, each with a grant of its own. A principal without the grant of a folder
asks as if its paragraphs had been taken out of the index: nothing that it may not read changes what it sees, scores
included.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeground import Principal, Workspace

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("HOMEGROUND_DATA", ROOT.parent / "shared" / "data"))
FOLDS = 5


@dataclass(frozen=True)
class Question:
    """A question with its accepted answers, the fold of what answers it, and its half (0 chooses, 1 reports)."""

    text: str
    answers: tuple[str, ...]
    fold: int
    half: int


@dataclass(frozen=True)
class QuestionSet:
    """Paragraphs with their folds, and the questions over them."""

    name: str
    paragraphs: tuple[tuple[str, int], ...]
    questions: tuple[Question, ...]


def xquad(language: str = "en", quick: bool = False) -> QuestionSet:
    """XQuAD (Artetxe et al. 2020): 240 paragraphs of 48 articles. Halves by article: no paragraph is in both."""
    articles = json.loads((DATA / f"qa/xquad/xquad.{language}.json").read_text(encoding="utf-8"))["data"]
    paragraphs, questions = [], []
    for number, article in enumerate(articles):
        for paragraph in article["paragraphs"]:
            fold = len(paragraphs) % FOLDS
            paragraphs.append((paragraph["context"], fold))
            for asked in paragraph["qas"][: 1 if quick else None]:
                answers = tuple(answer["text"] for answer in asked["answers"])
                questions.append(Question(asked["question"], answers, fold, number % 2))
    return QuestionSet(f"xquad-{language}", tuple(paragraphs), tuple(questions))


def rgb(distractors: bool, quick: bool = False) -> QuestionSet:
    """RGB, English (Chen et al. 2024): questions over snippets of web pages. To measure with only: no choosing half.

    Without ``distractors`` the index holds the snippets that answer one of the questions; with them also those that
    were retrieved for the same questions and do not answer them.
    """
    lines = (DATA / "qa/rgb/en_fact.json").read_text(encoding="utf-8").splitlines()
    records: list[dict[str, Any]] = [json.loads(line) for line in lines]
    paragraphs: dict[str, int] = {}
    questions = []
    for number, record in enumerate(records):
        fold = number % FOLDS
        for text in record["positive"]:
            paragraphs.setdefault(text, fold)
        questions.append(Question(record["query"], tuple(flat(record["answer"])), fold, 1))
    for text in (text for record in records for text in record["negative"] if distractors):
        paragraphs.setdefault(text, FOLDS)  # always there
    name = "rgb-en with distractors" if distractors else "rgb-en"
    return QuestionSet(name, tuple(paragraphs.items()), tuple(questions[: 30 if quick else None]))


def shelve(questions: QuestionSet, root: Path) -> Workspace:
    """A fresh workspace under ``root`` with every paragraph of the set; nothing is refused in it (refuse_below = 0)."""
    for number, (text, fold) in enumerate(questions.paragraphs):
        folder = root / "documents" / f"fold{fold}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:04d}.txt").write_text(text, encoding="utf-8")
    Workspace.create(root / "workspace").close()
    (root / "workspace" / "homeground.toml").write_text("[answer]\nrefuse_below = 0.0\n", encoding="utf-8")
    workspace = Workspace.open(root / "workspace")
    for folder in sorted((root / "documents").iterdir()):
        workspace.add(folder, access=[f"group:{folder.name}"], name=folder.name)
    return workspace


def reader_of(*without: int) -> Principal:
    """One who may read every fold but those."""
    return Principal("bench", frozenset(f"fold{fold}" for fold in range(FOLDS + 1) if fold not in without))


def holds(quote: str, answers: tuple[str, ...]) -> bool:
    """Is an accepted answer inside the quote, as whole words, without regard to case and punctuation?"""
    said = f" {plain(quote)} "
    return any(f" {plain(answer)} " in said for answer in answers if plain(answer))


def plain(text: str) -> str:
    """Its words, folded, one space apart."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def flat(answer: str | list[Any]) -> list[str]:
    """The accepted answers, which may be nested."""
    return [answer] if isinstance(answer, str) else [text for each in answer for text in flat(each)]
