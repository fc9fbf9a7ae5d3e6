"""What can be checked exactly: numbers with units and signs, dates, codes, names, negation and words of contrary meaning.

``missing(text, evidence)`` says in words what the evidence does not say. Equal spellings are equal (1,577 and 1577.00,
3 March 2024 and 2024-03-03, 14.9 percent and 14.9%, (14.9) and -14.9, J. Smith and John Smith, WHO and World Health
Organization); what a table says of one year is not what it says of another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from homeground.answer.names import missing_names
from homeground.answer.polarity import contrary, negations, opposed
from homeground.answer.quantities import Day, Quantity, Said, said, same_day, same_number
from homeground.answer.tables import PERIOD, Row, row_of
from homeground.answer.words import terms_in
from homeground.ingest.sentences import sentences

NEAR = 0.7  # of the best unit's share of terms: units this good speak of the same thing
MATCHED = 0.3  # share of the statement's terms that a unit must hold before their polarity is compared
MIRRORED, MIRRORED_BACK = 0.8, 0.5  # shares, of the statement's terms and of the unit's, at which it only repeats it
FAR = 0.5  # of the best share: a figure of a unit this far off belongs to something else
CONTRASTED = 0.5  # and before a contrary word counts
AROUND = 40  # characters before and after a figure in which a word may say that it is below zero
_FALL = re.compile(
    r"\b(?:decreas|declin|loss|lost|lower|fell|fall|drop|down|reduc|negativ|deficit|outflow|net cash used|minus|below|"
    r"unfavou?rable|shrank|shrunk|weaken)",
    re.IGNORECASE,
)
_SPENT = re.compile(
    _FALL.pattern + r"|\b(?:us(?:ed|age)\b|expens|cost|charg|paid|pay|tax|depreci|amorti|impair|writ|repurchas|repa[iy]|purchas"
    r"|debt|liabilit|less\b|deduct|eliminat|dividend|allowance|provision|benefit|acqui|invest|spen[dt]|vest|forfeit"
    r"|expir|cancel|chang|adjust|net\b)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_PERCENT = re.compile(r"%|％|per ?cent|basis points|prozent|百分", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or table row of the evidence: its text on one line, its terms, and what in it compares exactly."""

    text: str
    terms: frozenset[str]
    said: Said


@lru_cache(maxsize=256)
def units(evidence: tuple[str, ...]) -> tuple[Unit, ...]:
    """The sentences and rows of all texts of the evidence, in order."""
    return tuple(_units(evidence))


def _units(evidence: Iterable[str]) -> Iterator[Unit]:
    for text in evidence:
        for start, end in sentences(text):
            line = " ".join(text[start:end].split())
            yield Unit(line, terms_in(line), said(line))


def missing(text: str, evidence: Sequence[str]) -> tuple[str, ...]:
    """Numbers, dates, codes and names of ``text`` that the evidence does not say, then "negation" and contrary words.

    Empty when all is covered. Evidence that says nothing covers nothing.
    """
    sources = units(tuple(evidence))
    facts, whole = said(text), "\n".join(evidence)
    absent = [day.shown for day in facts.dates if not _has_day(day, sources)]
    absent += [number.shown for number in facts.numbers if not _has_number(number, text, sources, whole)]
    absent += [code for code in facts.codes if not _has_code(code, whole)]
    absent += _misplaced(text, facts, sources)
    absent += _elsewhere(text, facts, sources)
    absent += missing_names(text, whole)
    absent += _turned(text, sources)
    return tuple(dict.fromkeys(absent))


def alike(text: str, sources: Sequence[Unit]) -> list[tuple[float, Unit]]:
    """The units that share most of the statement's terms, each with that share; best first, near ties kept."""
    own = terms_in(text)
    shares = [(len(own & unit.terms) / max(len(own), 1), unit) for unit in sources]
    best = max((share for share, _ in shares), default=0.0)
    return sorted((each for each in shares if each[0] >= NEAR * best > 0), key=lambda each: -each[0])


def _turned(text: str, sources: Sequence[Unit]) -> list[str]:
    """ "negation" when every unit that speaks of the same thing differs in it; the word that has become its contrary."""
    near = alike(text, sources)
    if not near:
        return []
    found, texts, mirror = [], [unit.text for _, unit in near], mirrored(text, near)
    odd = mirror is not None and (negations(text) - negations(mirror.text)) % 2
    if odd or (near[0][0] >= MATCHED and opposed(text, texts)):
        found.append("negation")
    if near[0][0] >= CONTRASTED and (word := contrary(text, texts)):
        found.append(word)
    return found


def mirrored(text: str, near: Sequence[tuple[float, Unit]]) -> Unit | None:
    """The unit that the statement repeats in nearly its own words, if there is one."""
    share, unit = near[0]
    back = len(terms_in(text) & unit.terms) / max(len(unit.terms), 1)
    return unit if share >= MIRRORED and back >= MIRRORED_BACK and row_of(unit.text) is None else None


