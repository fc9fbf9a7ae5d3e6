"""What models elsewhere used up today, and what is left of the budgets. Kept in the catalogue, safe between processes.

A question reserves the worst that it can cost in the transaction that looks at what is left, so two processes at once
cannot overspend. The day is that of UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, insert, select, update

from homeground.catalogue import Catalogue
from homeground.catalogue.database import inserted_id
from homeground.catalogue.schema import meta
from homeground.catalogue.schema import spending as table
from homeground.errors import BudgetError
from homeground.models.generator import Usage
from homeground.settings import BudgetSettings

_UNKNOWN = table.c.usd.is_(None)
Now = Callable[[], datetime]
Price = Callable[[str, Usage], float | None]


@dataclass(frozen=True, slots=True)
class Spent:
    """What one person used of one model today. ``usd`` is None when the price of some of it is not known.

    ``open`` of the questions have not reported what they used, or never will: they count at their worst.
    """

    principal: str
    model: str
    destination: str
    questions: int
    open: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    usd: float | None


@dataclass(frozen=True, slots=True)
class BudgetReport:
    """Today's spending, as far as it was asked for, and the limits; a limit of 0 is none. ``day`` is in UTC."""

    day: str
    renews_at: datetime
    limits: BudgetSettings
    usd: float
    tokens: int
    spent: tuple[Spent, ...]


@dataclass(frozen=True, slots=True)
class _Sum:
    usd: float
    tokens: int


class Spending:
    """The account of a workspace. ``price`` says what a model asks for some tokens; None when nobody knows."""

    def __init__(
        self, catalogue: Catalogue, limits: BudgetSettings, price: Price, now: Now = lambda: datetime.now(UTC)
    ) -> None:
        self._catalogue, self._limits, self._price, self._now = catalogue, limits, price, now

    def reserve(self, principal: str, model: str, destination: str, worst: Usage) -> int:
        """Puts the worst that a question can use on the account; returns the number of the entry, for `settle`.

        Raises:
            BudgetError: when a budget has less left, or counts money and the price is not known. Nothing is written.
        """
        usd, now = self._price(model, worst), self._now().astimezone(UTC)
        if usd is None and (self._limits.day_usd or self._limits.person_day_usd):
            raise BudgetError(
                f"The price of {model} is not known, and [budget] counts money: put what it costs into [remote] "
                "prices, or set day_usd and person_day_usd to 0."
            )
        with self._catalogue.writing() as connection:
            # One after the other, also on a database whose writers do not take turns by themselves.
            connection.execute(select(meta.c.value).where(meta.c.key == "format").with_for_update())
            self._check(connection, principal, usd or 0.0, worst.input_tokens + worst.output_tokens, now)
            row = {"day": _day(now), "time": now, "principal": principal, "model": model, "destination": destination}
            made = connection.execute(insert(table).values(**row, **_used(worst, usd), settled=False))
            return inserted_id(made)

    def settle(self, entry: int, usage: Usage) -> None:
        """Replaces what was reserved by what was used."""
        with self._catalogue.writing() as connection:
            model = connection.scalar(select(table.c.model).where(table.c.id == entry))
            usd = 0.0 if not usage.input_tokens + usage.output_tokens else self._price(str(model), usage)
            connection.execute(update(table).where(table.c.id == entry).values(**_used(usage, usd), settled=True))

    def today(self, principal: str | None = None) -> BudgetReport:
        """Today's account: of one person, or of everybody."""
        now = self._now().astimezone(UTC)
        key = (table.c.principal, table.c.model, table.c.destination)
        summed = (table.c.input_tokens, table.c.output_tokens, table.c.cached_tokens, table.c.usd)
        counted = [func.sum(column).label(column.name) for column in summed]
        counted += [func.count().label("questions"), _count(~table.c.settled, "open"), _count(_UNKNOWN, "unknown")]
        query = select(*key, *counted).where(table.c.day == _day(now)).group_by(*key).order_by(*key)
        if principal is not None:
            query = query.where(table.c.principal == principal)
        with self._catalogue.reading() as connection:
            spent = tuple(_spent(dict(row._mapping)) for row in connection.execute(query))
            total = _total(connection, now, principal)
        return BudgetReport(_day(now), _renewal(now), self._limits, total.usd, total.tokens, spent)

    def _check(self, connection: Connection, principal: str, usd: float, tokens: int, now: datetime) -> None:
        limits = self._limits
        all_of_it, own = _total(connection, now, None), _total(connection, now, principal)
        for name, limit, used, wanted in (
            ("person_day_usd", limits.person_day_usd, own.usd, usd),
            ("person_day_tokens", limits.person_day_tokens, own.tokens, tokens),
            ("day_usd", limits.day_usd, all_of_it.usd, usd),
            ("day_tokens", limits.day_tokens, all_of_it.tokens, tokens),
        ):
            if limit and used + wanted > limit:
                raise BudgetError(_words(name, limit, max(0, limit - used), wanted, now))


def _total(connection: Connection, now: datetime, principal: str | None) -> _Sum:
    tokens = func.sum(table.c.input_tokens + table.c.output_tokens)
    query = select(func.sum(table.c.usd), tokens).where(table.c.day == _day(now))
    if principal is not None:
        query = query.where(table.c.principal == principal)
    usd, counted = connection.execute(query).one()
    return _Sum(usd or 0.0, int(counted or 0))


def _count(condition: Any, name: str) -> Any:
    return func.sum(case((condition, 1), else_=0)).label(name)


def _spent(row: dict[str, Any]) -> Spent:
    unknown = row.pop("unknown")
    return Spent(**row | {"usd": None if unknown else row["usd"]})


def _words(name: str, limit: float, left: float, wanted: float, now: datetime) -> str:
    whose = "Your budget of the day" if name.startswith("person") else "The budget of the day"
    money = name.endswith("usd")
    amounts = [f"{each:,.4f} USD" if money else f"{each:,.0f} tokens" for each in (left, limit, wanted)]
    return (
        f"{whose} has {amounts[0]} of {amounts[1]} left, and this question may take {amounts[2]}. It renews at "
        f"{_renewal(now):%Y-%m-%d %H:%M} UTC; {name} in [budget] sets it."
    )


def _used(usage: Usage, usd: float | None) -> dict[str, float | None]:
    counts = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    return {**counts, "cached_tokens": usage.cached_tokens, "usd": usd}


def _day(now: datetime) -> str:
    return now.date().isoformat()


def _renewal(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time.min, UTC)
