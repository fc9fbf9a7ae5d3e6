"""The index beside: built for another embedder, kept to go back to, never outdated when it takes over."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from homeground.errors import LockedError, StorageError, WorkspaceError
from homeground.ingest import beside as module
from homeground.ingest.beside import ASIDE, COMING, KEPT, BesideIndex, beside
from homeground.ingest.lock import swap_lock, writer_lock
from homeground.ingest.progress import Meter
from homeground.ingest.recipe import made
from homeground.ingest.stored import parts_of

METER = Meter(None)


@pytest.fixture
def swapping(world):
    """What swaps the embedder of this world, step by step."""
    return Swapping(world)


class Swapping:
    def __init__(self, world) -> None:
        self.world = world
        self.other = type(world.embedder)("other", 8)

    @property
    def index(self) -> BesideIndex:
        world = self.world
        return BesideIndex(world.catalogue, world.home, world.open_index, world.settings)

    def lock(self):
        return writer_lock(self.world.home)

    def embed(self, embedder=None, role=COMING):
        embedder = embedder or self.other
        target = self.index.begin(embedder, role)
        return target, self.index.embed(target, embedder, METER, self.lock)

    def swap(self, embedder=None, role=COMING) -> int:
        embedder = embedder or self.other
        target, done = self.embed(embedder, role)
        with self.lock():
            index, rest = self.index.settle(target, embedder, METER)
            self.world.embedder = embedder
            self.index.take_over(target, index)
        self.world.check()
        return done + rest


def fill(world, count: int = 6) -> None:
    for number in range(count):
        world.write(f"docs/{number}.md", f"Words of number {number}.")
    world.settings = replace(world.settings, batch_passages=2)
    world.add()
    world.sync()


def beside_texts(world) -> set[str]:
    return {row.text for rows in world.indexes[beside(world.catalogue).made.name].rows.values() for row in rows}


def test_a_swap_embeds_the_stored_pages_and_keeps_the_index_before(world, swapping):
    fill(world)
    world.pool.read.clear()
    assert swapping.swap() == 6
    assert (made(world.catalogue).embedder, world.index.dimension, world.pool.read) == ("other", 8, [])
    assert (beside(world.catalogue).role, beside(world.catalogue).made.name) == (KEPT, "passages-1")
    report = world.sync()
    assert (report.unchanged, report.rebuilt) == (6, 0)
    assert (world.home / "passages-1").exists(), "kept until the user says otherwise"


def test_until_the_cut_over_nothing_changes_for_those_who_ask(world, swapping):
    fill(world)
    before = made(world.catalogue)
    swapping.embed()
    assert made(world.catalogue) == before
    world.sync()
    world.check()
    assert beside(world.catalogue).role == COMING


def test_going_back_embeds_only_what_changed_since(world, swapping):
    fill(world)
    first = world.embedder
    swapping.swap()
    world.write("docs/0.md", "Other words.")
    world.write("docs/new.md", "New words.")
    (world.folder / "docs/1.md").unlink()
    world.sync()
    first.encoded = 0
    assert swapping.swap(first, KEPT) == 2
    assert first.encoded == 2
    assert world.texts()["docs/0.md"] == "Other words."
    assert set(world.texts()) == {"docs/0.md", "docs/new.md", *(f"docs/{number}.md" for number in range(2, 6))}
    assert beside(world.catalogue).made.embedder == "other", "and the way forth stays open"


def test_deleted_text_leaves_the_index_beside_with_the_same_sync(world, swapping):
    fill(world)
    swapping.swap()
    (world.folder / "docs/1.md").unlink()
    world.write("docs/2.md", "Other words.")
    world.sync()
    assert beside_texts(world) == {f"Words of number {number}." for number in (0, 3, 4, 5)}
    world.syncing().remove(world.catalogue.sources()[0])
    assert beside_texts(world) == set()


def test_a_sync_that_finds_nothing_new_does_not_look_into_the_index_beside(world, swapping, monkeypatch):
    fill(world)
    swapping.swap()
    world.sync()
    monkeypatch.setattr(BesideIndex, "_compare", None)
    world.sync()


def test_what_comes_during_the_build_is_in_the_index_that_takes_over(world, swapping):
    fill(world)
    target, _ = swapping.embed()
    world.write("docs/0.md", "Other words.")
    world.write("docs/new.md", "New words.")
    (world.folder / "docs/1.md").unlink()
    world.sync()
    assert swapping.swap() == 2
    assert world.texts()["docs/0.md"] == "Other words."
    assert target.made == made(world.catalogue)


def test_a_document_that_changes_while_it_is_embedded_is_not_written_in_its_old_state(world, swapping):
    fill(world, 2)
    encode = swapping.other.encode

    def change(texts):
        world.write("docs/0.md", "Other words.")
        world.sync()
        swapping.other.encode = encode
        return encode(texts)

    swapping.other.encode = change
    swapping.embed()
    assert beside_texts(world) == {"Other words.", "Words of number 1."}


def test_a_document_that_is_deleted_while_it_is_embedded_is_not_written_at_all(world, swapping):
    fill(world, 2)
    encode = swapping.other.encode

    def delete(texts):
        (world.folder / "docs/0.md").unlink()
        world.sync()
        swapping.other.encode = encode
        return encode(texts)

    swapping.other.encode = delete
    swapping.embed()
    assert beside_texts(world) == {"Words of number 1."}


def test_pages_of_a_newer_revision_are_never_taken_for_those_of_an_older_one(world):
    fill(world, 1)
    [known] = world.catalogue.known_files()
    world.write("docs/0.md", "Other words.")
    world.sync()
    [[(_, cut)]] = parts_of(world.catalogue, [known], world.settings)
    assert (cut.passages, cut.texts) == ((), ())


def test_a_build_that_was_killed_goes_on_where_it_was(world, swapping):
    fill(world)
    encode = swapping.other.encode

    def killed(texts):
        if swapping.other.encoded >= 4:
            raise KeyboardInterrupt
        return encode(texts)

    swapping.other.encode = killed
    with pytest.raises(KeyboardInterrupt):
        swapping.embed()
    swapping.other.encode, swapping.other.encoded = encode, 0
    assert swapping.swap() == 2
    assert swapping.other.encoded == 2


def test_a_sync_finishes_a_swap_that_was_decided_and_killed(world, swapping):
    fill(world)
    swapping.embed()
    world.embedder = swapping.other  # the settings name it, the index is not yet of it
    world.write("docs/new.md", "New words.")
    swapping.other.encoded = 0
    report = world.sync()
    assert (report.added, report.rebuilt, swapping.other.encoded) == (1, 0, 1)
    assert made(world.catalogue).embedder == "other"
    assert beside(world.catalogue).role == KEPT


def test_another_swap_takes_the_place_of_what_was_kept(world, swapping):
    fill(world)
    swapping.swap()
    swapping.swap(type(world.embedder)("third", 4))
    world.sync()
    assert beside(world.catalogue).made.embedder == "other"
    assert sorted(folder.name for folder in world.home.glob("passages-*")) == ["passages-2", "passages-3"]


def test_no_name_of_an_index_is_given_twice(world, swapping):
    fill(world)
    swapping.embed()
    swapping.index.drop()
    swapping.swap()
    assert made(world.catalogue).name == "passages-3"
    world.settings = replace(world.settings, passage_words=60)
    world.sync()
    assert made(world.catalogue).name == "passages-4"


def test_dropping_frees_the_disk_and_leaves_the_index(world, swapping):
    fill(world)
    swapping.swap()
    assert swapping.index.drop().made.name == "passages-1"
    assert not (world.home / "passages-1").exists()
    assert (beside(world.catalogue), swapping.index.drop()) == (None, None)
    world.sync()
    world.check()


def test_passages_that_are_cut_in_another_way_make_the_index_beside_worthless(world, swapping):
    fill(world)
    swapping.swap()
    world.settings = replace(world.settings, passage_words=60)
    world.sync()
    assert beside(world.catalogue) is None
    assert sorted(folder.name for folder in world.home.glob("passages-*")) == ["passages-2", "passages-3"]
    world.sync()
    assert sorted(folder.name for folder in world.home.glob("passages-*")) == ["passages-3"]


def test_a_swap_waits_for_the_sync_that_cuts_anew(world, swapping):
    fill(world)
    world.settings = replace(world.settings, passage_words=60)
    with pytest.raises(WorkspaceError, match="Run homeground sync first"):
        swapping.embed()
    world.sync()
    swapping.swap()


def test_a_swap_whose_place_was_taken_says_so_and_writes_nothing(world, swapping):
    fill(world)
    target, _ = swapping.embed()
    swapping.index.begin(type(world.embedder)("third", 4))
    with swapping.lock(), pytest.raises(WorkspaceError, match="something else beside"):
        swapping.index.settle(target, swapping.other, METER)


def test_what_was_set_aside_is_kept_by_a_sync(world, swapping):
    fill(world)
    target, _ = swapping.embed()
    swapping.index.set_aside(target)
    world.write("docs/0.md", "Other words.")
    world.sync()
    assert beside(world.catalogue).role == ASIDE
    assert swapping.swap() == 1


def test_too_little_room_is_said_before_anything_is_done(world, swapping, monkeypatch):
    fill(world)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    with pytest.raises(StorageError, match="beside the first takes about"):
        swapping.index.room(8)
    assert beside(world.catalogue) is None


def test_a_sync_waits_for_the_moment_in_which_a_swap_writes(world):
    world.write("docs/a.md", "Words.")
    world.add()
    held, moment = threading.Event(), threading.Event()

    def write() -> None:
        with writer_lock(world.home, brief=True):
            held.set()
            moment.wait(0.3)

    writing = threading.Thread(target=write)
    writing.start()
    held.wait()
    assert world.sync().added == 1
    writing.join()


def test_one_swap_at_a_time(world):
    with swap_lock(world.home), pytest.raises(LockedError, match="Another swap"), swap_lock(world.home):
        pass


def test_a_rebuild_that_was_given_up_is_not_taken_up_half_deleted(world):
    fill(world)
    first, other = world.embedder, type(world.embedder)("other", 8)
    encode = other.encode

    def killed(texts):
        if other.encoded >= 4:
            raise KeyboardInterrupt
        return encode(texts)

    world.embedder, other.encode = other, killed
    with pytest.raises(KeyboardInterrupt):
        world.sync()
    world.embedder = first
    world.sync()
    world.indexes.pop("passages-2")  # its folder is deleted
    world.embedder, other.encode = other, encode
    assert world.sync().rebuilt == 6
