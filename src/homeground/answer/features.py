"""What speaks for a sentence as the answer to a question: one row of figures per candidate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homeground.answer.asked import YEAR, Asked
from homeground.answer.candidates import Candidate
from homeground.answer.kinds import places
from homeground.answer.tables import PERIOD, row_of
from homeground.answer.words import terms_in
from homeground.types import Hit

BARE_WORDS = 12  # a heading is shorter
WINDOW = 14  # words: how near to each other the terms of a question must stand to count as one clue
KINDS = ("date", "percent", "money", "number", "person", "place", "reason", "name", "manner", "definition", "thing")
FIGURES = frozenset(("number", "percent", "money"))
NAMES = (
    "cosine", "cosine_before", "covered", "covered_like", "covered_before", "covered_hit",
    "pairs", "window", "near", "length", "bare", "rank", "first", "names", "numbers", "names_hit",
    "numbers_hit", "head", "new", "pronoun", "question", "cosine_next", "other_year", "precise", "row", "label",
    *(f"typed_{kind}" for kind in KINDS),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is measured: the question, its term weights (idf) and those of its terms that no visible passage holds,
    the hits, the candidates and their cosines to the question."""

    asked: Asked
    weights: Mapping[str, float]
    unseen: frozenset[str]
    hits: Sequence[Hit]
    candidates: Sequence[Candidate]
    cosines: NDArray[np.float32]


def measure(evidence: Evidence) -> NDArray[np.float64]:
    """Features of every candidate, shape (candidates, len(NAMES)), columns in the order of ``NAMES``."""
    hit_terms = [terms_of_hit(hit) for hit in evidence.hits]
    rows = [_row(evidence, place, hit_terms[candidate.hit]) for place, candidate in enumerate(evidence.candidates)]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(NAMES))


def _row(evidence: Evidence, place: int, hit_terms: frozenset[str]) -> list[float]:
    asked, candidate = evidence.asked, evidence.candidates[place]
    own = terms_in(candidate.text)
    before = terms_in(candidate.before)
    total = sum(evidence.weights.values()) or 1.0
    covered = weigh(own & evidence.weights.keys(), evidence.weights) / total
    alike = covered + 0.7 * weigh(_alike(evidence.weights.keys() - own, own), evidence.weights) / total
    with_before = weigh((own | before) & evidence.weights.keys(), evidence.weights) / total
    window, near, typed = _closeness(evidence, candidate)
    length = len(candidate.words)
    values = [
        float(evidence.cosines[place]),
        _neighbour(evidence, place, -1),
        covered,
        alike,
        with_before - covered,
        weigh(hit_terms & evidence.weights.keys(), evidence.weights) / total,
        _pairs(asked, candidate),
        window / total,
        near,
        math.log1p(length),
        _bare(candidate),
        1.0 / (1 + candidate.hit),
        float(candidate.order == 0),
        _share(asked.names, own),
        _share(asked.numbers, own),
        _share(asked.names, hit_terms),
        _share(asked.numbers, hit_terms),
        _share(asked.head, own),
        math.log1p(len(own - evidence.weights.keys())),
        float(bool(candidate.words) and candidate.words[0].text.lower() in _PRONOUNS),
        float(candidate.text.rstrip().endswith("?")),
        _neighbour(evidence, place, 1),
        _other_year(asked, candidate.text),
        len(own & evidence.weights.keys()) / max(len(own), 1),
        *_as_row(evidence, candidate.text),
    ]
    return values + [typed if kind == asked.kind else 0.0 for kind in KINDS]


_PRONOUNS = frozenset(
    ("he", "she", "it", "they", "this", "these", "those", "his", "her", "its", "their", "such", "both")
)


def weigh(terms: Iterable[str], weights: Mapping[str, float]) -> float:
    """Sum of the weights of ``terms``."""
    return sum(weights[term] for term in terms)


def terms_of_hit(hit: Hit) -> frozenset[str]:
    """Search terms of a hit with its title and context."""
    return terms_in("\n".join((hit.title, hit.context, hit.text)))


def _alike(wanted: Iterable[str], own: frozenset[str]) -> list[str]:
    """Terms that a term of the sentence resembles: the same first letters (Norman, Normandy)."""
    heads = {term[:5] for term in own if len(term) >= 5}
    return [term for term in wanted if len(term) >= 5 and term[:5] in heads]


def _neighbour(evidence: Evidence, place: int, step: int) -> float:
    other = place + step
    same = 0 <= other < len(evidence.candidates) and evidence.candidates[other].hit == evidence.candidates[place].hit
    return float(evidence.cosines[other]) if same else 0.0


def _share(wanted: frozenset[str], own: frozenset[str]) -> float:
    """Share of the wanted terms that are there; 1 when none is wanted."""
    return len(wanted & own) / len(wanted) if wanted else 1.0


def _bare(candidate: Candidate) -> float:
    """1 for what reads like a heading or a line of column names: short, not ended, and no figure but years."""
    figures = [
        word for word in candidate.words if any(c.isdigit() for c in word.text) and not PERIOD.fullmatch(word.text)
    ]
    ended = candidate.text.rstrip("\"'”’)]").endswith((".", "!", "?", "。", "！", "？", ";"))
    return float(len(candidate.words) < BARE_WORDS and not ended and len(figures) <= _numbered(candidate))


def _numbered(candidate: Candidate) -> int:
    """How many figures at the start only number the line."""
    return int(bool(candidate.words) and candidate.words[0].text.replace(".", "").isdigit())


def _as_row(evidence: Evidence, text: str) -> tuple[float, float]:
    """Is it a row of figures where a figure is asked for? Which share of its label's terms does the question hold?"""
    row = row_of(text) if evidence.asked.kind in FIGURES else None
    if row is None:
        return 0.0, 0.0
    label = terms_in(row.label)
    return 1.0, len(label & evidence.weights.keys()) / max(len(label), 1)


def _other_year(asked: Asked, text: str) -> float:
    """1 when the question names a year and the sentence names only others."""
    years = set(YEAR.findall(text))
    return float(bool(asked.years and years) and not asked.years & years)


def _pairs(asked: Asked, candidate: Candidate) -> float:
    """Share of the question's neighbouring terms that are neighbours in the sentence too, in order."""
    wanted = list(zip(asked.terms, asked.terms[1:], strict=False))
    there = [term for word in candidate.words for term in word.terms]
    near = {pair for step in (1, 2) for pair in zip(there, there[step:], strict=False)}
    return sum(pair in near for pair in wanted) / len(wanted) if wanted else 0.0


def _closeness(evidence: Evidence, candidate: Candidate) -> tuple[float, float, float]:
    """Weight of the best window of matched terms; nearness of an answer of the right kind to them; is there one?"""
    marks = [(i, t) for i, word in enumerate(candidate.words) for t in word.terms if t in evidence.weights]
    best = 0.0
    for at, (start, _) in enumerate(marks):
        best = max(best, weigh({t for i, t in marks[at:] if i - start < WINDOW}, evidence.weights))
    found = places(evidence.asked.kind, candidate.text, candidate.words, evidence.weights.keys())
    if not found:
        return best, 0.0, 0.0
    where = [sum(word.end <= offset for word in candidate.words) for offset in found]
    near = sum(
        evidence.weights[t] * math.exp(-min(abs(i - w) for w in where) / 8)
        for i, t in {t: (i, t) for i, t in marks}.values()
    )
    return best, near / (sum(evidence.weights.values()) or 1.0), 1.0
