"""Scope → the SQL condition of a Lance query. Only whole numbers are written into it, so nothing can be injected."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

from homeground.index.contract import Scope

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def condition(scope: Scope) -> str:
    """The condition that rows in `scope` meet; for an empty scope one that no row meets."""
    return " AND ".join(_conditions(scope))


def among(column: str, numbers: Collection[int]) -> str:
    """``column IN (…)``; false for every row when there are no numbers."""
    return f"{column} IN ({', '.join(str(int(number)) for number in sorted(numbers))})" if numbers else "false"


def microseconds(moment: datetime) -> int:
    """Since 1970 in UTC; a moment without a time zone is taken to be in UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def moment(microseconds: int | None) -> datetime | None:
    """The inverse of `microseconds`, in UTC."""
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def _conditions(scope: Scope) -> Iterator[str]:
    yield among("access", scope.access)
    if scope.source is not None:
        yield among("source", [scope.source])
    if scope.since is not None:
        yield f"date >= {microseconds(scope.since)}"
    if scope.until is not None:
        yield f"date <= {microseconds(scope.until)}"
    if scope.documents is not None:
        yield among("document", scope.documents)
    if scope.hidden:
        yield f"NOT {among('document', scope.hidden)}"