def _elsewhere(text: str, facts: Said, sources: Sequence[Unit]) -> list[str]:
    """Figures that the evidence says in another place than the sentence that the statement repeats."""
    near = alike(text, sources)
    mirror = mirrored(text, near) if near else None
    if mirror is None:
        return _far(text, facts, sources)
    left = [*mirror.said.numbers, *(number for day in mirror.said.dates for number in _years(day))]
    found = []
    for number in (*facts.numbers, *(number for day in facts.dates for number in _years(day))):
        match = next((other for other in left if same_number(number, other)), None)
        if match is None:
            found.append(number.shown)
        elif not _YEAR.fullmatch(number.digits):
            left.remove(match)
    return found


def _far(text: str, facts: Said, sources: Sequence[Unit]) -> list[str]:
    """Figures that only such units say as share far fewer of the statement's words than another unit with figures."""
    plain = terms_in(text) - {term for number in facts.numbers for term in terms_in(number.shown)}
    shares = [(len(plain & unit.terms) / max(len(plain), 1), unit) for unit in sources if unit.said.numbers]
    if any(row_of(unit.text) for _, unit in shares):
        return []  # a row says its label in few words
    best = max((share for share, _ in shares), default=0.0)
    found = []
    for number in facts.numbers:
        held = [share for share, unit in shares if any(same_number(number, other) for other in unit.said.numbers)]
        if held and not _YEAR.fullmatch(number.digits) and max(held) < FAR * best and best >= CONTRASTED:
            found.append(number.shown)
    return found


def _years(day: Day) -> Iterator[Quantity]:
    if day.year is not None:
        yield Quantity(day.start, day.end, day.shown, str(day.year), Decimal(day.year))


def _has_day(day: Day, sources: Sequence[Unit]) -> bool:
    """Is the date there, or its day and month with the year apart from them, as in the columns of a table?"""
    days = [other for unit in sources for other in unit.said.dates]
    if any(same_day(day, other) for other in days):
        return True
    if day.year is None or day.month is None:
        return False
    years = {number.digits for unit in sources for number in unit.said.numbers}
    part = Day(0, 0, "", None, day.month, day.day)
    return str(day.year) in years and any(same_day(part, other) for other in days)


def _has_number(number: Quantity, text: str, sources: Sequence[Unit], whole: str) -> bool:
    """Is the amount there, with the same sign, and in a unit that does not speak against it?"""
    if not number.unit and _YEAR.fullmatch(number.digits) and number.digits in _YEAR.findall(whole):
        return True
    if number.unit == "%" and not _PERCENT.search(whole):
        return False
    equal = [(other, unit) for unit in sources for other in unit.said.numbers if same_number(number, other)]
    return any(_same_sign(number, other, text, unit.text) for other, unit in equal)


def _same_sign(number: Quantity, other: Quantity, text: str, source: str) -> bool:
    """A fall of 14.9 and -14.9 are the same; 14.9 alone and -14.9 are not. (14.9) in accounts may be an expense of 14.9."""
    if number.negative == other.negative:
        return True
    if number.negative:
        return bool(_FALL.search(source[max(0, other.start - AROUND) : other.end + AROUND]))
    return bool((_SPENT if other.bracketed else _FALL).search(text))


def _has_code(code: str, whole: str) -> bool:
    """Is the code there, with or without its hyphens? FY2018 is there where 2018 is."""
    period = PERIOD.fullmatch(code)
    if period and any(year in whole for year in _YEAR.findall(code)):
        return True
    return re.search(rf"(?<![^\W_]){_loose(code)}(?![^\W_])", whole, re.IGNORECASE) is not None


def _loose(code: str) -> str:
    return r"[-_/. ]?".join(re.escape(part) for part in re.findall(r"[A-Za-z]+|\d+", code))


def _misplaced(text: str, facts: Said, sources: Sequence[Unit]) -> list[str]:
    """Figures that stand in the row of a table, but in the column of another year than the statement's."""
    years = set(_YEAR.findall(text))
    if len(years) != 1:
        return []
    found = []
    rows = [(row, columns) for row, columns in _rows(sources) if years & set(columns)]
    for number in facts.numbers:
        if number.digits in years:
            continue
        told = [(set(columns) & years, cells) for row, columns in rows if (cells := _columns_of(number, row, columns))]
        elsewhere = any(same_number(number, n) for u in sources for n in u.said.numbers if row_of(u.text) is None)
        if told and not elsewhere and not any(years & cells for _, cells in told):
            found.append(number.shown)
    return found


def _rows(sources: Sequence[Unit]) -> Iterator[tuple[Row, tuple[str, ...]]]:
    """Rows of figures with the years that name their columns: the nearest line of as many years, above before below."""
    headers = [(place, tuple(_YEAR.findall(unit.text))) for place, unit in enumerate(sources)]
    for place, unit in enumerate(sources):
        row = row_of(unit.text)
        if row is None or headers[place][1]:
            continue
        fitting = [(at, years) for at, years in headers if len(years) == len(row.cells) > 1 == (len(set(years)) > 1)]
        above = [years for at, years in fitting if at < place]
        if fitting:
            yield row, above[-1] if above else fitting[0][1]


def _columns_of(number: Quantity, row: Row, columns: Sequence[str]) -> set[str]:
    """The years in whose columns the row has the number."""
    return {
        year
        for year, cell in zip(columns, row.cells, strict=True)
        if any(same_number(number, other) for other in said(cell).numbers)
    }
