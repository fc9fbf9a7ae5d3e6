"""Words with their places and search terms: what the features of the reader count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from homeground.index.analyser import analyse

_WORD = re.compile(r"[^\W_]+(?:[.,'’&/-][^\W_]+)*")

_PERIOD = re.compile(r"(?:FY|CY|[QH][1-4])[-'’]?(?P<year>(?:19|20)\d\d)", re.IGNORECASE)  # FY2018 is sought as 2018

_MOST_REMEMBERED = 5_000  # characters: longer than any passage; what a client sends along must not fill the memory


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text at ``[start:end]`` and its search terms (none for a stop word)."""

    start: int
    end: int
    text: str
    terms: tuple[str, ...]


@lru_cache(maxsize=65536)
def terms_of(word: str) -> tuple[str, ...]:
    """The analyser's terms of one word; remembered, because the same words come again and again."""
    period = _PERIOD.fullmatch(word)
    return (period["year"],) if period else tuple(analyse(word))


def words(text: str) -> list[Word]:
    """Every word of ``text`` in order."""
    return list(_walk(text))


def terms_in(text: str) -> frozenset[str]:
    """The distinct terms of a text; remembered, because each is looked at several times for one question."""
    return _remembered(text) if len(text) <= _MOST_REMEMBERED else _terms_in(text)


def _terms_in(text: str) -> frozenset[str]:
    return frozenset(term for word in _walk(text) for term in word.terms)


_remembered = lru_cache(maxsize=4096)(_terms_in)


def _walk(text: str) -> Iterator[Word]:
    for match in _WORD.finditer(text):
        yield Word(match.start(), match.end(), match.group(), terms_of(match.group()))
