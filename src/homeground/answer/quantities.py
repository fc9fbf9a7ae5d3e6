"""Numbers as text says them, in one form each, so that different spellings of the same value are equal.

"1,577" and "1577.00" are one number, "five" and "5" too; "(14.9)" in accounts is -14.9. Versions stay apart: 3.10 is
not 3.1 where nothing is counted or measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from homeground.answer.dates import YEAR, Day, dates

_UNITS: dict[str, tuple[str, int | str]] = {
    "percent": ("%", 1), "per cent": ("%", 1), "percentage points": ("%", 1), "pct": ("%", 1), "prozent": ("%", 1),
    "%": ("%", 1), "％": ("%", 1), "bps": ("%", "0.01"), "basis points": ("%", "0.01"),
    "dollar": ("$", 1), "euro": ("€", 1), "pound": ("£", 1), "yen": ("¥", 1), "usd": ("$", 1), "eur": ("€", 1),
    "gbp": ("£", 1), "us$": ("$", 1), "$": ("$", 1), "€": ("€", 1), "£": ("£", 1), "¥": ("¥", 1), "₹": ("₹", 1),
    "second": ("s", 1), "minute": ("s", 60), "min": ("s", 60), "hour": ("s", 3600), "hr": ("s", 3600), "h": ("s", 3600),
    "day": ("day", 1), "week": ("day", 7), "fortnight": ("day", 14),
    "month": ("month", 1), "quarter": ("month", 3), "year": ("month", 12), "decade": ("month", 120),
    "mm": ("m", "0.001"), "cm": ("m", "0.01"), "m": ("m", 1), "metre": ("m", 1), "meter": ("m", 1), "km": ("m", 1000),
    "kilometre": ("m", 1000), "kilometer": ("m", 1000), "mile": ("mile", 1), "foot": ("ft", 1), "feet": ("ft", 1),
    "mg": ("g", "0.001"), "g": ("g", 1), "gram": ("g", 1), "kg": ("g", 1000), "tonne": ("g", 10**6),
    "ml": ("l", "0.001"), "l": ("l", 1), "litre": ("l", 1), "liter": ("l", 1), "kb": ("byte", 1000),
    "mb": ("byte", 10**6), "gb": ("byte", 10**9),
    "tb": ("byte", 10**12), "°c": ("°C", 1), "°f": ("°F", 1), "kw": ("W", 1000), "mw": ("W", 10**6), "kwh": ("kWh", 1),
}  # fmt: skip
_PLAIN_UNITS = frozenset(("m", "g", "l", "h", "min"))  # one letter means a unit only where it clings to the number
_SCALES = {"thousand": 3, "k": 3, "million": 6, "mn": 6, "mm": 6, "billion": 9, "bn": 9, "trillion": 12, "tn": 12}
_SCALES |= {"millions": 6, "thousands": 3, "billions": 9, "万": 4, "亿": 8, "萬": 4, "億": 8}
_COUNTED = [
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "dozen",
]
_WORDS = dict(zip(_COUNTED, (*range(2, 21), *range(30, 91, 10), 100, 12), strict=True))
_CURRENCY = r"(?:US\$|[$€£¥₹]|USD|EUR|GBP)"
_CLOCK = re.compile(
    r"(?<![\d:.])(\d{1,2})(?::(\d\d))?\s?([ap])\.?m\b\.?|(?<![\d:.])(\d{1,2}):(\d\d)(?![\d:])", re.IGNORECASE
)
_NUMBER = re.compile(
    rf"(?P<open>\(\s?)?(?P<sign>(?<![\w.)\]])[-−–](?=[\d.$€£¥₹]))?(?:(?P<currency>{_CURRENCY})\s?(?P<inner>\(|[-−–](?=\d))?)?"
    r"(?P<number>(?<![0-9A-Za-z_À-ɏ.,])\d{1,3}(?:[,'’]\d{3})+(?:\.\d+)?|(?<![0-9A-Za-z_À-ɏ.,])\d+(?:\.\d+)*(?:,\d+)?|(?<![0-9A-Za-z_À-ɏ.,])\.\d+)"
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
class Said:
    """Everything in a text that can be compared exactly, apart from names: dates, numbers, codes (E07, AX-200)."""

    dates: tuple[Day, ...]
    numbers: tuple[Quantity, ...]
    codes: tuple[str, ...]


@lru_cache(maxsize=4096)
def said(text: str) -> Said:
    """The dates of ``text``, then the numbers and codes that are in no date."""
    days = tuple(dates(text))
    left = _without(text, [(day.start, day.end) for day in days])
    clocks = list(_clocks(left))
    left = _without(left, [(clock.start, clock.end) for clock in clocks])
    codes = [match for match in _CODE.finditer(left) if not _measured(match.group())]
    plain = _without(left, [match.span() for match in codes])
    numbers = sorted([*clocks, *_numbers(plain), *_words(left)], key=lambda each: each.start)
    return Said(days, tuple(numbers), tuple(match.group() for match in codes))


def _without(text: str, taken: Sequence[tuple[int, int]]) -> str:
    """``text`` with what was already understood made invisible, every other place unchanged."""
    letters = list(text)
    for start, end in taken:
        letters[start:end] = "·" * (end - start)
    return "".join(letters)


def same_number(one: Quantity, other: Quantity) -> bool:
    """Do both say the same amount? Sign apart; a unit or a scale counts only where both say one."""
    if one.unit and other.unit and one.unit != other.unit:
        return False
    if ":" in one.digits and ":" in other.digits and one.unit != other.unit:
        return one.value % 720 == other.value % 720  # half past eight, morning or evening
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


def _clocks(text: str) -> Iterator[Quantity]:
    """Times of day in minutes; without am or pm half past eight may be either."""
    for match in _CLOCK.finditer(text):
        hour, minute, half = int(match[1] or match[4]), int(match[2] or match[5] or 0), (match[3] or "").casefold()
        hour = hour % 12 + (12 if half == "p" else 0) if half else hour
        unit = "clock" if half or hour > 12 else ""
        digits = f"{hour if unit else hour % 12}:{minute:02d}"
        yield Quantity(
            match.start(), match.end(), match.group().rstrip(". "), digits, Decimal(hour * 60 + minute), unit
        )


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
    return marked or "," in number or "." in number or not (len(number) <= 2 or re.fullmatch(YEAR, number))


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
