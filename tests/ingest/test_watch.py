"""Watching: a change is followed by a sync, an error does not end it, and it stops when told to."""

import threading
import time

import pytest

from homeground.errors import StorageError
from homeground.ingest import watch as watching
from homeground.ingest.watch import Watch


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(watching, "DEBOUNCE_MS", 50)
    monkeypatch.setattr(watching, "_LOOK_MS", 50)


def until(condition, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def running(world, quick):
    """Starts a watch in a thread; stops it at the end."""
    reports, errors = [], []
    watch = Watch(world.syncing(), world.catalogue, reports.append, errors.append)
    thread = threading.Thread(target=watch.run)

    def start():
        thread.start()
        return reports, errors

    yield start
    watch.stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_changes_are_followed(world, running):
    world.write("docs/a.md", "Words.")
    world.add()
    reports, _ = running()
    assert until(lambda: reports and reports[-1].added == 1)
    world.write("docs/b.md", "More words.")
    assert until(lambda: any(report.added == 1 and report.unchanged == 1 for report in reports))
    (world.folder / "docs/a.md").unlink()
    assert until(lambda: any(report.removed == 1 for report in reports))
    assert until(lambda: set(world.texts()) == {"docs/b.md"})


def test_a_source_that_is_added_later_is_watched_too(world, running):
    reports, _ = running()
    assert until(lambda: reports)
    world.write("docs/a.md", "Words.")
    world.add()
    assert until(lambda: sum(report.added for report in reports) == 1)


def test_an_error_is_reported_and_the_watch_goes_on(world, running):
    def full() -> None:
        raise OSError(28, "No space left on device")

    world.write("docs/a.md", "Words.")
    world.add()
    world.open_index("passages-1", 4).before = full
    reports, errors = running()
    assert until(lambda: errors) and isinstance(errors[0], StorageError)
    world.index.before = lambda: None
    world.write("docs/b.md", "More words.")
    assert until(lambda: any(report.added == 2 for report in reports))


def test_nothing_is_synced_while_nothing_changes(world, running):
    world.write("docs/a.md", "Words.")
    world.add(str(world.home.parent))
    reports, _ = running()
    assert until(lambda: reports)
    time.sleep(0.6)
    assert len(reports) <= 2, "the workspace's own writes are no change"
