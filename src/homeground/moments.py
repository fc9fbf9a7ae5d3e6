"""Times at the ends of the calendar, which people type who mean "always": no arithmetic with them may fail."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC, which it is in already when it does not say; the end of the calendar for what lies beyond."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        end = datetime.min if moment.year == datetime.min.year else datetime.max
        return end.replace(tzinfo=UTC)


def after(day: date) -> datetime:
    """The first moment after a day (UTC); the last one of all after the last day."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(day + timedelta(days=1), time.min, UTC)
