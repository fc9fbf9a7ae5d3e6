"""Erased text leaves the disk as soon as nobody reads an older state; nobody waits for that, and nothing forgets it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from homeground.access import audit, erasure
from homeground.catalogue import Catalogue

SECRET = "zyzzyva"
LONG_S = 3.0  # far more than an attempt takes, far less than SQLite would wait


@pytest.fixture
def catalogue(tmp_path: Path):
    opened = Catalogue(tmp_path / "catalogue.db", create=True)
    audit.append(opened, "ask", "ann", {"question": SECRET * 50})
    yield opened
    opened.close()


def on_disk(catalogue: Catalogue) -> bool:
    waiting = catalogue.path.with_name("catalogue.db-wal")
    return any(SECRET.encode() in each.read_bytes() for each in (catalogue.path, waiting) if each.exists())


@contextmanager
def answering(catalogue: Catalogue, *, lets_go: bool = False) -> Iterator[None]:
    """While another thread holds on to one instant, as a question does."""
    begun, done = threading.Event(), threading.Event()

    def hold() -> None:
        with catalogue.steady():
            catalogue.facts("format")
            if lets_go:
                catalogue.let_go()
            begun.set()
            done.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_erasing_and_writing_wait_for_no_reader(catalogue):
    with answering(catalogue):
        begun = time.monotonic()
        gone = erasure.erase_person(catalogue, "ann", "olga")
        audit.append(catalogue, "ask", "bob", {"question": "Where?"})
        assert catalogue.checkpoint() is False
        assert time.monotonic() - begun < LONG_S
    assert (gone.entries, gone.overwritten) == (1, False)


def test_while_an_attempt_waits_for_readers_it_does_not_for_long(catalogue):
    with answering(catalogue):
        begun = time.monotonic()
        assert catalogue.checkpoint(0.2) is False
        assert 0.2 < time.monotonic() - begun < LONG_S


def test_text_leaves_the_disk_when_the_answer_in_its_way_has_ended(catalogue):
    with answering(catalogue):
        erasure.erase_person(catalogue, "ann", "olga")
        assert on_disk(catalogue)
        assert catalogue.owes()
    assert not on_disk(catalogue)
    assert not catalogue.owes()


def test_without_readers_it_is_gone_at_once(catalogue):
    assert erasure.erase_person(catalogue, "ann", "olga").overwritten
    assert not on_disk(catalogue)


def test_who_has_let_go_is_in_nobodys_way(catalogue):
    with answering(catalogue, lets_go=True):
        assert erasure.erase_person(catalogue, "ann", "olga").overwritten
        assert not on_disk(catalogue)


def test_another_process_finds_what_is_owed(catalogue, monkeypatch):
    monkeypatch.setattr(Catalogue, "checkpoint", lambda self, wait_s=0.0: False)  # killed after the commit
    erasure.erase_person(catalogue, "ann", "olga")
    monkeypatch.undo()
    other = Catalogue(catalogue.path)
    assert other.owes()
    assert other.checkpoint() is True
    assert not other.owes()
    assert not on_disk(catalogue)
    other.close()


def test_what_was_deleted_during_an_attempt_stays_owed(catalogue, monkeypatch):
    import homeground.catalogue.folding as folding

    fold = folding.fold

    def folded(*given):
        done = fold(*given)
        with catalogue.writing() as connection:
            folding.owe(connection)  # another one erases right then
        return done

    monkeypatch.setattr(folding, "fold", folded)
    assert catalogue.checkpoint() is True
    assert catalogue.owes()


def test_reading_goes_on_at_the_present_after_letting_go_and_at_one_instant_after_renewing(catalogue):
    with catalogue.steady():
        assert catalogue.facts("note") == {}
        catalogue.set(note="1")
        assert catalogue.facts("note") == {}
        catalogue.let_go()
        assert catalogue.facts("note") == {"note": "1"}
        catalogue.renew()
        assert catalogue.facts("note") == {"note": "1"}
        catalogue.set(note="2")
        assert catalogue.facts("note") == {"note": "1"}
