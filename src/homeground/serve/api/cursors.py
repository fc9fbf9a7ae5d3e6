"""Cursors: where the next page of a list begins, as a text that means nothing to who carries it."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from fastapi import Query

from homeground.errors import ConfigError

Cursor = Annotated[str | None, Query(max_length=8_192, description="`next` of the page before.")]
_MOST = 2**53  # of numbers: what JSON holds


def cursor_of(place: str | int) -> str:
    """The cursor for a place."""
    return base64.urlsafe_b64encode(str(place).encode()).decode("ascii").rstrip("=")


def place_of(cursor: str | None) -> str | None:
    """The place that a cursor means; None for the beginning. ConfigError when it is none."""
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise ConfigError("The cursor is not one that this list gave out. Leave it out to begin anew.") from None


def number_of(cursor: str | None) -> int | None:
    """The number that a cursor means; None for the beginning. ConfigError when it is none."""
    place = place_of(cursor)
    if place is None:
        return None
    if not (place.isascii() and place.isdigit() and int(place[:17]) < _MOST and len(place) < 17):
        raise ConfigError("The cursor is not one that this list gave out. Leave it out to begin anew.")
    return int(place)
