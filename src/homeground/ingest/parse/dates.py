"""Dates as files write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_PDF = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:Z|([+-])(\d\d)'?(\d\d)?'?)?")


def parse_date(text: object) -> datetime | None:
    """A date with its time zone (UTC where none is written) from ISO 8601, RFC 2822 or PDF form; None otherwise."""
    if isinstance(text, datetime):
        return _sane(text)
    if isinstance(text, date):
        return _sane(datetime(text.year, text.month, text.day, tzinfo=UTC))
    if not isinstance(text, str) or not text.strip():
        return None
    words = text.strip()
    for read in (datetime.fromisoformat, _pdf, parsedate_to_datetime):
        try:
            return _sane(read(words))
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _pdf(words: str) -> datetime:
    match = _PDF.fullmatch(words)
    if not match:
        raise ValueError(words)
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    ahead = timedelta(hours=int(match[8] or 0), minutes=int(match[9] or 0))
    zone = timezone(-ahead if match[7] == "-" else ahead)
    return datetime(year, month or 1, day or 1, hour, minute, second, tzinfo=zone)


def _sane(found: datetime) -> datetime | None:
    """The date with a zone, or None for the zero dates that some programs write."""
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return aware if 1900 < aware.year < 2200 else None
