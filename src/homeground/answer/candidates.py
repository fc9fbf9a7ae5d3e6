"""The sentences and table rows of the hits: what the reader can quote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from homeground.answer.words import Word, words
from homeground.ingest.sentences import sentences
from homeground.types import Hit

_UNITS = frozenset(("millions", "thousands", "billions", "dollars", "ended", "ending", "unaudited", "except"))
_AROUND_UNITS = frozenset(
    re.findall(
        r"\w+",
        "in of and per share shares amounts amount data usd eur us as at for the year years month months week weeks"
        " quarter quarters three six nine twelve fiscal period periods change total note notes january february march"
        " april may june july august september october november december",
    )
)
# A row of Markdown begins with a bar and ends with one; cells of other formats have bars between them only.
_NO_FIRST_CELL = re.compile(r"\s*\|\s*(?:\||[^|]*\|(?!.*\|\s*$))", re.S)
_TITLE_WORDS = 6  # in capitals; fewer may be a cell, or a name


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence or row of hit number ``hit`` (best first), at ``[start:end]`` of its page.

    ``order`` counts within the hit; ``before`` is the sentence before it there (empty for the first).
    """

    hit: int
    order: int
    start: int
    end: int
    text: str
    words: tuple[Word, ...]
    before: str


def candidates(hits: Sequence[Hit]) -> list[Candidate]:
    """Every sentence or row of the hits, each place of a page once (passages overlap)."""
    seen: set[tuple[str, str, int, int]] = set()
    found = []
    for number, hit in enumerate(hits):
        for candidate in _of_hit(number, hit):
            place = (hit.document, hit.revision, hit.page, candidate.start)
            if place not in seen:
                seen.add(place)
                found.append(candidate)
    return found


def _of_hit(number: int, hit: Hit) -> Iterator[Candidate]:
    before = ""
    for order, (start, end) in enumerate(sentences(hit.text)):
        text = hit.text[start:end]
        yield Candidate(number, order, hit.start + start, hit.start + end, text, tuple(words(text)), before)
        before = text


def shortlist(found: Sequence[Candidate], weights: Mapping[str, float], limit: int) -> list[Candidate]:
    """At most ``limit`` candidates in their order: those that hold most of the question, of early hits.

    Left out is what answers nothing: what only introduces ("as follows:"), names columns, is a title in capitals, or
    holds nothing beside the question's own words (a heading, a question).
    """
    telling = [one for one in found if _tells(one, weights)]
    if len(telling) <= limit:
        return telling
    ranked = sorted(range(len(telling)), key=lambda place: -_promise(telling[place], weights))
    return [telling[place] for place in sorted(ranked[:limit])]


def _tells(candidate: Candidate, weights: Mapping[str, float]) -> bool:
    text = candidate.text.rstrip("\"'”’)]")
    if text.endswith((":", "：")) or _names_columns(candidate) or _is_title(candidate):
        return False
    return text.endswith((".", "!", "。", "！")) or any(t not in weights for w in candidate.words for t in w.terms)


def _names_columns(candidate: Candidate) -> bool:
    """Is it nothing but units and periods, such as "(Millions) 2018 2017" or "Years ended December 31, 2020"? Or a row
    whose first cell is empty, such as "| Pump A | Pump B": what stands there names what is below it?"""
    if _NO_FIRST_CELL.match(candidate.text):
        return True
    said = {word.text.casefold() for word in candidate.words if word.text.isalpha()}
    return bool(said & _UNITS) and said <= _UNITS | _AROUND_UNITS


def _is_title(candidate: Candidate) -> bool:
    """Is it a title as statements of account bear it: long, in capitals throughout, and no sentence?"""
    ended = candidate.text.endswith((".", "!", "?"))
    return candidate.text.isupper() and len(candidate.words) >= _TITLE_WORDS and not ended and ":" not in candidate.text


def _promise(candidate: Candidate, weights: Mapping[str, float]) -> float:
    own = {term for word in candidate.words for term in word.terms}
    total = sum(weights.values()) or 1.0
    return sum(weight for term, weight in weights.items() if term in own) / total + 0.5 / (1 + candidate.hit)
