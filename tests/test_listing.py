"""Lists of documents: narrowed, a part at a time, in the order of names; nothing but what the principal may read."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from homeground import DocumentFilter, Principal, Workspace
from homeground.catalogue import listing

EVERYONE = Principal("ines", frozenset({"everyone"}))
ALL = DocumentFilter()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("library")
    for number in range(30):
        (root / "open").mkdir(exist_ok=True)
        (root / "open" / f"{number:02}-Äpfel.txt").write_text(f"Plain text of number {number}.")
    (root / "open" / "broken.pdf").write_bytes(b"%PDF-1.4 cut short")
    (root / "closed").mkdir()
    (root / "closed" / "salaries.txt").write_text("Nobody else may read this.")
    with Workspace.create(root) as workspace:
        workspace.add(root / "open", access=["everyone"], name="open")
        workspace.add(root / "closed", access=["group:board"], name="closed")
        yield workspace


def names(workspace: Workspace, wanted: DocumentFilter = ALL, **part: object) -> list[str]:
    return [Path(each.name).name for each in workspace.find_documents(EVERYONE, wanted, **part).documents]


def test_parts_follow_on_each_other_and_leave_nothing_out(library):
    whole = [each.name for each in library.documents(EVERYONE)]
    assert whole == sorted(whole)
    assert len(whole) == 31
    for seed in range(10):
        limit, found = random.Random(seed).randint(1, 40), []
        while True:
            part = library.find_documents(EVERYONE, ALL, after=found[-1] if found else "", limit=limit)
            found += [each.name for each in part.documents]
            assert part.total == 31
            if not part.more:
                break
        assert found == whole
    assert names(library, skip=29) == [Path(name).name for name in whole[29:]]


def test_words_are_found_in_any_case_and_states_apart(library):
    assert len(names(library, DocumentFilter(("ÄPFEL",)))) == 30
    assert names(library, DocumentFilter(("äpfel", "07-"))) == ["07-Äpfel.txt"]
    assert names(library, DocumentFilter(state="unread")) == ["broken.pdf"]
    assert "broken.pdf" not in names(library, DocumentFilter(state="read"))
    assert names(library, DocumentFilter(state="partly")) == names(library, DocumentFilter(flagged=True)) == []


def test_what_may_not_be_read_is_in_no_list_and_no_count(library):
    everything = [each.name for each in library.documents(library.owner)]
    (hidden,) = (name for name in everything if name.endswith("salaries.txt"))
    assert library.find_documents(EVERYONE, DocumentFilter(("salaries",))).total == 0
    with library.catalogue.reading() as connection:
        visible = library.catalogue.visible({"everyone"})
        assert listing.id_of(connection, visible, hidden) is None
        assert sum(listing.kinds(connection, visible).values()) == 31
