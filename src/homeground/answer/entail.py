"""How likely is it that the evidence says what a statement says? A small model over words, vectors and exact checks.

statement + evidence → the units that share most of its words → features → logistic score in [0, 1]

``tools/fit_verifier.py`` learns the constants in ``verifier.json``; ``bench/verifier.py`` measures them on texts that
took no part in it. At most ``EMBEDDED`` short texts get a vector for one statement.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from homeground.answer.exact import Unit, missing, units
from homeground.answer.quantities import said
from homeground.answer.words import terms_in, words

NAMES = (
    "bias", "words", "full", "cover", "cover_best", "cover_two", "cover_clause", "rarest", "lacking", "pairs", "cosine", "close", "cosine_all", "cosine_two",
    "cosine_clause", "agree", "numbers", "dates", "names", "negation", "contrary", "talk", "asks", "surer", "reach",
    "patched", "gap", "loose_cover",
)  # fmt: skip
FULL, CLOSE = 0.85, 0.65  # share of words and cosine above which a little more says much
UNITS, CLAUSES = 8, 3  # of the evidence and of the statement, that get a vector
_CLAUSE = re.compile(r"(?<=[.!?;])\s+|,?\s+(?:and|but|which|who|whose|where|while|although|because|so)\s+|,\s+|[。；，！？]")
_TALK = re.compile(r"\b(?:i|i'm|i've|me|my|mine|you|your|yours|lol|haha|wow|yeah|yes|okay|sure|hello|hi|thanks?|guess|wonder)\b", re.I)
_HEDGE = re.compile(
    r"\b(?:may|might|could|possibl[ey]|perhaps|probabl[ey]|likely|suggest|appear|seem|potential|believ|expect|estimat|unclear|"
    r"unknown|whether)",
    re.IGNORECASE,
)  # fmt: skip


class Encoder(Protocol):
    """Texts → unit vectors, shape (texts, dimension)."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Support:
    """How well evidence supports a statement: ``score`` in [0, 1], and in words what of it the evidence does not say.

    ``missing`` holds figures, dates, codes and names as the statement writes them, "negation" where it says the
    opposite, and words whose contrary is said. Empty does not mean supported: look at the score too.
    """

    score: float
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """A statement with the units of the evidence that come nearest to it; ``texts`` are what needs a vector."""

    text: str
    clauses: tuple[str, ...]
    near: tuple[Unit, ...]
    sources: tuple[Unit, ...]
    missing: tuple[str, ...]

    @property
    def texts(self) -> list[str]:
        """The statement, its clauses, and the units."""
        return [self.text, *self.clauses, *(unit.text for unit in self.near)]


def support(text: str, evidence: Sequence[str], encoder: Encoder) -> Support:
    """How far ``evidence`` (quotes or passages) supports the statement ``text``."""
    seen = look(text, evidence)
    if not seen.near:
        return Support(0.0, seen.missing)
    logit = float(measure(seen, encoder.encode(seen.texts)) @ shipped().weights)
    return Support(1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit)))), seen.missing)


def look(text: str, evidence: Sequence[str]) -> Look:
    """What is compared with what; vectors are not needed yet."""
    sources, own = units(tuple(evidence)), terms_in(text)
    clauses = _clauses(text)
    wanted = [own, *(terms_in(clause) for clause in clauses)]
    ranked: dict[int, float] = {}
    for terms in wanted:
        shares = [(_share(terms, unit.terms), -place) for place, unit in enumerate(sources)]
        for share, place in sorted(shares, reverse=True)[: UNITS if terms is own else 2]:
            ranked[-place] = max(ranked.get(-place, 0.0), share)
    near = tuple(sources[place] for place in sorted(ranked, key=lambda place: (-ranked[place], place))[:UNITS])
    return Look(text, clauses, near, sources, missing(text, evidence))


def _clauses(text: str) -> tuple[str, ...]:
    """The parts of a statement that each say something (two terms or more); none when it is one part."""
    parts = [part.strip() for part in _CLAUSE.split(text) if len(terms_in(part)) >= 2]
    return tuple(sorted(parts, key=len, reverse=True)[:CLAUSES]) if len(parts) > 1 else ()


