"""How a quoted sentence or row reads as a statement, and what must be quoted for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from homeground.answer.asked import YEAR, Asked
from homeground.answer.candidates import Candidate
from homeground.answer.tables import Header, Row, header_of, row_of

# Glyphs that nothing but a list begins with; a dash or an asterisk only before a letter: "- 5" may be a figure.
_BULLET = re.compile(r"^(?:[•●○■□▪▫◦‣⁃∙▸➢✓]\s*|[-–*·]\s+(?=[^\W\d_]))")


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of a statement, and the span of the column names that it takes from elsewhere on the page."""

    text: str
    header: tuple[int, int] | None = None


def plainly(quote: str) -> str:
    """A quote as it reads as a statement: on one line, and without the glyph that made it an item of a list."""
    return _BULLET.sub("", " ".join(quote.split()))


def wording(candidate: Candidate, asked: Asked, page: str) -> Wording:
    """The quote on one line, without its bullet; a row of a table with the names of its columns, or only that of the
    year asked for."""
    plain = Wording(plainly(candidate.text))
    row = row_of(candidate.text)
    header = header_of(page, candidate.start, row) if row else None
    if row is None or header is None:
        return plain
    return Wording(_told(row, header, asked), (header.start, header.end))


def _told(row: Row, header: Header, asked: Asked) -> str:
    named = list(zip(header.columns, row.cells, strict=True))
    wanted = [(column, cell) for column, cell in named if asked.years & set(YEAR.findall(column))]
    return f"{row.label} — " + "; ".join(f"{column}: {cell}" for column, cell in wanted or named)
