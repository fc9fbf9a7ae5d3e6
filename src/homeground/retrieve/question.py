"""What a question says about the documents it asks for: names, years, periods; and whether it asks for a figure.

asked(question)             what is said
naming(asked, names)        how far each visible document is named, and by which words
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from homeground.index.analyser import analyse

if TYPE_CHECKING:
    from homeground.catalogue.records import DocumentName

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LETTERS_OR_DIGITS = re.compile(r"[^\W\d_]+|\d+")
_POSSESSIVE = re.compile(r"['’]s?$")
_YEAR = re.compile(r"(?:(?<!\d)|(?<=[QHqh][1-4]))(?:19|20)\d\d(?!\d)")
_SHORT_YEAR = re.compile(r"\b(?:FY|CY)\s?['’]?(\d\d)(?!\d)", re.IGNORECASE)
_PERIOD = re.compile(r"(?<![A-Za-z])([QH][1-4])(?![A-Za-z])(?!\d(?!\d{3}))", re.IGNORECASE)
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "1st": "1", "2nd": "2", "3rd": "3", "4th": "4"}
_SPELT_PERIOD = re.compile(rf"\b({'|'.join(_ORDINALS)})[ -](quarter|half)\b", re.IGNORECASE)
_FIGURE = re.compile(
    r"%|多少|\bhow (?:much|many|large|high|low|long|old|far)\b|\b(?:amounts?|totals?|sums?|numbers? of)\b"
    r"|\b(?:ratios?|rates?|percent\w*|margins?|averages?|medians?|millions?|billions?|thousands?|prices?|costs?)\b"
    r"|\b(?:growth|grew|grow\w*|increas\w+|decreas\w+|declin\w+|rose|fell|drop\w*|changed?|improv\w+)\b"
    r"|\b(?:highest|lowest|largest|smallest|most|least|best|worst|biggest)\b",
    re.IGNORECASE,
)
_LONGEST_NAME = 4  # words of a question that may be one word of a name: American Water Works, AMERICANWATERWORKS
_LEAST_PREFIX = 3  # letters of an abbreviated name: MGM for MGMRESORTS
_COMMON_CASE = 0.5  # what a name is worth that is written like any other word


@dataclass(frozen=True, slots=True)
class Mention:
    """One to four neighbouring words of the question, written as one: it may be a name."""

    first: int
    end: int
    written: str
    proper: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question says about documents. ``words`` are its words, to which mentions refer by their place."""

    words: tuple[str, ...]
    mentions: tuple[Mention, ...]
    years: frozenset[int]
    periods: frozenset[str]
    figure: bool


@dataclass(frozen=True, slots=True)
class Named:
    """How far a document is named: ``weight`` above 0 sums what its matches are worth; ``words`` are their places."""

    weight: float
    words: frozenset[int]


@dataclass(frozen=True, slots=True)
class Label:
    """A document's name as it can be matched: joined words, their beginnings, years and periods (Q2, H1)."""

    joined: frozenset[str]
    beginnings: frozenset[str]
    years: frozenset[int]
    periods: frozenset[str]


# -- The question -------------------------------------------------------------------------------


@functools.lru_cache(maxsize=256)
def asked(question: str) -> Asked:
    """Reads a question; years are four digits or FY and two, periods are quarters and halves (Q2, second half)."""
    words = tuple(_POSSESSIVE.sub("", word) for word in _WORD.findall(question))
    return Asked(words, tuple(_mentions(words)), _years(question), _periods(question), bool(_FIGURE.search(question)))


def _mentions(words: tuple[str, ...]) -> Iterator[Mention]:
    for first in range(len(words)):
        for end in range(first + 1, min(first + _LONGEST_NAME, len(words)) + 1):
            part = words[first:end]
            telling = [word for word in part if analyse(word)]
            written = "".join(part).lower()
            if telling and len(written) > 1 and not _YEAR.fullmatch(written):
                proper = any(word != word.lower() or not word.isalpha() for word in telling)
                yield Mention(first, end, written, proper)


def _years(text: str) -> frozenset[int]:
    return frozenset(map(int, _YEAR.findall(text))) | {2000 + int(short) for short in _SHORT_YEAR.findall(text)}


def _periods(text: str) -> frozenset[str]:
    short = {one.lower() for one in _PERIOD.findall(text)}
    spelt = {kind[0].lower() + _ORDINALS[nth.lower()] for nth, kind in _SPELT_PERIOD.findall(text)}
    return frozenset(short | spelt)


# -- The documents ------------------------------------------------------------------------------


def naming(question: Asked, names: Mapping[int, DocumentName]) -> dict[int, Named]:
    """The documents that `question` names, and the words that do. A name that many documents bear is worth less."""
    wanted = {mention.written for mention in question.mentions}
    short = {one.written for one in question.mentions if one.proper and len(one.written) >= _LEAST_PREFIX}
    found: dict[int, set[str]] = {}
    for document, name in names.items():
        label = labelled(name.name, name.title)
        if hits := (wanted & label.joined) | (short & label.beginnings):
            found[document] = hits
    holders = Counter(hit for hits in found.values() for hit in hits)
    taken = _longest([mention for mention in question.mentions if mention.written in holders])
    worth = {one: math.log1p(len(names) / holders[one.written]) * (1 if one.proper else _COMMON_CASE) for one in taken}
    return {document: _named(worth, hits) for document, hits in found.items()}


def _longest(mentions: Sequence[Mention]) -> list[Mention]:
    """The longest mentions first, then those written as names; none shares a word with one before."""
    taken: list[Mention] = []
    for mention in sorted(mentions, key=lambda one: (one.first - one.end, not one.proper, one.first)):
        if all(mention.end <= other.first or other.end <= mention.first for other in taken):
            taken.append(mention)
    return taken


def _named(worth: Mapping[Mention, float], hits: Collection[str]) -> Named:
    own = [mention for mention in worth if mention.written in hits]
    places = frozenset(place for mention in own for place in range(mention.first, mention.end))
    return Named(sum(worth[mention] for mention in own), places)


@functools.lru_cache(maxsize=200_000)
def labelled(name: str, title: str) -> Label:
    """What a document's name (its last part without the suffix) and title offer to match."""
    stem = name.rsplit("/", 1)[-1]
    stem = stem.rsplit(".", 1)[0] or stem
    joined = frozenset(_joined(stem) | _joined(title))
    beginnings = {word[:length] for word in joined if word.isalpha() for length in range(_LEAST_PREFIX, len(word) - 1)}
    years = _years(stem) or _years(title)
    return Label(joined, frozenset(beginnings), years, _periods(stem.replace("_", " ")))


def _joined(text: str) -> set[str]:
    """Neighbouring words of a name as one, and the letters and digits of mixed ones apart: q2, 10k, 10, k."""
    words = [word.lower() for word in _WORD.findall(_CAMEL.sub(" ", text.replace("_", " ")))]
    spans = {
        "".join(words[first:end])
        for first in range(len(words))
        for end in range(first + 1, min(first + _LONGEST_NAME, len(words)) + 1)
    }
    apart = {part for word in words if not word.isalpha() for part in _LETTERS_OR_DIGITS.findall(word) if len(part) > 1}
    return {written for written in spans | apart if len(written) > 1 and analyse(written)}
