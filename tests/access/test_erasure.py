"""Forgetting a person, or what is old: gone from the disk, while the chain of the audit log still verifies."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from homeground.access import audit, erasure, ledger
from homeground.access.entries import AuditFilter, every, page
from homeground.access.seal import canonical, plain_digest
from homeground.access.sought import Sought
from homeground.catalogue import Catalogue
from homeground.catalogue.schema import audit as table
from homeground.catalogue.schema_people import people
from homeground.catalogue.store import set_facts
from homeground.errors import AuditError, NotFoundError
from homeground.types import Principal

OWNER = Principal("olga", owner=True)
SECRET = "Wie hoch ist das Gehalt von Dr. Krause?"


@pytest.fixture
def catalogue(tmp_path: Path):
    opened = Catalogue(tmp_path / "catalogue.db", create=True)
    for number in range(3):
        audit.append(opened, "ask", "ann", {"question": f"{SECRET} {number}", "principal": "ann"})
        audit.append(opened, "ask", "bob", {"question": f"Where is gate {number}?", "principal": "bob"})
    audit.append(opened, "people", "olga", {"what": "role", "person": "ann"})
    yield opened
    opened.close()


def old_form(catalogue: Catalogue, principal: str, body: dict) -> None:
    """An entry as format 2 wrote it."""
    last = audit.head(catalogue)
    values = {"seq": last.count + 1, "time": datetime.now(UTC).isoformat(), "kind": "ask", "principal": principal}
    values |= {"body": canonical(body), "previous": last.digest}
    with catalogue.writing() as connection:
        connection.execute(insert(table).values(**values, digest=plain_digest(values)))
        set_facts(connection, {"audit_head": plain_digest(values), "audit_count": str(last.count + 1)})


def tamper(catalogue: Catalogue, *statements: str) -> None:
    with closing(sqlite3.connect(catalogue.path)) as raw:
        for statement in statements:
            raw.execute(statement)
        raw.commit()


def everything(catalogue: Catalogue) -> str:
    catalogue.checkpoint()
    return catalogue.path.read_bytes().decode("latin-1")


def test_a_person_is_forgotten_and_the_chain_still_verifies(catalogue):
    assert "Krause" in everything(catalogue)
    gone = erasure.erase_person(catalogue, "ann", "olga")
    assert gone.entries == 4  # three of her own, and the one that names her
    assert "Krause" not in everything(catalogue)
    assert audit.verify(catalogue) == 8
    told = page(catalogue, OWNER, AuditFilter(kind="erase"), limit=1).entries[0]
    assert (told.principal, told.body["entries"], "ann" in json.dumps(told.body)) == ("olga", 4, False)
    assert {entry.principal for entry in every(catalogue, OWNER, AuditFilter())} == {"", "bob", "olga"}


def test_forgetting_twice_empties_nothing_twice(catalogue):
    erasure.erase_person(catalogue, "ann", "olga")
    with pytest.raises(NotFoundError, match="nobody called 'ann' here"):
        erasure.erase_person(catalogue, "ann", "olga")
    assert audit.verify(catalogue) == 8


def test_somebody_of_whom_there_is_nothing_any_more_is_still_somebody(catalogue):
    with catalogue.writing() as connection:
        values = {"name": "Ann", "key": "ann", "role": "reader", "active": True, "created_at": datetime.now(UTC)}
        connection.execute(insert(people).values(**values))
    assert erasure.erase_person(catalogue, "ann", "olga").entries == 4
    assert erasure.erase_person(catalogue, "ANN", "olga").entries == 0


@pytest.mark.parametrize("spelled", ["ANN", " Ann ", "Ａｎｎ"])
def test_a_person_is_found_in_every_spelling_that_is_theirs(catalogue, spelled):
    audit.append(catalogue, "person removed", "olga", {"person": "aNN"})
    audit.append(catalogue, "access", "olga", {"target": "hr", "now": {"allow": ["user:Ann"]}})
    assert erasure.erase_person(catalogue, spelled, "olga").entries == 6
    assert {entry.principal for entry in every(catalogue, OWNER, AuditFilter(kind="ask"))} == {"", "bob"}


def test_names_with_other_letters_are_found_too(catalogue):
    audit.append(catalogue, "ask", "Jürgen Groß", {"question": "?"})
    audit.append(catalogue, "person changed", "olga", {"person": "JÜRGEN  GROSS"})
    assert erasure.erase_person(catalogue, "jürgen groß", "olga").entries == 2


def test_what_a_person_handed_in_is_not_named_in_the_entries_of_others(catalogue):
    audit.append(catalogue, "search", "bob", {"question": "?", "shown": {"uploads/ann/diary.md": [1]}})
    audit.append(catalogue, "show", "bob", {"what": "uploads/ann/diary.md page 1"})
    audit.append(catalogue, "access", "olga", {"target": "uploads:ann/", "now": {}})
    audit.append(catalogue, "show", "bob", {"what": "uploads/annabel/diary.md page 1"})
    assert erasure.erase_person(catalogue, "Ann", "olga").entries == 7
    assert "annabel" in str([entry.body for entry in every(catalogue, OWNER, AuditFilter())])


def test_a_failed_sign_on_of_an_older_version_is_forgotten_with_the_name_in_its_reason(catalogue):
    audit.append(catalogue, "login failed", "", {"why": "There is somebody called 'Ann' already."})
    assert erasure.erase_person(catalogue, "ann", "olga").entries == 5


def test_what_is_written_while_the_log_is_looked_through_is_forgotten_too(catalogue, monkeypatch):
    entries = Sought.entries

    def slow(self, connection, after, until):
        found = entries(self, connection, after, until)
        if not after:
            audit.append(catalogue, "ask", "ann", {"question": "one more"})
        return found

    monkeypatch.setattr(Sought, "entries", slow)
    assert erasure.erase_person(catalogue, "ann", "olga").entries == 5


def test_a_name_inside_another_word_is_not_that_person(catalogue):
    audit.append(catalogue, "ask", "bob", {"question": "Who is annabel? And ann, the other one?"})
    assert erasure.erase_person(catalogue, "ann", "olga").entries == 4


def test_the_log_goes_on_after_an_erasure(catalogue):
    erasure.erase_person(catalogue, "ann", "olga")
    audit.append(catalogue, "ask", "ann", {"question": "Am I new?"})
    assert audit.verify(catalogue) == 9


def test_entries_of_the_older_format_verify_and_are_forgotten_too(tmp_path):
    with closing(Catalogue(tmp_path / "old.db", create=True)) as old:
        for number in range(4):
            old_form(old, "ann" if number % 2 else "bob", {"question": f"{SECRET} {number}"})
        audit.append(old, "ask", "ann", {"question": "new"})
        assert audit.verify(old) == 5
        assert erasure.erase_person(old, "ann", "olga").entries == 3
        assert audit.verify(old) == 6
        assert f"{SECRET} 1" not in everything(old)
        assert f"{SECRET} 2" in everything(old)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("update audit set principal = '', body = '{}' where seq = 2", "entry 2 was changed"),
        (
            "update audit set principal = '', body = '{}' where seq = 2;"
            "update audit_seals set who_salt = null, what_salt = null where seq = 2",
            "entry 2 was emptied, and no entry",
        ),
        ("delete from audit_erased where seq = 1", "does not tell|no entry of the log tells"),
        ("update audit set time = '2020-01-01' where seq = 1", "entry 1 was changed"),
        ("update audit_seals set what = who where seq = 1", "entry 1 was changed"),
        ('update audit set body = \'{"question":"other"}\' where seq = 1', "entry 1 was changed"),
        ("insert into audit_erased values (2, 8)", "does not tell"),
        ("delete from audit_seals where seq = 4", "entry 4 was changed"),
    ],
)
def test_what_is_emptied_or_changed_in_secret_is_found(catalogue, damage, said):
    erasure.erase_person(catalogue, "ann", "olga")
    tamper(catalogue, *damage.split(";"))
    with pytest.raises(AuditError, match=said):
        audit.verify(catalogue)


def test_a_change_to_an_emptied_entry_of_the_older_format_is_found(tmp_path):
    with closing(Catalogue(tmp_path / "old.db", create=True)) as old:
        old_form(old, "ann", {"question": SECRET})
        erasure.erase_person(old, "ann", "olga")
        tamper(old, "update audit set time = '2020-01-01' where seq = 1")
        with pytest.raises(AuditError, match="does not tell"):
            audit.verify(old)


def age(catalogue: Catalogue, days: int) -> None:
    """Makes every entry look older, as if the log had been written with another clock."""
    with catalogue.writing() as connection:
        for row in connection.execute(select(table)).all():
            past = (datetime.fromisoformat(row.time) - timedelta(days=days)).isoformat(timespec="microseconds")
            connection.execute(update(table).where(table.c.seq == row.seq).values(time=past))


def test_what_is_older_than_it_is_kept_is_emptied_once(catalogue):
    age(catalogue, 40)
    audit.append(catalogue, "ask", "bob", {"question": "Where is gate 9?"})
    assert erasure.expire(catalogue, 0) == 0
    assert erasure.expire(catalogue, 30) == 7
    assert erasure.expire(catalogue, 30) == 0
    left = list(every(catalogue, OWNER, AuditFilter()))
    assert [entry.body.get("question") for entry in left if entry.principal == "bob"] == ["Where is gate 9?"]
    assert [entry.kind for entry in left].count("erase") == 1


def test_retention_and_a_person_may_forget_the_same_entries(catalogue):
    erasure.erase_person(catalogue, "ann", "olga")
    with catalogue.writing() as connection:
        rows = connection.execute(erasure._not_emptied()).all()
        erasure.empty(connection, rows, erasure.BY_ITSELF, erasure.RETENTION)
    assert audit.verify(catalogue) == 9


def test_the_record_of_what_left_keeps_its_bodies_and_loses_the_names(catalogue):
    parcel = ledger.Parcel("api.example.com", "far", "f" * 64, 10, 1, {"a.md": "0" * 64}, 0, "r1")
    ledger.end(catalogue, "ann", ledger.begin(catalogue, "ann", parcel), ledger.SENT)
    erasure.erase_person(catalogue, "ann", "olga")
    [left] = ledger.departures(catalogue)
    assert (left.principal, left.parcel, left.outcome) == ("", parcel, "sent")
    assert ledger.verify(catalogue) == 1
