"""Times at the ends of the calendar."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from homeground.moments import after, in_utc

WEST, EAST = timezone(timedelta(hours=-23)), timezone(timedelta(hours=23))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (datetime(2026, 1, 2, 3), datetime(2026, 1, 2, 3, tzinfo=UTC)),
        (datetime(2026, 1, 2, 3, tzinfo=EAST), datetime(2026, 1, 1, 4, tzinfo=UTC)),
        (datetime(1, 1, 1, tzinfo=EAST), datetime.min.replace(tzinfo=UTC)),
        (datetime(9999, 12, 31, 23, tzinfo=WEST), datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_a_moment_in_utc_is_the_same_or_the_nearest_that_there_is(given: datetime, expected: datetime) -> None:
    assert in_utc(given) == expected


def test_after_a_day_comes_the_next_if_there_is_one() -> None:
    assert after(date(2026, 12, 31)) == datetime(2027, 1, 1, tzinfo=UTC)
    assert after(date.max) == datetime.max.replace(tzinfo=UTC)
