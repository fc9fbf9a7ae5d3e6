"""Names in a statement that its evidence does not hold, short forms understood: J. Smith, WHO, Google's, American."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from homeground.answer.common import shipped
from homeground.answer.quantities import said
from homeground.answer.words import terms_of

_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_OPENS = re.compile(r"(?:^|[.!?:;。！？•\n|]|[“\"(‘—–-]\s?)[\s\"“‘'(*•#>-]*$")
_SMALL = frozenset(["of", "the", "and", "for", "in", "on", "de", "la", "von", "van", "du"])
_NOT_NAMES = frozenset(["i", "i'm", "i've", "i'd", "i'll"])


@dataclass(frozen=True, slots=True)
class _Name:
    """A word written like a name. ``opens``: it is the first of its sentence, where every word is written so."""

    text: str
    start: int
    end: int
    opens: bool


def missing_names(text: str, evidence: str) -> list[str]:
    """Words of ``text`` written like names that the evidence does not hold in any form."""
    known, names = _known(evidence), list(_names(text))
    absent = []
    for place, name in enumerate(names):
        if _held(name.text, known) or (name.opens and not _surely(name, names[place + 1 :], text)):
            continue
        if not _short(name, text, known) and not _spelled_out(place, names, text, known):
            absent.append(name.text)
    return absent


@dataclass(frozen=True, slots=True)
class _Known:
    """The words of the evidence, folded; the initials of its names; the first letters of runs of capitals."""

    words: frozenset[str]
    terms: frozenset[str]
    initials: frozenset[str]
    acronyms: str


@lru_cache(maxsize=256)
def _known(evidence: str) -> _Known:
    found = _WORD.findall(evidence)
    folded = {_fold(word) for word in found}
    folded |= {part for word in folded for part in re.split(r"[’'-]", word)}
    capitals = [word for word in found if word.casefold() not in _SMALL]
    letters = "".join(word[0] if word[0].isupper() else " " for word in capitals)
    initials = frozenset(_fold(word[0]) for word in found if word[0].isupper())
    return _Known(frozenset(folded), frozenset(t for word in folded for t in terms_of(word)), initials, letters)


def _names(text: str) -> Iterator[_Name]:
    """Words with a capital, months and days of dates left to the check of dates."""
    taken = [(day.start, day.end) for day in said(text).dates]
    for match in _WORD.finditer(text):
        word = match.group()
        dated = any(start <= match.start() < end for start, end in taken)
        plain = word.casefold().replace("’", "'") in _NOT_NAMES or (not terms_of(word) and not word.isupper())
        if word[0].isupper() and not dated and not plain:
            yield _Name(word, match.start(), match.end(), _OPENS.search(text[: match.start()]) is not None)


def _fold(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.casefold()).replace("’", "'").removesuffix("'s")
    return "".join(each for each in plain if not unicodedata.combining(each))


def _held(name: str, known: _Known) -> bool:
    """Is it there in any case, with another ending, or in its parts?"""
    folded = _fold(name)
    if folded in known.words or (set(terms_of(folded)) and set(terms_of(folded)) <= known.terms):
        return True
    parts = re.split(r"['-]", folded)
    if len(parts) > 1 and all(part in known.words for part in parts):
        return True
    return len(folded) >= 4 and any(_derived(folded, word) for word in known.words)


def _derived(one: str, other: str) -> bool:
    """German and Germany, Europe and European: one begins the other, and little follows."""
    short, long = sorted((one, other), key=len)
    return len(short) >= 4 and long.startswith(short) and len(long) - len(short) <= 3


def _surely(name: _Name, following: Sequence[_Name], text: str) -> bool:
    """Is the first word of a sentence a name?

    When it is no common word, a name follows at once, or it has more capitals or an apostrophe-s.
    """
    terms = frozenset(terms_of(name.text))
    if not terms:  # a stop word
        return False
    if not terms & shipped().words:
        return True
    if name.text[1:] != name.text[1:].lower() or name.text.casefold().endswith(("'s", "’s")):
        return True
    return bool(following) and following[0].start - name.end <= 2 and following[0].start > name.end


def _short(name: _Name, text: str, known: _Known) -> bool:
    """An initial of a name of the evidence, or the first letters of several."""
    letters = name.text.replace("-", "")
    if len(letters) == 1:
        return _fold(letters) in known.initials
    return len(letters) >= 2 and letters.isupper() and letters in known.acronyms


def _spelled_out(place: int, names: Sequence[_Name], text: str, known: _Known) -> bool:
    """Do the names beside it give, by their first letters, a short form that the evidence has?"""
    first = last = place
    while first > 0 and _adjoin(names[first - 1], names[first], text):
        first -= 1
    while last + 1 < len(names) and _adjoin(names[last], names[last + 1], text):
        last += 1
    letters = "".join(name.text[0] for name in names[first : last + 1])
    return len(letters) >= 2 and _fold(letters) in known.words


def _adjoin(one: _Name, other: _Name, text: str) -> bool:
    between = text[one.end : other.start].split()
    return len(between) <= 2 and all(word.casefold() in _SMALL for word in between)
