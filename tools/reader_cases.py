"""Questions with what the reader had to choose from: what fit_reader.py learns from.

Three sets that may be trained on, of different kinds: XQuAD English (its choosing half), COVID-QA (scientific papers)
and TAT-QA (financial tables and text). Each question gives up to three cases: everything there; the document that
answers taken out; only the sentences that hold an accepted answer taken out, which leaves the most misleading evidence.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeground import Principal, Workspace
from homeground.access.policy import visible_to
from homeground.answer.features import Evidence
from homeground.answer.reader import CountTerms, look
from homeground.index.analyser import analyse
from homeground.index.statistics import CollectionStatistics
from homeground.ingest.split import split
from homeground.settings import IngestSettings
from homeground.types import Hit, Page, ParsedDocument

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))
from answering import DATA, FOLDS, Question, QuestionSet, holds, reader_of, shelve, xquad

COVID, TATQA = 450, 400  # questions drawn


@dataclass(frozen=True)
class Case:
    """What there was to choose from; ``right`` marks the candidates that hold an accepted answer."""

    name: str
    evidence: Evidence
    right: NDArray[np.float64]
    answerable: bool
    whole: bool = True  # no sentences were cut out


def all_cases(folder: Path, quick: bool = False) -> Iterator[Case]:
    """Every case of every set, or of a few questions of each; ``folder`` is for the workspaces."""
    some = 6 if quick else None
    english = xquad()
    choosing = tuple(question for question in english.questions if question.half == 0)[:some]
    yield from _asked(replace(english, name="xquad", questions=choosing), folder / "xquad")
    if not quick:  # reading the papers is what takes long
        yield from _asked(_covid(), folder / "covid")
    yield from _tables(some)


def _asked(questions: QuestionSet, folder: Path) -> Iterator[Case]:
    workspace = shelve(questions, folder)
    for question in questions.questions:
        full = _case(workspace, questions.name, question, reader_of(), answerable=True)
        yield from filter(None, (full, _case(workspace, questions.name, question, reader_of(question.fold), False)))
        if full and full.right.any():
            yield from filter(None, (_without_answers(workspace.parts, full, _counting(workspace, reader_of())),))


def _case(workspace: Workspace, name: str, question: Question, who: Principal, answerable: bool) -> Case | None:
    hits = workspace.search(question.text, who)
    return _looked(workspace.parts, name, question, hits, _counting(workspace, who), answerable)


def _counting(workspace: Workspace, who: Principal) -> CountTerms:
    visible = visible_to(who, workspace.catalogue)
    return lambda terms: workspace.catalogue.statistics(visible, terms)


def _looked(
    parts: Any, name: str, question: Question, hits: list[Hit], count_terms: CountTerms, answerable: bool
) -> Case | None:
    evidence, _ = look(parts.encoder, question.text, hits, count_terms)
    right = np.array([float(holds(candidate.text, question.answers)) for candidate in evidence.candidates])
    return Case(name, evidence, right, answerable) if len(right) else None


def _without_answers(parts: Any, case: Case, count_terms: CountTerms) -> Case | None:
    """The same hits, the sentences with an accepted answer cut out of their texts."""
    left: dict[int, list[str]] = {}
    for candidate, right in zip(case.evidence.candidates, case.right, strict=True):
        if not right:
            left.setdefault(candidate.hit, []).append(candidate.text)
    texts = {number: " ".join(kept) for number, kept in left.items()}
    hits = [replace(case.evidence.hits[n], text=text, start=0, end=len(text)) for n, text in texts.items()]
    question = Question(case.evidence.asked.text, (), 0, 0)
    cut = _looked(parts, case.name, question, hits, count_terms, answerable=False)
    return replace(cut, whole=False) if cut else None


def _covid() -> QuestionSet:
    """COVID-QA (Möller et al. 2020). Some of its offsets are wrong, so answers are looked for as text."""
    papers: dict[str, int] = {}
    questions = []
    for path in sorted((DATA / "qa/covid-qa/data/question-answering").glob("*covidQA.json")):
        for paragraph in (
            p for each in json.loads(path.read_text(encoding="utf-8"))["data"] for p in each["paragraphs"]
        ):
            fold = papers.setdefault(paragraph["context"], len(papers) % FOLDS)
            for asked in paragraph["qas"]:
                questions.append(Question(asked["question"], tuple(a["text"] for a in asked["answers"]), fold, 0))
    drawn = random.Random(5).sample(list(dict.fromkeys(questions)), COVID)
    return QuestionSet("covid", tuple(papers.items()), tuple(drawn))


class _Desk:
    """The house embedder under the name that a workspace has for it."""

    def __init__(self) -> None:
        from homeground.models.encoder import load_encoder

        self.encoder = load_encoder("all-minilm-l6-v2-int8")


def _tables(some: int | None) -> Iterator[Case]:
    """TAT-QA (Zhu et al. 2021): questions do not name their report, so each is asked of its own page."""
    desk, asked = _Desk(), []
    path = DATA / "qa/tatqa/tatqa_dataset_dev.json"
    for number, record in enumerate(json.loads(path.read_text(encoding="utf-8"))):
        page = _page(record, bar=bool(number % 2))
        spans = [q for q in record["questions"] if q["answer_type"] == "span"]
        asked += [(page, Question(q["question"], tuple(map(str, q["answer"])), 0, 0)) for q in spans]
    for page, question in random.Random(5).sample(asked, TATQA)[:some]:
        hits = _ranked(desk, question.text, page)
        full = _looked(desk, "tatqa", question, hits, _typical, answerable=True)
        if full and full.right.any():
            yield from filter(None, (full, _without_answers(desk, full, _typical)))


def _typical(terms: Any) -> CollectionStatistics:
    """As if each term were in one passage of a hundred: one page alone has no statistics."""
    return CollectionStatistics(1000, 100.0, dict.fromkeys(terms, 10))


def _page(record: dict[str, Any], bar: bool) -> str:
    """Text, the rows of the table as lines (cells apart by blanks as in PDF, or by bars), more text."""
    rows = [[cell.replace("\n", " ") for cell in row] for row in record["table"]["table"]]
    lines = [" | ".join(row) if bar else " ".join(filter(None, row)) for row in rows]
    texts = [part["text"] for part in sorted(record["paragraphs"], key=lambda part: part["order"])]
    return "\n\n".join([*texts[:1], "\n".join(lines), *texts[1:]])


def _ranked(desk: _Desk, question: str, page: str) -> list[Hit]:
    document = ParsedDocument("", "text/plain", (Page(1, page),))
    passages = split(document, "page.txt", IngestSettings())
    scores = desk.encoder.encode([p.text for p in passages]) @ desk.encoder.encode([question])[0]
    terms = set(analyse(question))
    scores = scores + [len(terms & set(analyse(passage.text))) / max(len(terms), 1) for passage in passages]
    order = np.argsort(-scores)
    return [Hit("page.txt", "", "r", 1, p.start, p.end, p.text, 0.5) for p in (passages[int(i)] for i in order)]
