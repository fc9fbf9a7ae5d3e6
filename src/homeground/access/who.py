"""From what is typed to the person that is meant."""

from __future__ import annotations

from collections.abc import Callable

from homeground.errors import ConfigError
from homeground.types import Principal

Find = Callable[[str], Principal | None]


def named(text: str, find: Find | None = None) -> Principal:
    """NAME,GROUP,GROUP as it stands; a NAME alone is looked up with ``find``, where there are people to look up, and
    else is a person without groups. ConfigError for anything else."""
    name, *groups = (part.strip() for part in text.split(","))
    if not name or not all(groups):
        raise ConfigError(f"{text!r} names nobody: write NAME, or NAME,GROUP,GROUP")
    known = find(name) if find and not groups else None
    return known or Principal(name, frozenset(groups))
