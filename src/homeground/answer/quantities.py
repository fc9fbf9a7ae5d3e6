"""Numbers and dates as text says them, in one form each, so that different spellings of the same value are equal.

"1,577", "1577.00" and "one thousand …" written in digits are one number; "(14.9)" in accounts is -14.9; "3 March 2024",
"March 3, 2024" and "2024-03-03" are one date. Versions stay apart: 3.10 is not 3.1 where nothing is counted or measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_UNITS = {
    "percent": ("%", 1), "per cent": ("%", 1), "percentage points": ("%", 1), "pct": ("%", 1), "prozent": ("%", 1),
    "%": ("%", 1), "％": ("%", 1), "bps": ("%", "0.01"), "basis points": ("%", "0.01"),
    "dollar": ("$", 1), "euro": ("€", 1), "pound": ("£", 1), "yen": ("¥", 1), "usd": ("$", 1), "eur": ("€", 1),
    "gbp": ("£", 1), "us$": ("$", 1), "$": ("$", 1), "€": ("€", 1), "£": ("£", 1), "¥": ("¥", 1), "₹": ("₹", 1),
    "second": ("s", 1), "minute": ("s", 60), "min": ("s", 60), "hour": ("s", 3600), "hr": ("s", 3600), "h": ("s", 3600),
    "day": ("day", 1), "week": ("day", 7), "fortnight": ("day", 14),
    "month": ("month", 1), "quarter": ("month", 3), "year": ("month", 12), "decade": ("month", 120),
    "mm": ("m", "0.001"), "cm": ("m", "0.01"), "m": ("m", 1), "metre": ("m", 1), "meter": ("m", 1), "km": ("m", 1000),
    "kilometre": ("m", 1000), "kilometer": ("m", 1000), "mile": ("mile", 1), "foot": ("ft", 1), "feet": ("ft", 1),
    "mg": ("g", "0.001"), "g": ("g", 1), "gram": ("g", 1), "kg": ("g", 1000), "tonne": ("g", 1000000), "ml": ("l", "0.001"),
    "l": ("l", 1), "litre": ("l", 1), "liter": ("l", 1), "kb": ("byte", 1000), "mb": ("byte", 10**6), "gb": ("byte", 10**9),
    "tb": ("byte", 10**12), "°c": ("°C", 1), "°f": ("°F", 1), "kw": ("W", 1000), "mw": ("W", 10**6), "kwh": ("kWh", 1),
}  # fmt: skip
_PLAIN_UNITS = frozenset(("m", "g", "l", "h", "min"))  # one letter means a unit only where it clings to the number
_SCALES = {"thousand": 3, "k": 3, "million": 6, "mn": 6, "mm": 6, "billion": 9, "bn": 9, "trillion": 12, "tn": 12}
_SCALES |= {"millions": 6, "thousands": 3, "billions": 9, "万": 4, "亿": 8, "萬": 4, "億": 8}
_WORDS = dict(
    zip(
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
        " eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred dozen".split(),
        (*range(2, 21), *range(30, 91, 10), 100, 12),
        strict=True,
    )
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan januar|february feb februar|march mar märz|april apr|may mai|june jun juni|july jul juli"
        "|august aug|september sep sept|october oct oktober okt|november nov|december dec dezember dez".split("|"),
        1,
    )
    for name in names.split()
}
_MONTH = rf"(?:{'|'.join(sorted((name.capitalize() for name in _MONTHS), key=len, reverse=True))})\b\.?"
_TH = r"(?:st|nd|rd|th|\.)?"
_YEAR = r"(?:1[5-9]|20)\d\d"
_DATES = [
    re.compile(pattern)
    for pattern in (
        r"(?<!\d)(?P<y>\d{4})[-/.](?P<m>0?[1-9]|1[0-2])[-/.](?P<d>[0-3]?\d)(?!\d)",
        r"(?<![\d./])(?P<a>[0-3]?\d)(?P<by>[./])(?P<b>[0-3]?\d)[./](?P<y>(?:19|20)?\d\d)(?![\d./])",
        rf"(?<!\d)(?P<d>[0-3]?\d){_TH}\s+(?:of\s+)?(?P<n>{_MONTH})(?:,?\s+(?P<y>{_YEAR})(?!\d))?",
        rf"(?P<n>{_MONTH})\s+(?P<d>[0-3]?\d)(?:st|nd|rd|th)?(?!\d)(?:,?\s+(?P<y>{_YEAR})(?!\d))?",
        rf"(?P<n>{_MONTH}),?\s+(?:of\s+)?(?P<y>{_YEAR})(?!\d)",
        r"(?P<y>\d{4})\s?年\s?(?P<m>\d{1,2})\s?月(?:\s?(?P<d>\d{1,2})\s?[日号號])?",
        r"(?<!\d)(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日号號]",
        rf"\b(?P<n>(?!May\b|Mar\b|Mai\b|Jan\b|Sept?\b){_MONTH})",
        r"\b(?:in|of|by|until|since|from|to|during|last|next|every|each|through|early|late|mid)\s(?P<n>May)\b",
    )
]
_CURRENCY = r"(?:US\$|[$€£¥₹]|USD|EUR|GBP)"
_CLOCK = re.compile(r"(?<![\d:.])(\d{1,2})(?::(\d\d))?\s?([ap])\.?m\b\.?|(?<![\d:.])(\d{1,2}):(\d\d)(?![\d:])", re.IGNORECASE)
_NUMBER = re.compile(
    rf"(?P<open>\(\s?)?(?P<sign>(?<![\w.)\]])[-−–](?=[\d.$€£¥₹]))?(?:(?P<currency>{_CURRENCY})\s?(?P<inner>\(|[-−–](?=\d))?)?"
    r"(?P<number>(?<![\w.,])\d{1,3}(?:[,'’]\d{3})+(?:\.\d+)?|(?<![\w.,])\d+(?:\.\d+)*(?:,\d+)?|(?<![\w.,])\.\d+)"
    r"(?P<close>\s?%?\)%?)?(?P<glued>[^\W\d_]+\b\.?)?",
)
_CODE = re.compile(r"(?<![\w-])(?=[\w.-]*\d)(?=[\w.-]*[A-Za-z])[A-Za-z0-9]+(?:[-_/.][A-Za-z0-9]+)*(?!\w)")
_WORD_NUMBER = re.compile(
    rf"\b(?:({'|'.join(_WORDS)})(?:-(one|two|three|four|five|six|seven|eight|nine))?)\b", re.IGNORECASE
)
_ORDINAL = re.compile(r"(?:st|nd|rd|th|s)\b", re.IGNORECASE)
_AFTER = re.compile(
    r"[\s-]?(thousands?|millions?|billions?|trillion|bn|mn|k\b|[万亿萬億])?[)\s-]*(?:(?:working|business|calendar|full|consecutive)\s)?"
    r"(%|％|°[CF]|(?:per cent|percentage points?|basis points?)|[^\W\d_]+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as said at ``[start:end]``: its value in the base unit of ``unit`` (empty when none was said).

    ``scale`` is the power of ten said with it (million: 6), None when none was said; ``digits`` is its spelling without
    grouping, which alone tells versions apart.
    """

    start: int
    end: int
    shown: str
    digits: str
    value: Decimal
    unit: str = ""
    scale: int | None = None
    negative: bool = False
    bracketed: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as it is said: parts that are not said are None."""

    start: int
    end: int
    shown: str
    year: int | None
    month: int | None
    day: int | None


@dataclass(frozen=True, slots=True)
class Said:
    """Everything in a text that can be compared exactly, apart from names: dates, numbers, codes (E07, AX-200)."""

    dates: tuple[Day, ...]
    numbers: tuple[Quantity, ...]
    codes: tuple[str, ...]


@lru_cache(maxsize=4096)
def said(text: str) -> Said:
    """The dates of ``text``, then the numbers and codes that are in no date."""
    dates = tuple(_dates(text))
    left = _blank(text, dates)
    clocks = list(_clocks(left))
    left = _blank(left, clocks)
    codes = [match for match in _CODE.finditer(left) if not _measured(match.group())]
    numbers = [*clocks, *_numbers(_blank(left, codes)), *_words(left)]
    return Said(dates, tuple(sorted(numbers, key=lambda each: each.start)), tuple(match.group() for match in codes))


def _blank(text: str, taken: object) -> str:
    """``text`` with what was already understood made invisible, every other place unchanged."""
    letters = list(text)
    for each in taken:  # type: ignore[attr-defined]
        start, end = (each.start(), each.end()) if isinstance(each, re.Match) else (each.start, each.end)
        letters[start:end] = "·" * (end - start)
    return "".join(letters)


def same_number(one: Quantity, other: Quantity) -> bool:
    """Do both say the same amount? Sign apart; a unit or a scale counts only where both say one."""
    if one.unit and other.unit and one.unit != other.unit:
        return False
    measured = bool(one.unit or other.unit or one.scale or other.scale)
    if one.digits == other.digits and one.scale == other.scale and not (one.unit and other.unit):
        return True
    if one.scale is not None and other.scale is not None:
        return _full(one) == _full(other)
    if _full(one) == _full(other) or (one.value == other.value and None in (one.scale, other.scale)):
        return measured or _whole(one) == _whole(other)
    return not (one.unit and other.unit) and one.digits == other.digits


def _full(one: Quantity) -> Decimal:
    return one.value.scaleb(one.scale or 0)


def _whole(one: Quantity) -> str:
    """The spelling without a fraction of two or more zeros: 1577.00 is an amount, 2.0 may be a version."""
    whole, _, fraction = one.digits.partition(".")
    return one.digits if len(fraction) < 2 or fraction.strip("0") else whole


def same_day(one: Day, other: Day) -> bool:
    """Does ``other`` say all that ``one`` says?"""
    pairs = ((one.year, other.year), (one.month, other.month), (one.day, other.day))
    return all(mine is None or mine == theirs for mine, theirs in pairs)


def _dates(text: str) -> Iterator[Day]:
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


def _clocks(text: str) -> Iterator[Quantity]:
    """Times of day in minutes; without am or pm half past eight may be either."""
    for match in _CLOCK.finditer(text):
        hour, minute, half = int(match[1] or match[4]), int(match[2] or match[5] or 0), (match[3] or "").casefold()
        hour = hour % 12 + (12 if half == "p" else 0) if half else hour
        unit = "clock" if half or hour > 12 else ""
        digits = f"{hour if unit else hour % 12}:{minute:02d}"
        yield Quantity(match.start(), match.end(), match.group().strip(), digits, Decimal(hour * 60 + minute), unit)


def _measured(code: str) -> bool:
    """Is it a number with its unit or ending, such as 20mg, 10k, 2nd, 1990s, or a span such as 2018-19?"""
    match = re.fullmatch(r"\d+(?:-\d+)*-?([A-Za-z]+)", code)
    ending = match[1].casefold() if match else ""
    return ending in _SCALES or _unit(ending) is not None or ending in ("st", "nd", "rd", "th", "s")


def _numbers(text: str) -> Iterator[Quantity]:
    for match in _NUMBER.finditer(text):
        number = _grouped_away(match["number"])
        if number.count(".") > 1 or number == ".":
            yield Quantity(match.start("number"), match.end("number"), match["number"], number, Decimal(-1))
            continue
        unit, scale, factor = _unit_and_scale(text, match)
        bracketed = bool((match["open"] or match["inner"] == "(") and match["close"])
        accounted = bracketed and _accounted(match["number"], bool(match["currency"] or "%" in match["close"]))
        minus = bool(match["sign"] or match["inner"] in ("-", "−", "–"))
        shown = ("-" if minus else "") + match["number"]
        value = Decimal(number) * factor
        start = match.start("number")
        yield Quantity(start, match.end("number"), shown, number, value, unit, scale, minus or accounted, bracketed)


def _accounted(number: str, marked: bool) -> bool:
    """A figure in brackets is below zero in accounts; a year or the number of a list is not."""
    return marked or "," in number or "." in number or not (len(number) <= 2 or re.fullmatch(_YEAR, number))


def _grouped_away(number: str) -> str:
    """Digits with a point before the fraction: 1,577 → 1577; 12,5 → 12.5; 1.577,50 → 1577.50."""
    if re.fullmatch(r"\d{1,3}(?:[,'’]\d{3})+(?:\.\d+)?", number):
        return re.sub(r"[,'’]", "", number)
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+", number):
        return number.replace(".", "").replace(",", ".")
    return ("0" + number if number.startswith(".") else number).replace(",", ".")


def _unit_and_scale(text: str, match: re.Match[str]) -> tuple[str, int | None, Decimal]:
    """Unit, power of ten, and the factor to the base unit, from the sign before the number and the words behind it."""
    glued = (match["glued"] or "").rstrip(".").casefold()
    scale, word = _SCALES.get(glued), glued
    if scale is not None or not glued:
        after = _AFTER.match(text, match.end())
        scale = scale if scale is not None else _SCALES.get((after[1] or "").casefold()) if after else None
        word = (after[2] or "").casefold() if after else ""
        word = "" if word in _PLAIN_UNITS else word
    if match["currency"]:
        return _UNITS[match["currency"].casefold()][0], scale, Decimal(1)
    if "%" in (match["close"] or ""):
        return "%", scale, Decimal(1)
    unit = _unit(word)
    return (unit[0], scale, Decimal(unit[1])) if unit else ("", scale, Decimal(1))


def _unit(word: str) -> tuple[str, int | str] | None:
    return _UNITS.get(word) or _UNITS.get(word.removesuffix("s"))


def _words(text: str) -> Iterator[Quantity]:
    """Numbers in words: twelve, twenty-five. "One" is left out: it mostly means a person or a thing."""
    for match in _WORD_NUMBER.finditer(text):
        value = _WORDS[match[1].casefold()]
        if match[2]:
            value += 1 if match[2].casefold() == "one" else _WORDS[match[2].casefold()]
        after = _AFTER.match(text, match.end())
        scale = _SCALES.get((after[1] or "").casefold()) if after else None
        unit = _unit((after[2] or "").casefold()) if after and after[2] else None
        amount = Decimal(value) * Decimal(unit[1] if unit else 1)
        yield Quantity(match.start(), match.end(), match.group(), str(value), amount, unit[0] if unit else "", scale)
