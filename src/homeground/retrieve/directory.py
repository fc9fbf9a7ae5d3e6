"""How the visible documents are called, so that the names in a question find them: made once, asked often.

directory(names)           the directory of a mapping of names; the latest few are kept
words_in, years_in, periods_in    what names and questions are read for
"""

from __future__ import annotations

import bisect
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homeground.catalogue.records import DocumentName

LONGEST = 4  # words of a question that may be one word of a name: American Water Works, AMERICANWATERWORKS
_KEPT = 16

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LETTERS_OR_DIGITS = re.compile(r"[^\W\d_]+|\d+")
_POSSESSIVE = re.compile(r"['’]s?$")
_YEAR = re.compile(r"(?:(?<!\d)|(?<=[QHqh][1-4]))(?:19|20)\d\d(?!\d)")
_SHORT_YEAR = re.compile(r"(?<![A-Za-z])(?:FY|CY)[ _]?['’]?(\d\d)(?!\d)", re.IGNORECASE)
_PERIOD = re.compile(r"(?<![A-Za-z])([QH][1-4])(?![A-Za-z])(?!\d(?!\d{3}))", re.IGNORECASE)
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "1st": "1", "2nd": "2", "3rd": "3", "4th": "4"}
_SPELT_PERIOD = re.compile(rf"\b({'|'.join(_ORDINALS)})[ _-](quarter|half)\b", re.IGNORECASE)


class Directory:
    """Names of documents by their parts: neighbouring words joined, and beginnings of words.

    A document has two names: the last part of its path without the suffix, and its title.
    """

    def __init__(self, names: Mapping[int, DocumentName]) -> None:
        self._years: dict[int, frozenset[int]] = {}
        self._periods: dict[int, frozenset[str]] = {}
        self._bearers: dict[str, set[int]] = {}
        self._shortest: dict[str, int] = {}
        for document, name in names.items():
            self._enter(document, name)
        self._sorted = sorted(filter(str.isalpha, self._bearers))

    def __len__(self) -> int:
        return len(self._years)

    def bearers(self, written: str) -> frozenset[int]:
        """The documents in whose name these letters stand as one or several whole words."""
        return frozenset(self._bearers.get(written, ()))

    def beginning_with(self, written: str) -> frozenset[int]:
        """The documents in whose name a word, or joined words, begin with these letters."""
        return frozenset(document for word in self._words_from(written) for document in self._bearers[word])

    def shortest(self, written: str) -> int:
        """Letters and digits of the shortest name with these letters; years and periods do not count."""
        found = [written] if written in self._bearers else self._words_from(written)
        return min((self._shortest[word] for word in found), default=len(written))

    def years(self, document: int) -> frozenset[int]:
        """The years in the document's name."""
        return self._years.get(document, frozenset())

    def periods(self, document: int) -> frozenset[str]:
        """The quarters and halves in the document's name, as q2, h1."""
        return self._periods.get(document, frozenset())

    def _words_from(self, beginning: str) -> list[str]:
        first = bisect.bisect_left(self._sorted, beginning)
        end = bisect.bisect_left(self._sorted, beginning + "\U0010ffff")
        return self._sorted[first:end]

    def _enter(self, document: int, name: DocumentName) -> None:
        stem = _stem(name.name)
        dated = frozenset({name.date.year}) if name.date else frozenset[int]()
        self._years[document] = years_in(stem) or years_in(name.title) or dated
        self._periods[document] = periods_in(stem.replace("_", " "))
        for called in {stem, name.title}:
            words = [word.lower() for word, _ in words_in(_CAMEL.sub(" ", called))]
            letters = sum(len(word) for word in words if not years_in(word))
            for written in set(_joined(words)):
                self._bearers.setdefault(written, set()).add(document)
                self._shortest[written] = min(letters, self._shortest.get(written, letters)) or len(written)


_lately: OrderedDict[int, tuple[Mapping[int, DocumentName], Directory]] = OrderedDict()
_lock = threading.Lock()


def directory(names: Mapping[int, DocumentName]) -> Directory:
    """The directory of `names`, made anew only for another mapping object; a mapping must not change afterwards."""
    with _lock:
        known = _lately.get(id(names))
        if known is None or known[0] is not names:
            known = names, Directory(names)
        _lately[id(names)] = known
        _lately.move_to_end(id(names))
        while len(_lately) > _KEPT:
            _lately.popitem(last=False)
        return known[1]


def words_in(text: str) -> Iterator[tuple[str, int]]:
    """The words of `text` without the possessive, and where each starts; underscores part words."""
    for match in _WORD.finditer(text):
        yield _POSSESSIVE.sub("", match[0]).replace("'", "").replace("’", ""), match.start()


def years_in(text: str) -> frozenset[int]:
    """Years of four digits, and of two after FY or CY."""
    return frozenset(map(int, _YEAR.findall(text))) | {2000 + int(short) for short in _SHORT_YEAR.findall(text)}


def periods_in(text: str) -> frozenset[str]:
    """Quarters and halves, as q2, h1."""
    short = {one.lower() for one in _PERIOD.findall(text)}
    spelt = {kind[0].lower() + _ORDINALS[nth.lower()] for nth, kind in _SPELT_PERIOD.findall(text)}
    return frozenset(short | spelt)


def _stem(name: str) -> str:
    last = name.rsplit("/", 1)[-1]
    return last.rsplit(".", 1)[0] or last


def _joined(words: list[str]) -> Iterator[str]:
    """Neighbouring words as one; letters and digits of a mixed word apart, too: 2023q2 is also 2023 and q2."""
    for first in range(len(words)):
        for end in range(first + 1, min(first + LONGEST, len(words)) + 1):
            yield "".join(words[first:end])
        if not words[first].isalpha():
            yield from (part for part in _LETTERS_OR_DIGITS.findall(words[first]) if len(part) > 1)
