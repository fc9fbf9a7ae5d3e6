"""How a quoted sentence or row reads as a statement, and what must be quoted for it."""

from __future__ import annotations

from dataclasses import dataclass

from homeground.answer.asked import YEAR, Asked
from homeground.answer.candidates import Candidate
from homeground.answer.tables import Header, Row, header_of, row_of


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of a statement, and the span of the column names that it takes from elsewhere on the page."""

    text: str
    header: tuple[int, int] | None = None


def wording(candidate: Candidate, asked: Asked, page: str) -> Wording:
    """The quote on one line; a row of a table with the names of its columns, or only that of the year asked for."""
    plain = Wording(" ".join(candidate.text.split()))
    row = row_of(candidate.text)
    header = header_of(page, candidate.start, row) if row else None
    if row is None or header is None:
        return plain
    return Wording(_told(row, header, asked), (header.start, header.end))


def _told(row: Row, header: Header, asked: Asked) -> str:
    named = list(zip(header.columns, row.cells, strict=True))
    wanted = [(column, cell) for column, cell in named if asked.years & set(YEAR.findall(column))]
    return f"{row.label} — " + "; ".join(f"{column}: {cell}" for column, cell in wanted or named)
