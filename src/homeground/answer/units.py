"""Evidence cut into sentences and table rows, and which of them speak of what a statement speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from homeground.answer.quantities import Said, said
from homeground.answer.tables import row_of
from homeground.answer.words import terms_in
from homeground.ingest.sentences import sentences

YEAR = re.compile(r"(?<![\d,.])(?:19|20)\d\d(?!\d|,\d)")
NEAR = 0.7  # of the best unit's share of terms: units this good speak of the same thing
MIRRORED, MIRRORED_BACK = 0.8, 0.5  # shares, of the statement's terms and of the unit's, at which it only repeats it


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or table row of the evidence: its text on one line, its terms, and what in it compares exactly."""

    text: str
    terms: frozenset[str]
    said: Said


@lru_cache(maxsize=256)
def units(evidence: tuple[str, ...]) -> tuple[Unit, ...]:
    """The sentences and rows of all texts of the evidence, in order."""
    return tuple(_units(evidence))


def _units(evidence: Iterable[str]) -> Iterator[Unit]:
    for text in evidence:
        for start, end in sentences(text):
            line = " ".join(text[start:end].split())
            yield Unit(line, terms_in(line), said(line))


def alike(text: str, sources: Sequence[Unit]) -> list[tuple[float, Unit]]:
    """The units that share most of the statement's terms, each with that share; best first, near ties kept."""
    own = terms_in(text)
    shares = [(len(own & unit.terms) / max(len(own), 1), unit) for unit in sources]
    best = max((share for share, _ in shares), default=0.0)
    return sorted((each for each in shares if each[0] >= NEAR * best > 0), key=lambda each: -each[0])


def mirrored(text: str, near: Sequence[tuple[float, Unit]]) -> Unit | None:
    """The unit that the statement repeats in nearly its own words, if there is one."""
    if not near:
        return None
    share, unit = near[0]
    back = len(terms_in(text) & unit.terms) / max(len(unit.terms), 1)
    return unit if share >= MIRRORED and back >= MIRRORED_BACK and row_of(unit.text) is None else None
