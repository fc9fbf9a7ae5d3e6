"""The ledger: every request is in it before it leaves, and nothing can be taken out unseen."""

from __future__ import annotations

import hashlib
import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from homeground.access import audit, ledger
from homeground.access.recorded import Recorded, payload
from homeground.catalogue import Catalogue
from homeground.errors import AuditError, ModelError
from homeground.models.generator import Message, Sampling, Tool, Usage

SAID = [Message("system", "Answer."), Message("user", "Was heißt E07?")]


@pytest.fixture
def catalogue(tmp_path: Path):
    opened = Catalogue(tmp_path / "catalogue.db", create=True)
    yield opened
    opened.close()


def parcel(destination: str = "api.example.com", **more) -> ledger.Parcel:
    known = {"model": "m", "sha256": "a" * 64, "bytes": 7, "passages": 2, "revisions": {"a.md": "f" * 64}}
    return ledger.Parcel(destination, **{**known, "redactions": 1, "receipt": "r", **more})


class Far:
    """A generator that says three words, fails, or says why it ended."""

    name, digest, destination, context_tokens, usage = "far", "", "api.example.com", 1000, Usage(1, 1)

    def __init__(self, fails: str = "", finish: str = "stop") -> None:
        self.fails, self.finish, self.cancelled = fails, finish, 0

    def count_tokens(self, messages):
        return 1

    def generate(self, messages, sampling):
        if self.fails == "at once":
            raise ModelError("no connection")
        return self

    def __iter__(self):
        yield "one "
        if self.fails:
            raise ModelError("broken stream")
        yield "two"

    def cancel(self) -> None:
        self.cancelled += 1


@pytest.fixture
def recorded(catalogue):
    """Wraps a generator, so that the catalogue records it; what is recorded stands before the request is made."""

    def wrap(far: Far) -> Recorded:
        def depart(generator, sent: bytes):
            seq = ledger.begin(catalogue, "ann", parcel(bytes=len(sent), sha256=hashlib.sha256(sent).hexdigest()))
            return lambda outcome: ledger.end(catalogue, "ann", seq, outcome)

        return Recorded(far, depart)

    return wrap


def outcomes(catalogue: Catalogue) -> list[str]:
    return [each.outcome for each in ledger.departures(catalogue)]


