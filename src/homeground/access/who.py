"""From what is typed to the person that is meant."""

from __future__ import annotations

import getpass
from dataclasses import replace
from typing import TYPE_CHECKING

from homeground.catalogue.people_rows import LOCAL
from homeground.errors import ConfigError, NotFoundError
from homeground.types import Principal

if TYPE_CHECKING:
    from homeground.access.people import People


def local_owner() -> Principal:
    """Who works under this account of this machine, as the workspace's owner.

    No person's name holds a colon: nobody new can be taken for them.
    """
    return Principal(f"{LOCAL}{getpass.getuser()}", owner=True)


def named(text: str, people: People) -> Principal:
    """Who ``NAME`` or ``NAME,GROUP,GROUP`` means.

    A person of the workspace has their own groups and role as well; anybody else is a name in the groups that are
    typed. ConfigError when no name is typed.
    """
    name, *groups = (part.strip() for part in text.split(","))
    if not name or not all(groups):
        raise ConfigError(f"{text!r} names nobody: write NAME, or NAME,GROUP,GROUP")
    try:
        person = people.find(name)
    except NotFoundError:
        return Principal(name, frozenset(groups))
    return replace(person.principal, groups=person.groups | frozenset(groups))
