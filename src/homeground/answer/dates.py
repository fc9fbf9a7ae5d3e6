"""Dates as text says them: "3 March 2024", "March 3, 2024", "2024-03-03" and "2024年3月3日" are one day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NAMES = """
january jan januar / february feb februar / march mar märz / april apr / may mai / june jun juni / july jul juli
/ august aug / september sep sept / october oct oktober okt / november nov / december dec dezember dez
"""
_MONTHS = {name: number for number, names in enumerate(_NAMES.split("/"), 1) for name in names.split()}
_MONTH = rf"(?:{'|'.join(sorted((name.capitalize() for name in _MONTHS), key=len, reverse=True))})\b\.?"
_TH = r"(?:st|nd|rd|th|\.)?"
YEAR = r"(?:1[5-9]|20)\d\d"
_DATES = [
    re.compile(pattern)
    for pattern in (
        r"(?<!\d)(?P<y>\d{4})[-/.](?P<m>0?[1-9]|1[0-2])[-/.](?P<d>[0-3]?\d)(?!\d)",
        r"(?<![\d./])(?P<a>[0-3]?\d)(?P<by>[./])(?P<b>[0-3]?\d)[./](?P<y>(?:19|20)?\d\d)(?![\d./])",
        rf"(?<!\d)(?P<d>[0-3]?\d){_TH}\s+(?:of\s+)?(?P<n>{_MONTH})(?:,?\s+(?P<y>{YEAR})(?!\d))?",
        rf"(?P<n>{_MONTH})\s+(?P<d>[0-3]?\d)(?:st|nd|rd|th)?(?!\d)(?:,?\s+(?P<y>{YEAR})(?!\d))?",
        rf"(?P<n>{_MONTH}),?\s+(?:of\s+)?(?P<y>{YEAR})(?!\d)",
        r"(?P<y>\d{4})\s?年\s?(?P<m>\d{1,2})\s?月(?:\s?(?P<d>\d{1,2})\s?[日号號])?",
        r"(?<!\d)(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日号號]",
        rf"\b(?P<n>(?!May\b|Mar\b|Mai\b|Jan\b|Sept?\b){_MONTH})",
        r"\b(?:in|of|by|until|since|from|to|during|last|next|every|each|through|early|late|mid)\s(?P<n>May)\b",
    )
]


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as it is said: parts that are not said are None."""

    start: int
    end: int
    shown: str
    year: int | None
    month: int | None
    day: int | None


def same_day(one: Day, other: Day) -> bool:
    """Does ``other`` say all that ``one`` says?"""
    pairs = ((one.year, other.year), (one.month, other.month), (one.day, other.day))
    return all(mine is None or mine == theirs for mine, theirs in pairs)


def dates(text: str) -> Iterator[Day]:
    """Every date of ``text``; the fuller form wins where two forms overlap."""
    taken: list[tuple[int, int]] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            day = _day(match)
            if day is not None:
                taken.append((match.start(), match.end()))
                yield day


def _day(match: re.Match[str]) -> Day | None:
    parts = match.groupdict()
    year = int(parts["y"]) if parts.get("y") else None
    if year is not None and year < 100:
        year += 2000 if year < 70 else 1900
    day = int(parts["d"]) if parts.get("d") else None
    month = int(parts["m"]) if parts.get("m") else None
    if parts.get("n"):
        month = _MONTHS[parts["n"].rstrip(".").casefold()]
    if parts.get("a"):
        first, second = int(parts["a"]), int(parts["b"])
        month, day = (second, first) if parts["by"] == "." or first > 12 else (first, second)
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        return None
    return Day(match.start(), match.end(), match.group(), year, month, day)
