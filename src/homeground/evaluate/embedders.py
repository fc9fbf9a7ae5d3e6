"""Two embedders on the same questions: what each finds, what each answers, and whether the new one may take over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from homeground.evaluate.cases import Case
from homeground.evaluate.metrics import Difference, compared, hit_at, rank, reciprocal
from homeground.types import Answer, Hit

DEPTH = 10  # hits that are compared
SEARCHED = 100  # hits that are fetched: many may be of one document, which counts once
CUTS = (1, 5, 10)
ALLOWED_LOSS = 0.05
FEW = 10  # labelled questions below which an interval says nothing: resampling three equal ones gives certainty
_MOVED_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """What one embedder makes of one question: the hits, best first, and the built-in reader's answer from them."""

    hits: Sequence[Hit]
    answer: Answer


Seat = Callable[[str], Asked]
"""One embedder with its index, bound to one principal."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of the labelled questions, at the level of documents or of pages."""

    name: str
    level: str
    questions: int
    figures: Difference


@dataclass(frozen=True, slots=True)
class Moved:
    """A question that has another document on top now."""

    question: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changes between two embedders; of questions without a label too.

    ``overlap`` is the mean share of common passages among the first ten, ``shift`` the mean number of places by which a
    common one moves; ``top_changed``, ``now_refused``, ``now_answered`` and ``answered_otherwise`` count questions.
    ``unknown`` are questions whose documents are not there, or not readable: left out of ``measures``.
    """

    questions: int
    labelled: int
    unknown: tuple[str, ...]
    overlap: float
    shift: float
    top_changed: int
    now_refused: int
    now_answered: int
    answered_otherwise: int
    measures: tuple[Measure, ...] = ()
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the new embedder may take over, and why, in words."""

    passed: bool
    why: str


@dataclass(slots=True)
class _Notes:
    overlap: list[float] = field(default_factory=list)
    shift: list[float] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    refused: int = 0
    answered: int = 0
    otherwise: int = 0


def compare(
    cases: Sequence[Case], unknown: Sequence[str], old: Seat, new: Seat, done: Callable[[], None] = lambda: None
) -> Comparison:
    """Asks both each question. ``cases`` have whole names of documents; ``done`` is called after each."""
    notes, documents, pages = _Notes(), _Ranks(), _Ranks()
    for case in cases:
        asked = old(case.question), new(case.question)
        _look(case, asked[0].hits, asked[1].hits, notes)
        _answer(asked[0].answer, asked[1].answer, notes)
        if case.places:
            documents.add(*(document_rank(case, each.hits) for each in asked))
        if any(place.page for place in case.places):
            pages.add(*(page_rank(case, each.hits) for each in asked))
        done()
    return Comparison(
        questions=len(cases),
        labelled=len(documents.old),
        unknown=tuple(unknown),
        overlap=float(np.mean(notes.overlap)) if notes.overlap else 1.0,
        shift=float(np.mean(notes.shift)) if notes.shift else 0.0,
        top_changed=len(notes.moved),
        now_refused=notes.refused,
        now_answered=notes.answered,
        answered_otherwise=notes.otherwise,
        measures=(*documents.measures("document"), *pages.measures("page")),
        moved=tuple(notes.moved[:_MOVED_SHOWN]),
    )


def judge(comparison: Comparison | None, allowed_loss: float) -> Verdict:
    """The new one takes over unless its MRR, by pages where they are given, may be worse by more than the allowed loss.

    May: the 95 % interval reaches that far. Without labels nothing says what is worse.
    """
    if comparison is None:
        return Verdict(True, "there are no questions to compare on")
    last = next((each for each in reversed(comparison.measures) if each.name == "mrr"), None)
    if last is None:
        return Verdict(True, "no question says what it should find, so nothing says which embedder is better")
    figures = last.figures
    if last.questions < FEW:
        short = f"{last.level} MRR {figures.old:.3f} → {figures.new:.3f}, of {last.questions} questions only"
        return Verdict(figures.gain >= -allowed_loss, f"{short}: too few for more than the mean to decide")
    told = (
        f"{last.level} MRR {figures.old:.3f} → {figures.new:.3f}, difference {figures.gain:+.3f} "
        f"(95 % between {figures.low:+.3f} and {figures.high:+.3f}, {last.questions} questions)"
    )
    if figures.low >= -allowed_loss:
        return Verdict(True, f"{told}: no loss of more than {allowed_loss:g}")
    if figures.high < 0:
        return Verdict(False, f"{told}: it is worse")
    return Verdict(False, f"{told}: a loss of more than {allowed_loss:g} cannot be ruled out")


def document_rank(case: Case, hits: Sequence[Hit]) -> int:
    """The place of the first right document among the distinct documents of the hits; 0 beyond the tenth."""
    right = {place.document for place in case.places}
    return rank(list(dict.fromkeys(hit.document for hit in hits))[:DEPTH], right.__contains__)


def page_rank(case: Case, hits: Sequence[Hit]) -> int:
    """The place of the first right page among the distinct pages of the hits; 0 beyond the tenth."""
    right = {(place.document, place.page) for place in case.places}
    return rank(list(dict.fromkeys((hit.document, hit.page) for hit in hits))[:DEPTH], right.__contains__)


class _Ranks:
    def __init__(self) -> None:
        self.old: list[int] = []
        self.new: list[int] = []

    def add(self, old: int, new: int) -> None:
        self.old.append(old)
        self.new.append(new)

    def measures(self, level: str) -> list[Measure]:
        if not self.old:
            return []
        count = len(self.old)
        hits = [
            Measure(f"hit@{cut}", level, count, compared(hit_at(self.old, cut), hit_at(self.new, cut))) for cut in CUTS
        ]
        return [*hits, Measure("mrr", level, count, compared(reciprocal(self.old), reciprocal(self.new)))]


def _look(case: Case, old: Sequence[Hit], new: Sequence[Hit], notes: _Notes) -> None:
    before, after = ({_key(hit): at for at, hit in enumerate(hits[:DEPTH])} for hits in (old, new))
    common = before.keys() & after.keys()
    if before or after:
        notes.overlap.append(len(common) / max(len(before), len(after)))
    notes.shift.extend(abs(before[each] - after[each]) for each in common)
    tops = [hits[0].document if hits else "" for hits in (old, new)]
    if tops[0] != tops[1]:
        notes.moved.append(Moved(case.question, *tops))


def _answer(old: Answer, new: Answer, notes: _Notes) -> None:
    notes.refused += new.refused and not old.refused
    notes.answered += old.refused and not new.refused
    said = [[statement.text for statement in each.statements] for each in (old, new)]
    notes.otherwise += not old.refused and not new.refused and said[0] != said[1]


def _key(hit: Hit) -> tuple[str, str, int, int]:
    return hit.document, hit.revision, hit.page, hit.start
