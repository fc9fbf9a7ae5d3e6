"""Looking through the audit log: filters, pages, and what somebody who is no owner sees of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from homeground.access import audit
from homeground.access.entries import AuditFilter, every, page
from homeground.catalogue import Catalogue
from homeground.types import Principal

OWNER, ANN = Principal("olga", owner=True), Principal("ann")


@pytest.fixture
def catalogue(tmp_path: Path):
    opened = Catalogue(tmp_path / "catalogue.db", create=True)
    for number in range(10):
        who = "ann" if number % 2 else "bob"
        audit.append(opened, "ask", who, {"question": f"Wie GROẞ ist {number}?", "revisions": {"secret.md": "0"}})
    audit.append(opened, "show", "ann", {"what": "secret.md page 1", "document": "secret.md", "page": 1})
    yield opened
    opened.close()


def numbers(found) -> list[int]:
    return [entry.seq for entry in found]


def test_pages_follow_each_other_without_gap_or_repetition(catalogue):
    seen, before = [], None
    while True:
        found = page(catalogue, OWNER, AuditFilter(), limit=4, before=before)
        seen += numbers(found.entries)
        audit.append(catalogue, "ask", "bob", {})  # what comes meanwhile moves nothing
        if found.next is None:
            break
        before = found.next
    assert seen == list(range(11, 0, -1))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (AuditFilter(kind="show"), [11]),
        (AuditFilter(principal="bob"), [9, 7, 5, 3, 1]),
        (AuditFilter(text="groß ist 3"), []),
        (AuditFilter(text="wie groẞ"), list(range(10, 0, -1))),
        (AuditFilter(text="100%"), []),
        (AuditFilter(since=datetime.now(UTC) + timedelta(days=1)), []),
        (AuditFilter(until=datetime.now() - timedelta(days=1)), []),
        (AuditFilter(since=datetime(2020, 1, 1), kind="show"), [11]),
    ],
)
def test_a_filter_shows_what_fits_and_nothing_else(catalogue, wanted, expected):
    assert numbers(every(catalogue, OWNER, wanted)) == expected


def test_a_person_sees_their_own_entries_only(catalogue):
    assert {entry.principal for entry in every(catalogue, ANN, AuditFilter())} == {"ann"}
    assert numbers(every(catalogue, ANN, AuditFilter(principal="bob"))) == []


def test_own_entries_do_not_name_documents_that_may_not_be_read_any_more(catalogue):
    found = list(every(catalogue, ANN, AuditFilter()))
    assert "secret.md" not in str([entry.body for entry in found])
    assert "secret.md" in str([entry.body for entry in every(catalogue, OWNER, AuditFilter())])


def test_nothing_finds_an_entry_by_words_that_its_reader_is_not_shown(catalogue):
    assert numbers(every(catalogue, ANN, AuditFilter(text="secret"))) == []
    assert numbers(every(catalogue, ANN, AuditFilter(text="Wie groẞ ist 3"))) == [4]
    assert len(list(every(catalogue, OWNER, AuditFilter(text="secret")))) == 11
    found = page(catalogue, ANN, AuditFilter(text="wie"), limit=2)
    assert (numbers(found.entries), found.next) == ([10, 8], 8)


def test_own_entries_that_speak_of_the_documents_of_others_say_nothing(catalogue):
    audit.append(catalogue, "sync", "ann", {"what": "3 added", "added": 3})
    audit.append(catalogue, "access", "ann", {"target": "secret.md", "now": {"allow": ["group:hr"]}})
    audit.append(catalogue, "search", "ann", {"question": "what?", "shown": {"secret.md": [1]}, "hits": 1})
    audit.append(catalogue, "upload", "ann", {"document": "secret.md", "sha256": "0", "bytes": 7})
    newest = [entry.body for entry in page(catalogue, ANN, AuditFilter(), limit=4).entries]
    assert newest == [{}, {"question": "what?", "shown": {}, "hits": 1}, {}, {}]


def test_reasons_and_words_from_elsewhere_go_with_the_documents_that_they_are_about(catalogue):
    attempts = [{"use": "far", "ended": "skipped", "reason": "2 passages of hr (secret)", "ms": 1.0}]
    told = {"question": "And she?", "standalone": "And Zorvan?", "attempts": attempts, "revisions": {"secret.md": "0"}}
    audit.append(catalogue, "ask", "ann", told | {"borrowed": []})
    audit.append(catalogue, "ask", "ann", {"question": "And she?", "standalone": "And Zorvan?"})  # of an older version
    old, new = (entry.body for entry in page(catalogue, ANN, AuditFilter(), limit=2).entries)
    assert (new["standalone"], new["attempts"][0]) == (None, attempts[0] | {"reason": ""})
    assert old == {"question": "And she?", "standalone": None}
    assert numbers(every(catalogue, ANN, AuditFilter(text="Zorvan"))) == []
