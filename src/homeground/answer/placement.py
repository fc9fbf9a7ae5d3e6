"""Figures that the evidence says, but of something else: in the column of another year, in another sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from homeground.answer.dates import Day
from homeground.answer.quantities import Quantity, Said, said, same_number
from homeground.answer.tables import Row, row_of
from homeground.answer.units import YEAR, Unit, alike, mirrored
from homeground.answer.words import terms_in

FAR, FAR_ROW = 0.5, 0.34  # of the best share: a figure of a unit this far off belongs to something else
SAME = 0.5  # share of the statement's terms that the best unit must hold before another unit is far off


def misplaced(text: str, facts: Said, sources: Sequence[Unit]) -> list[str]:
    """Figures of ``text`` that stand where the evidence speaks of something else, as the statement writes them."""
    return [*_of_other_year(text, facts, sources), *_elsewhere(text, facts, sources)]


def _of_other_year(text: str, facts: Said, sources: Sequence[Unit]) -> list[str]:
    """Figures that the evidence gives for another year than the statement's: in a column, or by "respectively"."""
    years = set(YEAR.findall(text))
    if len(years) != 1:
        return []
    told, plain = _by_year(sources)
    found = []
    for number in facts.numbers:
        given = [
            {year for year, other in each if same_number(number, other)} for each in told if years & dict(each).keys()
        ]
        free = any(same_number(number, other) for unit in plain for other in unit.said.numbers)
        if number.digits not in years and any(given) and not free and not any(years & each for each in given):
            found.append(number.shown)
    return found


def _by_year(sources: Sequence[Unit]) -> tuple[list[list[tuple[str, Quantity]]], list[Unit]]:
    """Lists of years with their figures; and the units that are neither such a list nor a row of a table."""
    headers = [YEAR.findall(unit.text) for unit in sources]
    told, plain = [], []
    for place, unit in enumerate(sources):
        row = row_of(unit.text)
        if row is not None and not headers[place]:
            told.append(_of_row(row, place, headers))
        elif "respectively" in unit.text and (paired := _respectively(unit, headers[place])):
            told.append(paired)
        elif row is None:
            plain.append(unit)
    return [each for each in told if each], plain


def _of_row(row: Row, place: int, headers: Sequence[list[str]]) -> list[tuple[str, Quantity]]:
    """The cells of a row by the nearest line of as many different years, above it before below it."""
    fitting = [(at, years) for at, years in enumerate(headers) if len(set(years)) == len(years) == len(row.cells) > 1]
    if not fitting:
        return []
    years = next((years for at, years in reversed(fitting) if at < place), fitting[0][1])
    cells = zip(years, row.cells, strict=True)
    return [(year, number) for year, cell in cells for number in said(cell).numbers]


def _respectively(unit: Unit, years: Sequence[str]) -> list[tuple[str, Quantity]]:
    """ "$2.5 million and $2.6 million in 2019 and 2018, respectively": each year with its figure."""
    figures = [number for number in unit.said.numbers if number.digits not in years]
    return list(zip(years, figures, strict=True)) if len(set(years)) == len(years) == len(figures) > 1 else []


def _elsewhere(text: str, facts: Said, sources: Sequence[Unit]) -> list[str]:
    """Figures that the evidence says in another place than the sentence that the statement repeats."""
    mirror = mirrored(text, alike(text, sources))
    if mirror is None:
        return _far(text, facts, sources)
    left = [*mirror.said.numbers, *(number for day in mirror.said.dates for number in _years(day))]
    found = []
    for number in (*facts.numbers, *(number for day in facts.dates for number in _years(day))):
        match = next((other for other in left if same_number(number, other)), None)
        if match is None:
            found.append(number.shown)
        elif not YEAR.fullmatch(number.digits):
            left.remove(match)
    return found


def _far(text: str, facts: Said, sources: Sequence[Unit]) -> list[str]:
    """Figures that only such units say as share far fewer of the statement's words than another of their kind."""
    plain = terms_in(text) - {term for number in facts.numbers for term in terms_in(number.shown)}
    shares = [(len(plain & _label(unit)) / max(len(plain), 1), unit) for unit in sources if unit.said.numbers]
    found = []
    for number in facts.numbers:
        held = [each for each in shares if any(same_number(number, other) for other in each[1].said.numbers)]
        share, nearest = max(held, key=lambda each: each[0], default=(1.0, None))
        if nearest is None or YEAR.fullmatch(number.digits):
            continue
        row = row_of(nearest.text) is not None
        best = max(other for other, unit in shares if (row_of(unit.text) is not None) == row)
        if share < (FAR_ROW if row else FAR) * best and best >= SAME:
            found.append(number.shown)
    return found


def _label(unit: Unit) -> frozenset[str]:
    """The terms of a sentence, or those of the label of a row: its cells may be names of columns."""
    row = row_of(unit.text)
    return unit.terms if row is None else terms_in(row.label)


def _years(day: Day) -> Iterator[Quantity]:
    if day.year is not None:
        yield Quantity(day.start, day.end, day.shown, str(day.year), Decimal(day.year))
