"""Text that grows piece by piece with its headings and tables, and is cut into pages at the end.

Formats without pages get nominal ones of at most ``NOMINAL`` characters, cut before a heading, else between
paragraphs, else between lines. Real pages, slides and sheets stay whole up to ``WHOLE`` characters.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from homeground.ingest.parse.clean import one_line, tidy
from homeground.types import Heading, Page, Table

NOMINAL = 6_000
WHOLE = 24_000
CELL = " | "


@dataclass(slots=True)
class Section:
    """The text of one page before it is cut, with marks that count characters of it."""

    label: str = ""
    text: str = ""
    headings: list[Heading] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    problem: str | None = None


class Draft:
    """Collects what a document holds, in reading order."""

    def __init__(self) -> None:
        self.sections: list[Section] = []
        self.broken = False  # whether the file has pages of its own
        self._parts: list[str] = []
        self._length = 0
        self._section = Section()

    @property
    def empty(self) -> bool:
        """Whether the page in the making has no text yet."""
        return not self._parts

    def paragraph(self, text: str, gap: str = "\n\n") -> None:
        """Add a paragraph, `gap` after what came before it."""
        self._add(tidy(text).strip("\n"), gap)

    def heading(self, text: str, level: int) -> None:
        """Add a heading on a line of its own; it opens the page's trail from there on."""
        words = one_line(text)
        if words:
            start = self._add(words, "\n\n")
            self._section.headings.append(Heading(start, max(1, level), words))

    def table(self, rows: Sequence[Sequence[str]], header: bool | None = None) -> None:
        """Add a table, a row on a line; `header` tells whether the first row names the columns (None: judge by it)."""
        filled = [cells for row in rows if any(cells := [one_line(cell) for cell in row])]
        filled = filled if header else self._caption(filled)
        if not filled:
            return
        place = _header_row(filled) if header is None else 0 if header else None
        lines = [row_line(cells) for cells in filled]
        start = self._add("\n".join(lines), "\n\n")
        named = place is not None and len(lines) > 1
        self._section.tables.append(Table(start, self._length, lines[place or 0] if named else ""))

    def _caption(self, rows: list[list[str]]) -> list[list[str]]:
        """The rows without those in front that hold one cell only: they are a title over the table."""
        wide = next((place for place, row in enumerate(rows) if sum(map(bool, row)) > 1), 0)
        for row in rows[:wide]:
            self.paragraph(row_line([cell for cell in row if cell]))
        return rows[wide:]

    def marked(self, text: str, headings: Sequence[Heading], tables: Sequence[Table]) -> None:
        """Add clean text whose marks are already known."""
        start = self._add(text, "\n\n")
        self._section.headings += [Heading(start + one.start, one.level, one.text) for one in headings]
        self._section.tables += [Table(start + one.start, start + one.end, one.header) for one in tables]

    def problem(self, words: str) -> None:
        """Note what of the page in the making could not be read."""
        before = self._section.problem
        self._section.problem = f"{before}; {words}" if before else words

    def page(self, label: str = "") -> None:
        """End the page in the making, even when it is empty, and begin the next."""
        self._close()
        self.broken = True
        self._section.label = label

    def pages(self) -> tuple[Page, ...]:
        """All pages, numbered from 1; a file without pages of its own is cut into nominal ones."""
        self._close()
        limit = WHOLE if self.broken else NOMINAL
        cut = [page for section in self.sections for page in _cut(section, limit)]
        return tuple(_numbered(number, page) for number, page in enumerate(cut, 1))

    def _add(self, text: str, gap: str) -> int:
        if not text:
            return self._length
        if self._parts:
            self._parts.append(gap)
            self._length += len(gap)
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        return start

    def _close(self) -> None:
        section = self._section
        section.text = "".join(self._parts)
        if section.text or section.problem or section.label:
            self.sections.append(section)
        self._section, self._parts, self._length = Section(), [], 0


def row_line(cells: Sequence[str]) -> str:
    """The cells of a row on one line; empty ones at the end are left out."""
    last = max((index for index, cell in enumerate(cells) if cell), default=-1)
    return CELL.join(cells[: last + 1])


def names_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row looks like column names: words, most cells filled, and no figures."""
    first, rest = rows[0], rows[1:]
    filled = [cell for cell in first if cell]
    widest = max((sum(bool(cell) for cell in row) for row in rest), default=0)
    if not filled or len(filled) * 2 < widest or len(set(filled)) == 1 < widest:
        return False
    return not any(_figure(cell) for cell in filled)


def _header_row(rows: Sequence[Sequence[str]]) -> int | None:
    """The row that names the columns, among the first three."""
    return next((place for place in range(min(3, len(rows) - 1)) if names_columns(rows[place:])), None)


def _figure(cell: str) -> bool:
    digits = sum(character.isdigit() for character in cell)
    year = len(cell) == digits == 4 and cell[:2] in ("19", "20")
    return digits * 2 > len(cell) and not year


# -- Cutting ------------------------------------------------------------------------------------


def _cut(section: Section, limit: int) -> Iterator[Section]:
    """`section` itself, or parts of it when it is longer than `limit`."""
    if len(section.text) <= limit:
        yield section
        return
    starts = [mark.start for mark in section.headings]
    for part, (start, end) in enumerate(_spans(section.text, starts), 1):
        label = f"{section.label}, part {part}" if section.label else ""
        yield _part(section, start, end, label)


def _spans(text: str, headings: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = 0
    while len(text) - start > NOMINAL:
        end = _border(text, start, headings)
        yield start, end
        start = end
        while start < len(text) and text[start] == "\n":
            start += 1
    if start < len(text):
        yield start, len(text)


def _border(text: str, start: int, headings: Sequence[int]) -> int:
    """Where the page that begins at `start` ends best, in the second half of the room that it has."""
    half, room = start + NOMINAL // 2, start + NOMINAL
    last = bisect.bisect_right(headings, room) - 1
    if last >= 0 and headings[last] > half:
        return headings[last]
    for mark in ("\n\n", "\n", ". ", "。", " "):
        found = text.rfind(mark, half, room)
        if found > 0:
            return found + len(mark)
    return room


def _part(section: Section, start: int, end: int, label: str) -> Section:
    """The part from `start` to `end`; a table that goes on from the part before repeats its header row."""
    text = section.text[start:end].rstrip("\n")
    going_on = next((one for one in section.tables if one.header and one.start < start < one.end), None)
    head = f"{going_on.header}\n" if going_on else ""
    shift = len(head) - start
    headings = [Heading(one.start + shift, one.level, one.text) for one in section.headings if start <= one.start < end]
    tables = [
        Table(
            0 if one is going_on else max(one.start, start) + shift,
            min(one.end + shift, len(head) + len(text)),
            one.header,
        )
        for one in section.tables
        if one.start < end and one.end > start
    ]
    return Section(label, head + text, headings, tables, section.problem)


def _numbered(number: int, section: Section) -> Page:
    marks = tuple(section.headings), tuple(section.tables)
    return Page(number, section.text, section.label, *marks, section.problem)