def measure(seen: Look, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The features of ``NAMES``; ``vectors`` are those of ``seen.texts``."""
    own, whole = terms_in(seen.text), frozenset(term for unit in seen.sources for term in unit.terms)
    parts, count = 1 + len(seen.clauses), len(seen.near)
    cosines = vectors[:parts] @ vectors[parts:].T
    covers = sorted((_share(own, unit.terms) for unit in seen.near), reverse=True)
    two = max((_share(own, one.terms | other.terms) for one in seen.near[:4] for other in seen.near[:4]), default=0.0)
    clause_cover = min((_share(terms_in(clause), whole) for clause in seen.clauses), default=_share(own, whole))
    lacking = sorted((weigh(term) for term in own - whole), reverse=True)
    best = int(np.argmax(cosines[0]))
    return np.array([
        1.0,
        len(own & whole) / max(len(own), 1),
        max(0.0, _share(own, whole) - FULL) / (1 - FULL),
        _share(own, whole),
        covers[0],
        two,
        clause_cover,
        lacking[0] if lacking else 0.0,
        math.log1p(sum(lacking)),
        _pairs(seen),
        float(cosines[0].max()),
        max(0.0, float(cosines[0].max()) - CLOSE) / (1 - CLOSE),
        _joined(vectors[0], vectors[parts:], cosines[0], count),
        _joined(vectors[0], vectors[parts:], cosines[0], 2),
        float(cosines[1:].max(axis=1).min()) if seen.clauses else float(cosines[0].max()),
        float(cosines[0].max()) * covers[0],
        *_lapses(seen),
        _talk(seen),
        float("?" in seen.text or "？" in seen.text),
        float(bool(_HEDGE.search(seen.near[best].text)) and not _HEDGE.search(seen.text)),
        math.log1p(count and len(seen.sources)),
        *_patches(seen, whole),
    ])  # fmt: skip


def _lapses(seen: Look) -> list[float]:
    """Shares of numbers, dates and names that are missing; negation turned; a contrary word."""
    facts, gone = said(seen.text), set(seen.missing)
    numbers = [number.shown for number in facts.numbers] + list(facts.codes)
    days = [day.shown for day in facts.dates]
    known = {*numbers, *days, "negation"}
    others = [each for each in gone - known]
    names = [each for each in others if each[:1].isupper()]
    capitals = sum(word.text[:1].isupper() for word in words(seen.text)) or 1
    return [
        sum(each in gone for each in numbers) / max(len(numbers), 1),
        sum(each in gone for each in days) / max(len(days), 1),
        min(1.0, len(names) / capitals),
        float("negation" in gone),
        float(len(others) > len(names)),
    ]


def _talk(seen: Look) -> float:
    """How many words of chat the statement holds that the evidence does not, at most three, as a share."""
    said_there = {word.casefold() for unit in seen.near for word in _TALK.findall(unit.text)}
    return min(3, sum(word.casefold() not in said_there for word in _TALK.findall(seen.text))) / 3


def _patches(seen: Look, whole: frozenset[str]) -> list[float]:
    """How much is copied in runs of three terms; that times what is not covered; the longest run that is not."""
    terms = [term for word in words(seen.text) for term in word.terms]
    runs = frozenset(run for unit in seen.near for run in _runs(unit.text))
    held = [False] * len(terms)
    for place, run in enumerate(zip(terms, terms[1:], terms[2:], strict=False)):
        if run in runs:
            held[place : place + 3] = [True] * 3
    copied, cover = sum(held) / max(len(terms), 1), _share(terms_in(seen.text), whole)
    longest = run_now = 0
    for term in terms:
        run_now = 0 if term in whole else run_now + 1
        longest = max(longest, run_now)
    return [copied * (1 - cover), math.log1p(longest), (1 - copied) * cover]


@lru_cache(maxsize=4096)
def _runs(text: str) -> frozenset[tuple[str, str, str]]:
    terms = [term for word in words(text) for term in word.terms]
    return frozenset(zip(terms, terms[1:], terms[2:], strict=False))


def _joined(
    statement: NDArray[np.float32], near: NDArray[np.float32], cosines: NDArray[np.float32], count: int
) -> float:
    """The cosine to the nearest ``count`` units together."""
    both = near[np.argsort(-cosines)[:count]].sum(axis=0)
    return float(statement @ both / (np.linalg.norm(both) + 1e-9))


def _pairs(seen: Look) -> float:
    """Share of the statement's neighbouring terms that stand near each other in a unit, in order."""
    wanted = _neighbours(seen.text, 1)
    there = frozenset(pair for unit in seen.near for pair in _neighbours(unit.text, 3))
    return len(wanted & there) / len(wanted) if wanted else 1.0


@lru_cache(maxsize=4096)
def _neighbours(text: str, reach: int) -> frozenset[tuple[str, str]]:
    terms = [term for word in words(text) for term in word.terms]
    return frozenset(pair for step in range(1, reach + 1) for pair in zip(terms, terms[step:], strict=False))


def _share(wanted: frozenset[str], there: frozenset[str]) -> float:
    """Weighted share of the wanted terms that are there; 1 when none is wanted."""
    total = sum(map(weigh, wanted))
    return sum(weigh(term) for term in wanted & there) / total if total else 1.0


def weigh(term: str) -> float:
    """1 for a term that is rare in general text, down to 0.2 for the most common."""
    return shipped().commonness.get(term, 1.0)


@dataclass(frozen=True, slots=True)
class Constants:
    """What was learnt: weights in the order of ``NAMES``, and the weights of common terms."""

    weights: NDArray[np.float64]
    commonness: Mapping[str, float]


@lru_cache(maxsize=1)
def shipped() -> Constants:
    """The constants that come with the package; a feature that was not learnt weighs nothing."""
    learnt = json.loads(files("homeground.answer").joinpath("verifier.json").read_text(encoding="utf-8"))
    common = learnt["common"].split()
    scale = math.log(len(common) + 2)
    ranks = {term: 0.2 + 0.8 * math.log(rank + 2) / scale for rank, term in enumerate(common)}
    return Constants(np.array([learnt["weights"].get(name, 0.0) for name in NAMES]), ranks)
