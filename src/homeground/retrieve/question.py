"""What a question says about the documents it asks for: names, years, periods; and whether it asks for a figure.

asked(question)            what is said
naming(asked, directory)   which documents are named, by which words, how surely   (directory: retrieve/directory.py)
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from homeground.index.analyser import analyse
from homeground.retrieve.directory import LONGEST, Directory, periods_in, words_in, years_in

_FIGURE = re.compile(
    r"%|多少|\bhow (?:much|many|large|high|low|long|old|far)\b|\b(?:amounts?|totals?|sums?|numbers? of)\b"
    r"|\b(?:ratios?|rates?|percent\w*|margins?|averages?|medians?|millions?|billions?|thousands?|prices?|costs?)\b"
    r"|\b(?:growth|grew|grow\w*|increas\w+|decreas\w+|declin\w+|rose|fell|drop\w*|changed?|improv\w+)\b"
    r"|\b(?:highest|lowest|largest|smallest|most|least|best|worst|biggest)\b",
    re.IGNORECASE,
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:]\s+)[\"'“‘(]*$")
_LEAST_PREFIX = 3  # letters of an abbreviated name: MGM for MGMRESORTS
# A name is meant where the question writes enough of it: from the one share of its letters on a little, from the other
# surely. A word of a long title is just a word of the subject.
_PROPER = (0.1, 0.25)
_PLAIN = (0.3, 0.8)  # for words that are written like any other


@dataclass(frozen=True, slots=True)
class Mention:
    """One to four neighbouring words of the question, written as one: it may be a name."""

    first: int
    end: int
    written: str
    proper: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question says about documents. Mentions refer to ``words`` by their place."""

    words: tuple[str, ...]
    mentions: tuple[Mention, ...]
    years: frozenset[int]
    periods: frozenset[str]
    figure: bool


@dataclass(frozen=True, slots=True)
class Naming:
    """Which documents are named: ``documents`` maps each to its share (0 to 1] of what the best named one has.

    ``confidence`` in [0, 1] says how sure it is that these words are meant as names; ``words`` are their places.
    """

    documents: dict[int, float]
    words: frozenset[int]
    confidence: float


@functools.lru_cache(maxsize=256)
def asked(question: str) -> Asked:
    """Reads a question; years are four digits or FY and two, periods are quarters and halves (Q2, second half)."""
    found = list(words_in(question))
    proper = [_is_proper(word, question[:start]) for word, start in found]
    words = tuple(word for word, _ in found)
    mentions = tuple(_mentions(words, proper))
    return Asked(words, mentions, years_in(question), periods_in(question), bool(_FIGURE.search(question)))


def _is_proper(word: str, before: str) -> bool:
    """Written as a name: with a digit or a capital, which must not be there only because a sentence starts."""
    if word[1:] != word[1:].lower() or not word.isalpha():
        return True
    return word != word.lower() and not _SENTENCE_START.search(before)


def _mentions(words: Sequence[str], proper: Sequence[bool]) -> Iterator[Mention]:
    telling = [bool(analyse(word)) for word in words]
    for first in range(len(words)):
        for end in range(first + 1, min(first + LONGEST, len(words)) + 1):
            written = "".join(words[first:end]).lower()
            if any(telling[first:end]) and len(written) > 1 and not years_in(written):
                named = all(own for own, tells in zip(proper[first:end], telling[first:end], strict=True) if tells)
                yield Mention(first, end, written, named)


def naming(question: Asked, directory: Directory) -> Naming:
    """The documents that the question names. The more documents bear a name, the less it is worth."""
    bearers = {one: found for one in question.mentions if (found := _bearers(one, directory))}
    taken = _longest(bearers)
    sure = {one: _sureness(one, directory) for one in taken}
    worth = {one: sure[one] * math.log1p(len(directory) / len(bearers[one])) for one in taken}
    total: dict[int, float] = {}
    for mention, value in worth.items():
        for document in bearers[mention] if value else ():
            total[document] = total.get(document, 0.0) + value
    best = max(total.values(), default=1.0)
    places = frozenset(place for one in taken if worth[one] for place in range(one.first, one.end))
    shares = {document: value / best for document, value in total.items()}
    return Naming(shares, places, max(sure.values(), default=0.0))


def _bearers(mention: Mention, directory: Directory) -> Collection[int]:
    if found := directory.bearers(mention.written):
        return found
    if mention.proper and len(mention.written) >= _LEAST_PREFIX:
        return directory.beginning_with(mention.written)
    return ()


def _longest(mentions: Collection[Mention]) -> list[Mention]:
    """The longest mentions first, then those written as names; none shares a word with one before."""
    taken: list[Mention] = []
    for mention in sorted(mentions, key=lambda one: (one.first - one.end, not one.proper, one.first)):
        if all(mention.end <= other.first or other.end <= mention.first for other in taken):
            taken.append(mention)
    return taken


def _sureness(mention: Mention, directory: Directory) -> float:
    """How surely `mention` is meant as a name, by the share of the shortest name with it that it makes up."""
    none, full = _PROPER if mention.proper else _PLAIN
    share = len(mention.written) / directory.shortest(mention.written)
    return min(1.0, max(0.0, (share - none) / (full - none)))
