"""The names of the visible documents, read anew only after a sync: with many documents, reading them takes longer than
searching does, and the directory of names is kept for as long as the mapping is the same object.

Names only help ranking; what hits are called is read afresh elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from homeground.catalogue.records import DocumentName

_KEPT = 8  # sets of access classes, newest last

_Key = tuple[frozenset[int], str, str, str]


class Naming(Protocol):
    """The part of the catalogue that says what documents are called, and when that was last looked at."""

    def names(self, access: Collection[int]) -> Mapping[int, DocumentName]:
        """Names, titles, dates and sources of the documents that these access classes hold."""

    def facts(self, *keys: str) -> Mapping[str, str]:
        """Facts of the workspace: `synced_at` and `index_version` change with each sync, `placed` with each rule."""


_known: WeakKeyDictionary[Naming, dict[_Key, Mapping[int, DocumentName]]] = WeakKeyDictionary()


def visible_names(catalogue: Naming, access: frozenset[int]) -> Mapping[int, DocumentName]:
    """The names as of the latest sync or change of a rule: the same object until the next."""
    facts = catalogue.facts("synced_at", "index_version", "placed")
    key = access, facts.get("synced_at", ""), facts.get("index_version", ""), facts.get("placed", "")
    known = _known.setdefault(catalogue, {})
    found = known.get(key)
    if found is None:
        found = known[key] = catalogue.names(access)
        for outdated in list(known)[:-_KEPT]:
            known.pop(outdated, None)
    return found
