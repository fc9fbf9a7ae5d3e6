"""The gate: what reaches a generator elsewhere is what the rules allow, redacted, and recorded."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from homeground.access import ledger
from homeground.access.egress import Policy
from homeground.access.gate import EgressGate
from homeground.answer.generate import Writer
from homeground.catalogue import Catalogue, origins
from homeground.errors import EgressError
from homeground.models.generator import Message, Sampling, Usage
from homeground.settings import EgressRule, EgressSettings
from homeground.types import Hit

AWAY = "api.example.com"
LABELS = EgressSettings().labels


class Far:
    """A generator elsewhere that remembers what it received, and repeats the first passage."""

    name, digest, context_tokens, usage, finish = "far", "", 10_000, Usage(9, 3), "stop"

    def __init__(self, destination: str = AWAY) -> None:
        self.destination, self.seen = destination, []

    @property
    def received(self) -> str:
        return "\n".join(message.text for messages in self.seen for message in messages)

    def count_tokens(self, messages) -> int:
        return sum(len(message.text.split()) for message in messages)

    def generate(self, messages, sampling):
        self.seen.append(messages)
        return self

    def __iter__(self):
        first = self.seen[-1][-1].text.splitlines()[0]
        return iter([first.removeprefix("[1] "), " [1]"])

    def cancel(self) -> None:
        pass


class Same:
    """An encoder to which all texts are alike."""

    def encode(self, texts):
        return np.ones((len(texts), 1), dtype=np.float32)


@pytest.fixture
def catalogue(tmp_path: Path):
    opened = Catalogue(tmp_path / "catalogue.db", create=True)
    with opened.writing() as connection:
        for name in ("handbook", "hr", "press", "board"):
            origins.insert_source(connection, name, "folder", Path("/x") / name, "", name, ["everyone"])
    yield opened
    opened.close()


def relabel(catalogue: Catalogue, **labels: str) -> None:
    for name, label in labels.items():
        catalogue.set_label(catalogue.source(name), label)


def hit(source: str, text: str, number: int = 0) -> Hit:
    return Hit(f"{source}/{number}.md", "", "r" * 64, 1, 0, len(text), text, 0.9, source=source)


def gate_of(catalogue: Catalogue, *rules: EgressRule, **settings) -> EgressGate:
    return EgressGate(Policy(EgressSettings(**settings), rules), catalogue, "ann", "receipt")


def ask(gate: EgressGate, far: Far, hits: list[Hit], question: str = "What about it?", mode: str = "rcg"):
    pages = {each.document: each.text for each in hits}
    writer = Writer(gate.guard(far), Same(), mode, 50, gate)
    return writer.write(question, hits, lambda document, revision, page: pages[document])


EVERYTHING = EgressRule(to=("*",), most="secret")


# -- Policy ---------------------------------------------------------------------------------------


def test_without_rules_nothing_leaves_not_even_the_question(catalogue):
    far, gate = Far(), gate_of(catalogue)
    for hits, mode in (
        ([hit("press", "It is green.")], "rcg"),
        ([hit("press", "It is green.")], "rag"),
        ([], "closed"),
    ):
        with pytest.raises(EgressError, match=f"no rule lets anything go to {AWAY}"):
            ask(gate, far, hits, mode=mode)
    assert (far.seen, gate.bytes, ledger.departures(catalogue)) == ([], 0, [])


def test_a_writer_without_a_gate_lets_nothing_leave():
    far = Far()
    with pytest.raises(EgressError, match="Not allowed to leave this machine"):
        Writer(far, Same(), "rcg", 50).write("?", [hit("press", "It is green.")], lambda *_: "")
    assert far.seen == []


def test_what_may_not_go_is_left_out_and_told(catalogue):
    relabel(catalogue, hr="confidential", press="public")
    far, gate = Far(), gate_of(catalogue, EgressRule(to=(AWAY,), most="internal", sources=("press", "hr", "handbook")))
    hits = [hit("hr", "The salary is 95 units."), hit("press", "The pump is green."), hit("board", "We sell the pump.")]
    hits += [hit("hr", "The bonus is 7 units.", 1)]
    written = ask(gate, far, hits)
    assert "The pump is green." in far.received
    assert not any(text in far.received for text in ("salary", "bonus", "sell"))
    assert written.withheld == f"Withheld from {AWAY}: 2 passages of hr (confidential), 1 passage of board (internal)."
    assert [each.citations[0].document for each in written.statements] == ["press/0.md"]
    (departure,) = ledger.departures(catalogue)
    assert (departure.parcel.passages, departure.parcel.revisions) == (1, {"press/0.md": "r" * 64})
    assert (departure.principal, departure.parcel.receipt, departure.outcome) == ("ann", "receipt", "sent")
    assert gate.bytes == departure.parcel.bytes > 0


def test_when_none_may_go_nothing_is_sent(catalogue):
    far, gate = Far(), gate_of(catalogue, EgressRule(to=(AWAY,), most="public"))
    for mode in ("rcg", "rag"):
        with pytest.raises(EgressError, match=r"none of the passages .* 1 passage of hr \(internal\)"):
            ask(gate, far, [hit("hr", "The salary is 95 units.")], mode=mode)
    assert far.seen == []


def test_a_change_of_label_acts_on_the_next_request(catalogue):
    far, gate = Far(), gate_of(catalogue, EgressRule(to=(AWAY,), most="internal"))
    assert ask(gate, far, [hit("hr", "The salary is 95 units.")]).statements
    relabel(catalogue, hr="secret")
    with pytest.raises(EgressError):
        ask(gate, far, [hit("hr", "The salary is 95 units.")])


def test_passages_of_a_source_that_is_gone_stay_here(catalogue):
    far, gate = Far(), gate_of(catalogue, EVERYTHING)
    written = ask(gate, far, [hit("removed", "It was blue."), hit("press", "It is green.")])
    assert "blue" not in far.received
    assert "1 passage of removed (gone)" in written.withheld


def test_a_generator_on_this_machine_needs_no_rule_and_is_not_recorded(catalogue):
    for destination in ("", "localhost:8000", "127.0.0.1:8080"):
        far, gate = Far(destination), gate_of(catalogue, redact=("email",))
        ask(gate, far, [hit("hr", "Write to ann@example.org about it.")])
        assert "ann@example.org" in far.received
        assert (gate.bytes, ledger.departures(catalogue)) == (0, [])


def test_a_loopback_that_is_not_trusted_is_guarded(catalogue):
    far = Far("localhost:8000")
    with pytest.raises(EgressError):
        ask(gate_of(catalogue, trust_loopback=False), far, [hit("hr", "It is red.")])
    gate = gate_of(catalogue, EgressRule(to=("localhost:8000",), most="secret"), trust_loopback=False)
    ask(gate, far, [hit("hr", "It is red.")])
    assert (len(ledger.departures(catalogue)), gate.bytes > 0) == (1, True)


def test_a_request_that_nobody_has_declared_is_not_made(catalogue):
    far, gate = Far(), gate_of(catalogue, EVERYTHING)
    guarded, said = gate.guard(far), [Message("user", "hello")]
    with pytest.raises(EgressError, match="nobody said what"):
        guarded.generate(said, Sampling())
    gate.load(AWAY, [])
    guarded.generate(said, Sampling())
    with pytest.raises(EgressError, match="nobody said what"):  # each request anew
        guarded.generate(said, Sampling())
    assert (len(far.seen), len(ledger.departures(catalogue))) == (1, 1)


def test_passages_that_may_not_go_cannot_be_declared(catalogue):
    gate = gate_of(catalogue, EgressRule(to=(AWAY,), most="internal", sources=("press",)))
    with pytest.raises(EgressError, match="1 passage of hr"):
        gate.load(AWAY, [hit("press", "a"), hit("hr", "b")])


@pytest.mark.parametrize("part", range(10))
def test_no_forbidden_passage_is_ever_received(catalogue, part):
    """500 sets of rules, sources, labels, modes: what arrives is what the rules allow, and the ledger says so."""
    for seed in range(part * 50, part * 50 + 50):
        rng = random.Random(seed)
        labels = {name: rng.choice(LABELS) for name in NAMES}
        relabel(catalogue, **labels)
        try_one(catalogue, rng, labels)


NAMES = ["handbook", "hr", "press", "board"]


def random_rule(rng: random.Random) -> EgressRule:
    to = rng.choice([AWAY, "other.example", "*", "*.example.com", f"{AWAY}:1"])
    sources = tuple(rng.sample([*NAMES, "*", "h*"], rng.randint(1, 2)))
    return EgressRule(to=(to,), most=rng.choice(LABELS), sources=sources)


def try_one(catalogue: Catalogue, rng: random.Random, labels: dict[str, str]) -> None:
    rules = tuple(random_rule(rng) for _ in range(rng.randint(0, 3)))
    settings = {"redact": ("email", "phone")} if rng.random() < 0.5 else {}
    far, gate, before = Far(), gate_of(catalogue, *rules, **settings), len(ledger.departures(catalogue))
    sources = [rng.choice([*NAMES, "gone"]) for _ in range(rng.randint(0, 6))]
    hits = [hit(name, f"Marker{at}x of {name} is a@b{at}.example.", at) for at, name in enumerate(sources)]
    may = [Policy(EgressSettings(), rules).allows(AWAY, name, labels.get(name, "")) for name in sources]
    try:
        ask(gate, far, hits, mode=rng.choice(["rcg", "rag"]))
    except EgressError:
        assert not any(may)
    for at, allowed in enumerate(may):
        assert (f"Marker{at}x" in far.received) == allowed
    assert any(may) <= bool(far.seen)
    assert not settings or "example." not in far.received
    told = ledger.departures(catalogue, limit=len(far.seen)) if far.seen else []
    assert len(ledger.departures(catalogue)) == before + len(far.seen)
    assert gate.bytes == sum(each.parcel.bytes for each in told)
    assert [each.parcel.passages for each in told] == [sum(may)] * len(told)


# -- Redaction --------------------------------------------------------------------------------------


def test_personal_data_stay_here_and_come_back_in_the_answer(catalogue):
    text = "Ann Lee answers at ann@example.org and on +44 20 7946 0958."
    gate, far = gate_of(catalogue, EVERYTHING, redact=("email", "phone"), redact_words=("ann lee",)), Far()
    written = ask(gate, far, [hit("hr", text)], "Where does Ann Lee (ann@example.org) answer?")
    assert not any(value in far.received for value in ("Ann Lee", "example.org", "7946"))
    assert [each.text for each in written.statements] == [text]
    assert written.statements[0].citations[0].quote == text
    assert ledger.departures(catalogue)[0].parcel.redactions == 5


def test_the_digest_is_that_of_what_was_received_not_of_what_was_there(catalogue):
    import hashlib

    from homeground.access.recorded import payload

    gate, far = gate_of(catalogue, EVERYTHING, redact=("email",)), Far()
    ask(gate, far, [hit("hr", "Write to ann@example.org.")])
    sent = payload(far.seen[0], Sampling(max_tokens=50))
    (departure,) = ledger.departures(catalogue)
    assert departure.parcel.sha256 == hashlib.sha256(sent).hexdigest()
    assert departure.parcel.bytes == len(sent) == gate.bytes
