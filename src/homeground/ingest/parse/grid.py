"""Tables of web pages, which spread one figure over several columns and use tables for lists."""

from __future__ import annotations

import re

Rows = list[list[str]]

_MARKER = re.compile(r"[^\w\s$€£¥%—–-]|[-–]|\(?(?:[a-z]|[ivx]{1,4}|\d{1,2})[.)]|\*+", re.IGNORECASE)  # •, ☐, (a), 12.
_BEFORE = re.compile(r"[$€£¥(]|[$€£¥]\s?\(|US\$|CHF|EUR|USD")
_AFTER = re.compile(r"\)?\s?%?\)?|pts?\.?|bps")


def one_text(row: list[str]) -> bool:
    """Whether a row is one text: a single cell, or one after a bullet or a short number."""
    cells = list(filter(None, row))
    return len(cells) < 2 or (len(cells) == 2 and _MARKER.fullmatch(cells[0]) is not None)


def narrow(rows: Rows) -> Rows:
    """Rows of equal width, a figure in one cell with its currency and its bracket, without columns that are empty."""
    width = max(map(len, rows))
    columns = _filled([[row[place] if place < len(row) else "" for row in rows] for place in range(width)])
    kept: list[list[str]] = []
    for column in columns:
        if kept and _belong(kept[-1], column):
            kept[-1] = [left + right for left, right in zip(kept[-1], column, strict=True)]
        else:
            kept.append(column)
    return [list(row) for row in zip(*kept, strict=True)]


def _filled(columns: list[list[str]]) -> list[list[str]]:
    return [column for column in columns if any(column)]


def _belong(left: list[str], right: list[str]) -> bool:
    """Whether two columns are one: wherever both say something, one of the two is only a sign at the other."""
    both = [(one, two) for one, two in zip(left, right, strict=True) if one and two]
    return bool(both) and all(_BEFORE.fullmatch(one) or _AFTER.fullmatch(two) for one, two in both)
