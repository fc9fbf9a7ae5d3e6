"""Who may read what is handed in on the page, said before it is: by the rules above it, or as the visitor chooses."""

from __future__ import annotations

import os
from dataclasses import dataclass

from homeground.access.caller import Caller
from homeground.access.policy import visible_to
from homeground.catalogue import Source, placing, rules
from homeground.ingest.uploads import folder_name
from homeground.serve.service import Service
from homeground.types import EVERYONE, OWNER

_MOST_KNOWN = 30  # a page is no directory: more names can be typed


@dataclass(frozen=True, slots=True)
class Readers:
    """What the visitor may choose from.

    ``above`` are the grants that hold when nothing is said, None where they are not for the visitor to know. ``mine``
    is the grant for the visitor alone, ``always`` the one that goes with every other choice: without it somebody who is
    no owner could not read their own file. ``known`` are grants that can be chosen by a click.
    """

    above: tuple[str, ...] | None
    mine: str
    always: str
    known: tuple[str, ...]


def readers(here: Service, caller: Caller) -> Readers:
    """What this visitor may choose from."""
    mine = OWNER if caller.via == "local" else f"user:{caller.principal.name}"  # the local owner has no name to keep
    always = "" if caller.principal.owner else mine
    return Readers(_above(here, caller), mine, always, _known(here, caller))


def _above(here: Service, caller: Caller) -> tuple[str, ...] | None:
    """The grants of a new file of the visitor. Of rules, and of whom they keep out, owners alone are told."""
    catalogue, folder = here.workspace.catalogue, here.workspace.uploads.folder
    source = next((each for each in catalogue.sources() if each.root == folder), None)
    if source is None:
        return (EVERYONE,)
    allow, ruled = _allowed(here, caller, source)
    if not caller.may("admin") and (ruled or source.access not in visible_to(caller.principal, catalogue)):
        return None
    return tuple(each for each in allow if each != OWNER or len(allow) == 1)


def _allowed(here: Service, caller: Caller, source: Source) -> tuple[list[str], bool]:
    """Who is allowed, and whether anything but the source's own list says so."""
    own = "" if caller.principal.owner else f"{folder_name(caller.principal.name)}/"
    with here.workspace.catalogue.reading() as connection:
        known = {each.path: each for each in rules.of_source(connection, source.id)}
    chain = [known[each] for each in placing.above(os.fsencode(f"{own}new"))[1:] if each in known]
    allow, deny = rules.effective(chain, source)
    return allow, bool(chain or deny) or source.permissions != "none"


def _known(here: Service, caller: Caller) -> tuple[str, ...]:
    """Grants that the visitor may know: owners those of all rules and groups, others their own groups."""
    if not caller.may("admin"):
        return tuple(f"group:{each}" for each in sorted(caller.principal.groups))[:_MOST_KNOWN]
    found = {f"group:{group}" for person in here.workspace.people.list() for group in person.groups}
    for rule in here.workspace.access_rules(caller.principal):
        found |= {*(rule.allow or ()), *rule.deny}
    return tuple(sorted(found - {EVERYONE, OWNER}))[:_MOST_KNOWN]
