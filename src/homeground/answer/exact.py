"""What can be checked exactly: numbers with units and signs, dates, codes, names, negation, contrary words.

``missing(text, evidence)`` says in words what the evidence does not say. Equal spellings are equal (1,577 and 1577.00,
3 March 2024 and 2024-03-03, 14.9 percent and 14.9%, (14.9) and -14.9, J. Smith and John Smith, WHO and World Health
Organization); what a table says of one year is not what it says of another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from homeground.answer.characters import unsaid
from homeground.answer.dates import Day, same_day
from homeground.answer.names import missing_names
from homeground.answer.placement import misplaced
from homeground.answer.polarity import contrary, negations, opposed
from homeground.answer.quantities import Quantity, said, same_number
from homeground.answer.tables import PERIOD, row_of
from homeground.answer.units import YEAR, Unit, alike, mirrored, units

MATCHED = 0.3  # share of the statement's terms that a unit must hold before their polarity is compared
CONTRASTED = 0.5  # and before a contrary word counts
AROUND = 40  # characters before and after a figure in which a word may say that it is below zero
_FALL = re.compile(
    r"\b(?:decreas|declin|loss|lost|lower|fell|fall|drop|down|reduc|negativ|deficit|outflow|net cash used|minus|below|"
    r"unfavou?rable|shrank|shrunk|weaken)",
    re.IGNORECASE,
)
_SPENT = re.compile(
    _FALL.pattern
    + r"|\b(?:us(?:ed|age)\b|expens|cost|charg|paid|pay|tax|depreci|amorti|impair|writ|repurchas|repa[iy]|purchas"
    r"|debt|liabilit|less\b|deduct|eliminat|dividend|allowance|provision|benefit|acqui|invest|spen[dt]|vest|forfeit"
    r"|expir|cancel|chang|adjust|net\b)",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"%|％|per ?cent|basis points|prozent|百分", re.IGNORECASE)


def missing(text: str, evidence: Sequence[str]) -> tuple[str, ...]:
    """What of ``text`` the evidence does not say: figures, dates, codes, names; then "negation" and contrary words.

    Empty when all is covered. Evidence that says nothing covers nothing.
    """
    sources = units(tuple(evidence))
    facts, whole = said(text), "\n".join(evidence)
    absent = [day.shown for day in facts.dates if not _has_day(day, sources)]
    absent += [number.shown for number in facts.numbers if not _has_number(number, text, sources, whole)]
    absent += [code for code in facts.codes if not _has_code(code, whole)]
    absent += misplaced(text, facts, sources)
    absent += missing_names(text, whole)
    absent += unsaid(text, whole)
    absent += _turned(text, sources)
    return tuple(dict.fromkeys(absent))


def _turned(text: str, sources: Sequence[Unit]) -> list[str]:
    """What is now its contrary: "negation" when every unit that speaks of the same thing differs in it, or a word."""
    near = alike(text, sources)
    if not near:
        return []
    found, texts, mirror = [], [unit.text for _, unit in near], mirrored(text, near)
    odd = mirror is not None and (negations(text) - negations(mirror.text)) % 2
    if row_of(near[0][1].text) is not None:  # what its cells and columns deny may stand in another row
        texts += [unit.text for unit in sources if negations(unit.text) and row_of(unit.text) is not None]
    if odd or (near[0][0] >= MATCHED and opposed(text, texts)):
        found.append("negation")
    if near[0][0] >= CONTRASTED and (word := contrary(text, texts)):
        found.append(word)
    return found


def _has_day(day: Day, sources: Sequence[Unit]) -> bool:
    """Is the date there, or its day and month with the year apart from them, as in the columns of a table?"""
    days = [other for unit in sources for other in unit.said.dates]
    if any(same_day(day, other) for other in days):
        return True
    if day.year is None or day.month is None:
        return False
    years = {number.digits for unit in sources for number in unit.said.numbers}
    part = Day(0, 0, "", None, day.month, day.day)
    return str(day.year) in years and any(other.year is None and same_day(part, other) for other in days)


def _has_number(number: Quantity, text: str, sources: Sequence[Unit], whole: str) -> bool:
    """Is the amount there, with the same sign, and in a unit that does not speak against it?"""
    if not number.unit and number.scale is None and YEAR.fullmatch(number.shown):
        return number.shown in YEAR.findall(whole)  # 1,975 is no year
    if number.unit == "%" and not _PERCENT.search(whole):
        return False
    equal = [(other, unit) for unit in sources for other in unit.said.numbers if same_number(number, other)]
    return any(_same_sign(number, other, text, unit.text) for other, unit in equal)


def _same_sign(number: Quantity, other: Quantity, text: str, source: str) -> bool:
    """A fall of 14.9 is -14.9, and 14.9 alone is not; (14.9) in accounts may be an expense of 14.9."""
    if number.negative == other.negative:
        return True
    if number.negative:  # "a loss of -5" says less than nothing
        told = _FALL.search(source[max(0, other.start - AROUND) : other.end + AROUND])
        return bool(told) and not _FALL.search(text[max(0, number.start - AROUND) : number.end + AROUND])
    return bool((_SPENT if other.bracketed else _FALL).search(text))


def _has_code(code: str, whole: str) -> bool:
    """Is the code there, with or without its hyphens? FY2018 is there where 2018 is."""
    period = PERIOD.fullmatch(code)
    if period and any(year in whole for year in YEAR.findall(code)):
        return True
    return re.search(rf"(?<![^\W_]){_loose(code)}(?![^\W_])", whole, re.IGNORECASE) is not None


def _loose(code: str) -> str:
    return r"[-_/. ]?".join(re.escape(part) for part in re.findall(r"[A-Za-z]+|\d+", code))