def test_a_request_is_recorded_before_it_leaves_and_again_when_it_ended(catalogue, recorded):
    writing = recorded(Far()).generate(SAID, Sampling())
    assert outcomes(catalogue) == [ledger.OPEN]
    assert "".join(writing) == "one two"
    (only,) = ledger.departures(catalogue)
    assert (only.outcome, only.principal, only.seq) == (ledger.SENT, "ann", 1)
    assert only.ended >= only.time
    sent = json.dumps(
        {"messages": [{"role": "system", "text": "Answer."}, {"role": "user", "text": "Was heißt E07?"}]},
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    assert (only.parcel.bytes, only.parcel.sha256) == (len(sent), hashlib.sha256(sent).hexdigest())


def test_a_request_that_fails_is_recorded_as_failed(catalogue, recorded):
    with pytest.raises(ModelError, match="no connection"):
        recorded(Far("at once")).generate(SAID, Sampling())
    with pytest.raises(ModelError, match="broken stream"):
        list(recorded(Far("later")).generate(SAID, Sampling()))
    assert outcomes(catalogue) == [ledger.FAILED] * 2


def test_a_request_that_is_given_up_is_recorded_as_cancelled(catalogue, recorded):
    far = Far()
    writing = recorded(far).generate(SAID, Sampling())
    next(iter(writing))
    writing.cancel()
    writing.cancel()
    assert (outcomes(catalogue), far.cancelled) == ([ledger.CANCELLED], 2)
    abandoned = iter(recorded(Far()).generate(SAID, Sampling()))
    next(abandoned)
    abandoned.close()
    list(recorded(Far(finish="cancelled")).generate(SAID, Sampling()))
    assert outcomes(catalogue) == [ledger.CANCELLED] * 3


def test_a_cancel_after_the_end_changes_nothing(catalogue, recorded):
    writing = recorded(Far()).generate(SAID, Sampling())
    list(writing)
    writing.cancel()
    assert outcomes(catalogue) == [ledger.SENT]
    assert ledger.verify(catalogue) == 1


def test_a_request_that_cannot_be_recorded_is_not_made(recorded):
    class Full:
        def generate(self, *_):
            raise AssertionError("it left")

    def depart(*_):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        Recorded(Full(), depart).generate(SAID, Sampling())


def test_the_schema_of_a_request_is_part_of_what_left():
    assert payload(SAID, Sampling()) != payload(SAID, Sampling(schema={"type": "object"}))
    assert payload(SAID, Sampling()) != payload(SAID, Sampling(tools=(Tool("mail", "Writes.", {"type": "object"}),)))


def test_no_text_is_kept(catalogue, recorded):
    list(recorded(Far()).generate(SAID, Sampling()))
    assert not any("E07" in json.dumps(entry.body) for entry in audit.all_entries(catalogue))


def test_the_list_is_newest_first_and_can_be_narrowed(catalogue):
    for destination in ("a.example", "b.example", "a.example"):
        seq = ledger.begin(catalogue, "ann", parcel(destination))
        ledger.end(catalogue, "ann", seq, ledger.SENT)
        audit.append(catalogue, "ask", "ann", {"question": "?"})
    assert [each.seq for each in ledger.departures(catalogue)] == [7, 4, 1]
    assert [each.seq for each in ledger.departures(catalogue, destination="a.example")] == [7, 1]
    assert [each.seq for each in ledger.departures(catalogue, limit=2)] == [7, 4]
    today = date.fromisoformat(ledger.departures(catalogue)[0].time[:10])
    assert len(ledger.departures(catalogue, day=today)) == 3
    assert ledger.departures(catalogue, day=date(2001, 1, 1)) == []
    assert {each.outcome for each in ledger.departures(catalogue)} == {ledger.SENT}


def filled(catalogue: Catalogue) -> None:
    for number in range(3):
        seq = ledger.begin(catalogue, "ann", parcel(bytes=number))
        ledger.end(catalogue, "ann", seq, ledger.SENT)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("update audit set body = replace(body, '\"bytes\":1', '\"bytes\":0') where seq = 3", "entry 3 was changed"),
        ("update audit set body = replace(body, 'sent', 'failed') where seq = 4", "entry 4 was changed"),
        ("update audit set body = replace(body, 'api.example', 'www.example') where seq = 5", "entry 5 was changed"),
        ("update audit set kind = 'ask' where seq = 3", "entry 3 was changed"),
        ("delete from audit where seq in (3, 4)", "entry 3 is missing"),
        ("delete from audit where seq > 4", "ends at entry 4, but 6 were written"),
        ("delete from audit where kind like 'egress%'", "ends at entry 0, but 6 were written"),
    ],
)
def test_every_kind_of_tampering_is_found(catalogue, damage, said):
    filled(catalogue)
    assert ledger.verify(catalogue) == 3
    with closing(sqlite3.connect(catalogue.path)) as raw:
        raw.execute(damage)
        raw.commit()
    with pytest.raises(AuditError, match=said):
        ledger.verify(catalogue)


@pytest.mark.parametrize("of", [1, 2, 9])
def test_an_end_that_belongs_to_no_request_is_found(catalogue, of):
    filled(catalogue)
    ledger.end(catalogue, "ann", of, ledger.SENT)
    with pytest.raises(AuditError, match="that was not on its way"):
        ledger.verify(catalogue)


KILLED = """
import os, signal, sys
from pathlib import Path
from homeground.access.egress import Policy
from homeground.access.gate import EgressGate
from homeground.catalogue import Catalogue
from homeground.settings import EgressRule, EgressSettings
from homeground.models.generator import Message, Sampling
class Deadly:
    name, digest, destination, context_tokens = "far", "", "api.example.com", 1000
    def generate(self, messages, sampling):
        os.kill(os.getpid(), signal.SIGKILL)
policy = Policy(EgressSettings(), (EgressRule(to=("*",), most="public"),))
gate = EgressGate(policy, Catalogue(Path(sys.argv[1])), "ann", "receipt")
gate.load("api.example.com", [])
gate.guard(Deadly()).generate([Message("user", "hello")], Sampling())
"""


def test_a_process_that_is_killed_while_it_sends_leaves_the_intention(catalogue):
    done = subprocess.run([sys.executable, "-c", KILLED, catalogue.path], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    (only,) = ledger.departures(catalogue)
    assert (only.outcome, only.ended, only.parcel.destination) == (ledger.OPEN, "", "api.example.com")
    assert ledger.verify(catalogue) == 1
