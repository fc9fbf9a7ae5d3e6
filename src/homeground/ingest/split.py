"""Pages → passages with exact spans, and the context under which each is embedded and searched.

split(document, name, settings)   passages of every page, in order
embedding_text(title, passage)    what the analyser reads for one passage
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from homeground.ingest.sentences import Span, sentences, words
from homeground.settings import IngestSettings
from homeground.types import Heading, Page, ParsedDocument, Passage

_HARD_LIMIT = 2  # a sentence or row longer than this many passages is cut, see _pieces
_WORD_END = re.compile(r"[，、；：]|\s+")
_VISIBLE = re.compile(r"\S")
_CLAUSE_ENDS = ";:,，、；："
_TRAIL = " › "
_OPENING = 400  # characters at the top of a page in which an opening is looked for
_OPENING_LINES = 4
_SHORT_LINE = 80


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is not cut through: a sentence, a list item, a heading or a table row."""

    start: int
    end: int
    size: int
    heading: bool = False


def split(document: ParsedDocument, name: str, settings: IngestSettings) -> list[Passage]:
    """Cut the pages of `document` into passages of about ``passage_words`` that share ``overlap_words``.

    No passage crosses a page, and none cuts a sentence, a list item or a table row, except one that is longer than two
    passages. Every visible character of a page lies in a passage, and ``text == page.text[start:end]``. The context is
    the heading trail, which goes on over page borders, the first lines of a page without structure, and the header of
    the table that the passage continues.
    """
    passages: list[Passage] = []
    trail: list[Heading] = []
    for page in document.pages:
        for start, end in _spans(page, settings):
            before = [one for one in page.headings if one.start <= start]
            context = _context(_trail(trail, before), page, start)
            passages.append(Passage(page.number, start, end, page.text[start:end], context))
        trail = _trail(trail, list(page.headings))
    return passages


def embedding_text(title: str, passage: Passage) -> str:
    """Title, context and text of `passage`, a line each; what is empty is left out."""
    return "\n".join(part for part in (title, passage.context, passage.text) if part)


# -- Context ------------------------------------------------------------------------------------


def _trail(trail: list[Heading], headings: list[Heading]) -> list[Heading]:
    """`trail` after `headings` were passed: a heading ends those of its own level and below."""
    for heading in headings:
        trail = [*(one for one in trail if one.level < heading.level), heading]
    return trail


def _context(trail: list[Heading], page: Page, start: int) -> str:
    names = [" ".join(one.text.split()) for one in trail]
    names += [] if page.headings or page.tables else _opening(page.text[:start])
    headers = [table.header for table in page.tables if table.start < start < table.end and table.header]
    return "\n".join(part for part in (_TRAIL.join(filter(None, names)), *headers) if part)


def _opening(before: str) -> list[str]:
    """What heads a page without marked headings: its first short lines, for the passages further down that page.

    On a statement or a slide they say what the figures below are; in running prose the first line is no such line.
    """
    lines = (" ".join(line.split()) for line in before[:_OPENING].split("\n"))
    kept = itertools.takewhile(lambda line: len(line) <= _SHORT_LINE, filter(None, lines))
    return list(itertools.islice(kept, _OPENING_LINES))


# -- Spans --------------------------------------------------------------------------------------


def _spans(page: Page, settings: IngestSettings) -> Iterator[Span]:
    """The spans of the passages of one page: about equally long, each starting with the overlap of the one before."""
    units = _units(page, settings)
    overlap = min(settings.overlap_words, settings.passage_words // 2)
    target = _target(sum(unit.size for unit in units), settings.passage_words, overlap)
    first = last = 0
    while last < len(units):
        last = _fill(units, first, last, target, settings.passage_words)
        yield units[first].start, units[last - 1].end
        if last < len(units):
            first = _step_back(units, first, last, min(overlap, target - units[last].size))


def _target(total: int, size: int, overlap: int) -> int:
    """The size at which the passages of a page come out equally long, none above `size`."""
    count = max(1, math.ceil((total - overlap) / (size - overlap)))
    return min(size, math.ceil((total - overlap) / count) + overlap)


def _fill(units: list[_Unit], first: int, fresh: int, target: int, limit: int) -> int:
    """The end (exclusive) of the passage that starts at unit `first` and holds unit `fresh`; no heading comes last."""
    size, last = sum(unit.size for unit in units[first : fresh + 1]), fresh + 1
    while last < len(units) and size < target and size + units[last].size <= limit:
        size += units[last].size
        last += 1
    end = last
    while fresh + 1 < end < len(units) and units[end - 1].heading:
        end -= 1
    return last if units[end - 1].heading else end


def _step_back(units: list[_Unit], first: int, last: int, overlap: int) -> int:
    """Where the next passage starts: whole units of the last one, of at most `overlap` words together."""
    start, size = last, 0
    while start - 1 > first and size + units[start - 1].size <= overlap:
        start -= 1
        size += units[start].size
    return start


# -- Units --------------------------------------------------------------------------------------


def _units(page: Page, settings: IngestSettings) -> list[_Unit]:
    headings = {heading.start for heading in page.headings}
    return [
        _Unit(start, end, words(page.text[start:end]), unit_start in headings)
        for unit_start, unit_end in _pieces_of(page, headings)
        for start, end in _pieces(page.text, unit_start, unit_end, settings.passage_words)
    ]


def _pieces_of(page: Page, headings: set[int]) -> Iterator[Span]:
    """Rows inside of tables, sentences outside; a heading starts a piece of its own."""
    borders = {0, len(page.text), *headings}
    borders.update(border for table in page.tables for border in (table.start, table.end))
    ordered = sorted(border for border in borders if 0 <= border <= len(page.text))
    for start, end in itertools.pairwise(ordered):
        part = page.text[start:end]
        inside = any(table.start <= start < table.end for table in page.tables)
        yield from ((start + one, start + two) for one, two in (_lines(part) if inside else sentences(part)))


def _lines(text: str) -> Iterator[Span]:
    for match in re.finditer(r"\S(?:[^\n]*\S)?", text):
        yield match.span()


def _pieces(text: str, start: int, end: int, size: int) -> Iterator[Span]:
    """The unit itself, or, above the hard limit, parts of at most `size` words, cut after a clause or a word."""
    if words(text[start:end]) <= _HARD_LIMIT * size:
        yield start, end
        return
    while start < end:
        cut = _cut(text, start, end, size)
        yield start, start + len(text[start:cut].rstrip())
        visible = _VISIBLE.search(text, cut, end)
        start = visible.start() if visible else end


def _cut(text: str, start: int, end: int, size: int) -> int:
    """Where to cut: after the last clause in the second half of the room of `size` words, else after the last word."""
    room = min(end, start + size * 20)
    borders = [start, *(match.end() for match in _WORD_END.finditer(text, start, room)), room]
    taken = list(itertools.accumulate(words(text[one:two]) for one, two in itertools.pairwise(borders)))
    fitting = [border for border, used in zip(borders[1:], taken, strict=True) if used <= size]
    if room == end and fitting and fitting[-1] == end:
        return end
    late = fitting[len(fitting) // 2 :]
    clauses = [border for border in late if text[border - 1] in _CLAUSE_ENDS or text[border - 2] in _CLAUSE_ENDS]
    return clauses[-1] if clauses else fitting[-1] if fitting else room
