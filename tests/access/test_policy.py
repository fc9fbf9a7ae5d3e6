"""From a principal to the scope of a search; and looking again until what was found is current."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from homeground.access.policy import find_source, scope_of, settled, visible_to
from homeground.catalogue import Catalogue, origins
from homeground.errors import NotFoundError
from homeground.types import Principal, SearchFilter


@pytest.fixture
def catalogue(tmp_path: Path):
    opened = Catalogue(tmp_path / "catalogue.db", create=True)
    with opened.writing() as connection:
        for name, grants in [("open", ["everyone"]), ("hr", ["group:hr", "user:ann"]), ("mine", ["owner"])]:
            origins.insert_source(connection, name, "folder", Path("/x") / name, "", name, grants)
    yield opened
    opened.close()


def names(catalogue: Catalogue, principal: Principal) -> set[str]:
    access = visible_to(principal, catalogue)
    return {source.name for source in catalogue.sources() if source.access in access}


@pytest.mark.parametrize(
    ("principal", "seen"),
    [
        (Principal("bob"), {"open"}),
        (Principal("ann"), {"open", "hr"}),
        (Principal("bob", frozenset({"hr"})), {"open", "hr"}),
        (Principal("bob", frozenset({"HR", "user:ann", "everyone"})), {"open"}),
        (Principal("hr"), {"open"}),
        (Principal("root", owner=True), {"open", "mine"}),
        (Principal("owner"), {"open"}),
    ],
)
def test_a_principal_sees_what_its_grants_say(catalogue, principal, seen):
    assert names(catalogue, principal) == seen


def test_absent_and_forbidden_sources_read_the_same(catalogue):
    said = []
    for source in ("hr", "no such"):
        with pytest.raises(NotFoundError) as error:
            scope_of(Principal("bob"), catalogue, SearchFilter(source=source))
        said.append(str(error.value).replace(source, "NAME"))
    assert said[0] == said[1]


def test_a_scope_narrows_to_the_source_and_the_dates_in_utc(catalogue):
    ann = Principal("ann")
    since = datetime(2024, 1, 1)
    scope = scope_of(ann, catalogue, SearchFilter("hr", since, None))
    assert scope.source == find_source(catalogue, scope.access, "hr").id
    assert (scope.since, scope.until) == (datetime(2024, 1, 1, tzinfo=UTC), None)
    assert scope.access == visible_to(ann, catalogue)


# -- Currency -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Passage:
    document: int
    revision: str


class Book:
    """A catalogue in which every document is current in the revisions given."""

    def __init__(self, *pairs: tuple[int, str]) -> None:
        self.pairs = frozenset(pairs)

    def renew(self) -> None:
        pass

    def standing(self, documents) -> frozenset[tuple[int, str]]:
        return frozenset(pair for pair in self.pairs if pair[0] in documents)


def looks(*answers: list[Passage]):
    left = list(answers)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def settle(book: Book, *answers: list[Passage]) -> list[Passage]:
    return settled(book, looks(*answers), lambda passage: passage)


def test_what_is_current_is_returned_as_found():
    found = [Passage(1, "a"), Passage(2, "b"), Passage(1, "a")]
    assert settle(Book((1, "a"), (2, "b")), found) == found
    assert settle(Book(), []) == []


def test_a_replaced_revision_is_looked_for_again():
    assert settle(Book((1, "new")), [Passage(1, "old")], [Passage(1, "new")]) == [Passage(1, "new")]


def test_two_revisions_of_one_document_never_show_together():
    book = Book((1, "old"), (1, "new"))
    mixed = [Passage(1, "new"), Passage(1, "old")]
    assert settle(book, mixed, [Passage(1, "new")]) == [Passage(1, "new")]
    assert settle(book, mixed) == [Passage(1, "new")]


def test_what_never_becomes_current_is_left_out():
    assert settle(Book((2, "b")), [Passage(1, "old"), Passage(2, "b")]) == [Passage(2, "b")]
