"""A generator's text, as it comes → draft statements: whole sentences, and the passages that each one cites."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from homeground.ingest.sentences import sentences

_MARKS = re.compile(r"\s*\[\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*\]")
_LEADING = re.compile(r"(?:\s*\[\s*\d{1,3}(?:\s*[,;]\s*\d{1,3})*\s*\])+[.。]?")
_BULLET = re.compile(r"^(?:[-*•–]|\d{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence without its marks, and the numbers of the passages that it cites, in their order."""

    text: str
    cited: tuple[int, ...]


def drafts(pieces: Iterable[str]) -> Iterator[Draft]:
    """Each sentence as soon as the next one begins: a citation may still follow its full stop."""
    waiting = ""
    for piece in pieces:
        waiting += piece
        whole, waiting = _split(waiting)
        yield from whole
    whole, rest = _split(waiting)
    yield from whole
    if rest.strip():
        yield _draft(rest.strip())


def _split(text: str) -> tuple[list[Draft], str]:
    """The sentences that are over, and what may still grow."""
    spans: list[tuple[int, int]] = []
    for start, end in sentences(text):
        if spans and text[start] == "[":  # "It weighs 3 kg. [1] It is red.": a mark after the full stop
            marks = _LEADING.match(text, start)
            over = marks.end() if marks else end
            spans[-1] = spans[-1][0], over
            start = over + len(text[over:end]) - len(text[over:end].lstrip())
        if start < end:
            spans.append((start, end))
    return [_draft(text[slice(*span)]) for span in spans[:-1]], text[spans[-1][0] :] if spans else ""


def _draft(sentence: str) -> Draft:
    cited = [int(number) for marks in _MARKS.finditer(sentence) for number in re.findall(r"\d+", marks[1])]
    return Draft(_BULLET.sub("", _MARKS.sub("", sentence).strip()), tuple(dict.fromkeys(cited)))
