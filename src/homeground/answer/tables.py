"""Rows of tables in the text of a page: their label, their cells, and the line above that names the columns."""

from __future__ import annotations

import re
from dataclasses import dataclass

FARTHEST_HEADER = 60  # lines above a row in which its header is looked for

_FIGURE = r"(?:[$€£¥]\s?)?\(?[-–—]?(?:[$€£¥]\s?)?\d(?:[\d,.]*\d)?\s?%?\)?%?|[-–—]+|n/?a"
_ROW = re.compile(rf"(?P<label>.*?[^\W\d].*?)[\s.:…]+(?P<cells>(?:(?:{_FIGURE})(?:\s+|$))+)$", re.IGNORECASE)
_CELL = re.compile(_FIGURE, re.IGNORECASE)
PERIOD = re.compile(
    r"(?:(?:FY|Q[1-4]|H[12])\s?['’]?)?(?<!\d)(?:19|20)\d\d(?!\d)|\b(?:FY|Q[1-4]|H[12])\s?['’]?\d{2}\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row: ``label`` in words, ``cells`` as written."""

    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """The line at ``[start:end]`` of the page that names the columns of a row, one name a cell."""

    start: int
    end: int
    columns: tuple[str, ...]


def row_of(text: str) -> Row | None:
    """``text`` as a row: cells apart by bars or tabs, or a label with figures behind it; None for anything else."""
    cells = _split(text)
    if len(cells) > 1:
        return Row(cells[0], tuple(cells[1:])) if cells[0] else None
    match = _ROW.fullmatch(" ".join(text.split()))
    if match is None:
        return None
    return Row(match["label"].rstrip(" .:…$"), tuple(" ".join(cell.split()) for cell in _CELL.findall(match["cells"])))


def header_of(page: str, start: int, row: Row) -> Header | None:
    """The line above ``start`` that names as many columns as the row has cells.

    Between bars that is the top line of the table; elsewhere the nearest line with so many years or periods.
    """
    found, barred = None, "|" in page[start : start + 1] or "|" in page[start:].split("\n", 1)[0]
    end = page.rfind("\n", 0, start)
    for _ in range(FARTHEST_HEADER):
        if end < 0 or (barred and "|" not in page[page.rfind("\n", 0, end) + 1 : end]):
            break
        begin = page.rfind("\n", 0, end) + 1
        columns = (_cells if barred else _periods)(page[begin:end], len(row.cells))
        if columns:
            found = _header(page, begin, end, columns)
            if not barred:
                break
        end = begin - 1
    return found


def _header(page: str, begin: int, end: int, columns: tuple[str, ...]) -> Header:
    shown = page[begin:end]
    return Header(begin + len(shown) - len(shown.lstrip()), begin + len(shown.rstrip()), columns)


def _cells(line: str, count: int) -> tuple[str, ...]:
    """The cells between bars behind the first, when they are ``count`` names and no figures."""
    named = tuple(_split(line)[1:])
    if len(named) != count or not all(named) or all(map(_is_rule, named)):
        return ()
    return named if any(map(PERIOD.search, named)) or not any(map(_is_figure, named)) else ()


def _periods(line: str, count: int) -> tuple[str, ...]:
    periods = tuple(" ".join(match.group().split()) for match in PERIOD.finditer(line))
    return periods if len(periods) == count else ()


def _split(text: str) -> list[str]:
    inner = text.strip().removeprefix("|").removesuffix("|") if "|" in text else text.strip("\n")
    return [" ".join(cell.split()) for cell in re.split(r"\s*[|\t]\s*", inner)]


def _is_figure(cell: str) -> bool:
    return _CELL.fullmatch(cell) is not None


def _is_rule(cell: str) -> bool:
    return not cell.strip("-: ")
