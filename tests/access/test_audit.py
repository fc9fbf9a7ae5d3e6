"""The audit log: whatever is done to it, verify says so."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from homeground.access import audit
from homeground.catalogue import Catalogue
from homeground.errors import AuditError


@pytest.fixture
def catalogue(tmp_path: Path):
    opened = Catalogue(tmp_path / "catalogue.db", create=True)
    for number in range(5):
        audit.append(opened, "ask", "ann", {"question": f"Wie groß ist {number}?", "passages": number})
    yield opened
    opened.close()


def tamper(catalogue: Catalogue, *statements: str) -> None:
    with closing(sqlite3.connect(catalogue.path)) as raw:
        for statement in statements:
            raw.execute(statement)
        raw.commit()


def test_an_untouched_log_verifies(catalogue):
    assert audit.verify(catalogue) == 5
    newest, *_ = audit.entries(catalogue, limit=2)
    assert (newest.seq, newest.kind, newest.principal) == (5, "ask", "ann")
    assert newest.body == {"question": "Wie groß ist 4?", "passages": 4}


def test_an_empty_log_verifies(tmp_path):
    with closing(Catalogue(tmp_path / "empty.db", create=True)) as empty:
        assert audit.verify(empty) == 0


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("update audit set body = '{}' where seq = 3", "entry 3 was changed"),
        ("update audit set principal = 'bob' where seq = 5", "entry 5 was changed"),
        ("update audit set time = '2020-01-01' where seq = 1", "entry 1 was changed"),
        ("update audit set digest = previous where seq = 5", "entry 5 was changed"),
        ("delete from audit where seq = 3", "entry 3 is missing"),
        ("delete from audit where seq = 1", "entry 1 is missing"),
        ("delete from audit where seq = 5", "ends at entry 4, but 5 were written"),
        ("delete from audit", "ends at entry 0, but 5 were written"),
        ("insert into audit select 6, time, kind, principal, body, digest, digest from audit where seq = 5", "entry 6"),
        ("update audit set seq = 9 where seq = 2; update audit set seq = 2 where seq = 3", "missing|does not follow"),
        ("update meta set value = '4' where key = 'audit_count'", "ends at entry 5, but 4"),
        ("delete from meta where key like 'audit%'", "ends at entry 5, but 0"),
    ],
)
def test_every_kind_of_tampering_is_found(catalogue, damage, said):
    tamper(catalogue, *damage.split(";"))
    with pytest.raises(AuditError, match=said):
        audit.verify(catalogue)


def test_swapped_entries_are_found(catalogue):
    tamper(
        catalogue,
        "update audit set seq = 99 where seq = 2",
        "update audit set seq = 2 where seq = 3",
        "update audit set seq = 3 where seq = 99",
    )
    with pytest.raises(AuditError, match="entry 2"):
        audit.verify(catalogue)


def test_a_removed_entry_is_found_even_when_the_rest_is_renumbered(catalogue):
    tamper(catalogue, "delete from audit where seq = 3", "update audit set seq = seq - 1 where seq > 3")
    with pytest.raises(AuditError, match="does not follow"):
        audit.verify(catalogue)


def test_a_noted_head_shows_a_log_that_was_written_anew(catalogue, tmp_path):
    noted = audit.head(catalogue)
    audit.append(catalogue, "ask", "ann", {})
    assert audit.verify(catalogue, noted) == 6
    with closing(Catalogue(tmp_path / "forged.db", create=True)) as forged:
        for _ in range(6):
            audit.append(forged, "ask", "ann", {"question": "harmless"})
        assert audit.verify(forged) == 6
        with pytest.raises(AuditError, match="rewritten"):
            audit.verify(forged, noted)
    with closing(Catalogue(tmp_path / "short.db", create=True)) as short, pytest.raises(AuditError, match="noted"):
        audit.verify(short, noted)


def test_bodies_that_json_cannot_hold_are_refused(catalogue):
    for body in ({"x": float("nan")}, {"x": object()}, {"x": {1, 2}}):
        with pytest.raises((TypeError, ValueError)):
            audit.append(catalogue, "ask", "ann", body)
    assert audit.verify(catalogue) == 5


WRITER = """
import sys
from pathlib import Path
from homeground.access import audit
from homeground.catalogue import Catalogue
catalogue = Catalogue(Path(sys.argv[1]))
for number in range(25):
    audit.append(catalogue, "ask", sys.argv[2], {"number": number})
"""


def test_processes_that_write_at_once_take_turns(catalogue):
    names = ["w0", "w1"]
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, catalogue.path, name]) for name in names]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert audit.verify(catalogue) == 55
    order = [(each.principal, each.body["number"]) for each in audit.all_entries(catalogue) if each.principal != "ann"]
    assert sorted(order) == sorted((name, number) for name in names for number in range(25))


def test_canonical_json_is_one_text_for_one_value():
    assert audit.canonical({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"\\u00e9"]}'
    assert json.loads(audit.canonical({"x": "\ud800"})) == {"x": "\ud800"}
