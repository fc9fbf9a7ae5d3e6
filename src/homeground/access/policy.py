"""Who may see what: from a principal's grants to the scope of a search.

The grants of an access class live in the catalogue only and are read at every query, so that a change acts at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from homeground.errors import ConfigError, NotFoundError
from homeground.moments import in_utc
from homeground.types import EVERYONE, OWNER, Principal, SearchFilter

if TYPE_CHECKING:
    from homeground.catalogue import Source
    from homeground.index.contract import Scope

_NAMED = re.compile(r"(user|group):\S(.*\S)?")


class Grants(Protocol):
    """What a policy asks of the catalogue."""

    def visible(self, grants: Collection[str]) -> frozenset[int]:
        """The access classes that someone with these grants may read."""

    def sources(self) -> list[Source]:
        """Every source."""

    def open_sources(self, access: Collection[int]) -> frozenset[int]:
        """The sources of which someone who may read these classes sees anything."""

    def hidden(self) -> frozenset[int]:
        """The documents that no search may find now."""


def check_grants(grants: Iterable[str]) -> frozenset[str]:
    """The grants, if each is well formed and there is at least one; ConfigError otherwise."""
    given = frozenset(grants)
    if not given:
        raise ConfigError("An access list needs at least one grant: everyone, owner, user:NAME or group:NAME.")
    return frozenset(map(check_grant, given))


def check_grant(grant: str) -> str:
    """The grant, if it is well formed; ConfigError otherwise."""
    if grant not in (EVERYONE, OWNER) and not _NAMED.fullmatch(grant):
        raise ConfigError(f"{grant!r} is no grant. Allowed: everyone, owner, user:NAME, group:NAME.")
    return grant


def visible_to(principal: Principal, catalogue: Grants) -> frozenset[int]:
    """The access classes that the principal may read, now."""
    return catalogue.visible(principal.grants)


def scope_of(principal: Principal, catalogue: Grants, narrowed: SearchFilter | None = None) -> Scope:
    """What a search of this principal may look at. A source that is absent and one that is forbidden read the same."""
    from homeground.index.contract import Scope

    wanted = narrowed or SearchFilter()
    visible = visible_to(principal, catalogue)
    source = None if wanted.source is None else find_source(catalogue, visible, wanted.source).id
    since, until = (moment and in_utc(moment) for moment in (wanted.since, wanted.until))
    return Scope(access=visible, source=source, since=since, until=until, hidden=catalogue.hidden())


def find_source(catalogue: Grants, visible: Collection[int], name: str) -> Source:
    """A visible source by name; NotFoundError when it is absent or forbidden."""
    open_to = catalogue.open_sources(visible)
    for source in catalogue.sources():
        if source.name == name and source.id in open_to:
            return source
    raise NotFoundError(f"There is no source named {name!r}. `homeground status` lists the sources.")


# -- Currency -------------------------------------------------------------------------------------

_LOOKS = 5


class Found(Protocol):
    """A passage of a revision of a document."""

    @property
    def document(self) -> int:
        """The document's id."""

    @property
    def revision(self) -> str:
        """The SHA-256 of the bytes that it was read from."""


class Standing(Protocol):
    """What currency asks of the catalogue."""

    def standing(self, documents: Collection[int]) -> frozenset[tuple[int, str]]:
        """The (document, revision) pairs that may be shown now."""

    def renew(self) -> None:
        """Moves a steady view on to the present."""


T = TypeVar("T")


def settled(catalogue: Standing, look: Callable[[], Sequence[T]], passage: Callable[[T], Found]) -> list[T]:
    """What ``look`` finds, once all of it is current and no document shows in two revisions.

    ``passage`` gives the passage of a found thing. While a sync commits, the index and the catalogue change one after
    the other, and a search asks the index more than once. Looking again gives the new state; what is still not current
    after a few looks is left out.
    """
    found: list[T] = []
    standing: frozenset[tuple[int, str]] = frozenset()
    for _ in range(_LOOKS):
        catalogue.renew()
        found = list(look())
        pairs = {_pair(passage(each)) for each in found}
        standing = catalogue.standing({document for document, _ in pairs})
        if pairs <= standing and len({document for document, _ in pairs}) == len(pairs):
            return found
    chosen = dict(_pair(passage(each)) for each in reversed(found) if _pair(passage(each)) in standing)
    return [each for each in found if chosen.get(passage(each).document) == passage(each).revision]


def _pair(passage: Found) -> tuple[int, str]:
    return passage.document, passage.revision
