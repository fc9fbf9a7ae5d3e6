"""Names are read once a sync, and never shared between people who may see different things."""

from collections.abc import Collection

from homeground.catalogue.records import DocumentName
from homeground.retrieve.names import visible_names


class Town:
    """Counts how often its names are read."""

    def __init__(self) -> None:
        self.synced_at = "1"
        self.reads = 0

    def facts(self, *keys: str) -> dict[str, str]:
        return {"synced_at": self.synced_at}

    def names(self, access: Collection[int]) -> dict[int, DocumentName]:
        self.reads += 1
        return {each: DocumentName(f"docs/{each}", "", None, "docs") for each in access}


def test_names_are_the_same_object_until_the_next_sync() -> None:
    town = Town()
    first = visible_names(town, frozenset({1}))
    assert visible_names(town, frozenset({1})) is first
    town.synced_at = "2"
    assert visible_names(town, frozenset({1})) is not first
    assert town.reads == 2


def test_each_set_of_access_classes_has_names_of_its_own() -> None:
    town = Town()
    assert set(visible_names(town, frozenset({1}))) == {1}
    assert set(visible_names(town, frozenset({1, 2}))) == {1, 2}
    assert set(visible_names(town, frozenset({1}))) == {1}


def test_only_the_latest_are_kept() -> None:
    town = Town()
    for access in range(50):
        visible_names(town, frozenset({access}))
    visible_names(town, frozenset({49}))
    assert town.reads == 50
    visible_names(town, frozenset({0}))
    assert town.reads == 51


def test_two_catalogues_do_not_mix() -> None:
    one, other = Town(), Town()
    visible_names(one, frozenset({1}))
    visible_names(other, frozenset({1}))
    assert (one.reads, other.reads) == (1, 1)
