"""Swaps of the embedder, ways back, and SIGKILL on the way: nothing stale, leaked, lost, nor of two embedders."""

import threading
from functools import partial

import pytest

SEEDS = range(4)
STEPS = 70
KILLS = 4


def settle(town, actor) -> None:
    """Searches use the embedder of the index that counts."""
    from homeground.ingest.recipe import made

    now = made(town.catalogue)
    if now:
        town.embedder = actor.WordEmbedder(now.embedder, now.dimension)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_life_with_swaps_and_kills(new_town, seed, actor, parts):
    town = new_town(100 + seed)
    used, find = set(), town.find

    def follow(person, question="common"):  # whichever embedder the index is of, after a kill as well
        settle(town, actor)
        used.add(town.embedder.digest)
        return find(person, question)

    town.find = follow
    for step in range(10 * STEPS):
        if step >= STEPS and town.kills >= KILLS and len(used) > 1:
            break
        town.step()
        chance = town.rng.random()
        if chance < 0.15:
            kill_or_not(town, actor, parts)
        elif chance < 0.3:
            town.change_embedder()
            town.check()
        elif chance < 0.45:
            town.sync()
            settle(town, actor)
            town.check_settled()
    town.sync()
    settle(town, actor)
    town.check_settled()
    assert (town.kills >= KILLS, len(used) > 1) == (True, True)


def kill_or_not(town, actor, parts) -> None:
    """A swap or a sync that dies at some step, if it comes to that."""
    if town.rng.random() < 0.7:
        died = town.change_embedder(parts.instants(town.rng, actor.SWAPPING))
    else:
        died = town.sync_until(parts.instants(town.rng, (*actor.METHODS, "set")))
    if died:
        town.check()
        town.revive()


INSTANTS = [
    *("before set 1", "after set 1", "before replace 1", "after replace 1", "before maintain 1", "after maintain 1"),
    *("before decide 1", "after decide 1", "before set 2", "after set 2"),
]


@pytest.mark.parametrize("instant", INSTANTS)
def test_a_kill_during_a_swap_leaves_the_old_or_the_new_and_the_next_goes_on(new_town, actor, instant):
    from homeground.ingest.recipe import made

    town = new_town(3)
    for _ in range(8):
        town.write()
    town.sync()
    town.writer.send("swap", "other", 16, instant)
    assert not town.writer.finished()
    settle(town, actor)
    assert town.embedder.digest == ("other" if instant == "after set 2" else "words")
    town.check()
    town.revive()
    town.delete()
    town.change()
    town.sync()
    settle(town, actor)
    town.check_settled()
    decided = instant in ("after decide 1", "before set 2", "after set 2")
    assert made(town.catalogue).embedder == ("other" if decided else "words")
    town.writer.tell("swap", "other", 16)
    settle(town, actor)
    town.check_settled()
    assert town.embedder.digest == "other"


def test_what_is_deleted_after_a_swap_does_not_come_back_with_the_index_before(new_town, actor):
    town = new_town(4)
    for _ in range(8):
        town.write()
    town.sync()
    town.writer.tell("swap", "other", 16)
    for _ in range(3):
        town.delete()
        town.change()
        town.write()
    settle(town, actor)
    town.sync()
    town.check_settled()  # the index that is kept holds nothing of it any more
    town.writer.tell("back")
    settle(town, actor)
    assert town.embedder.digest == "words"
    town.check_settled()
    town.writer.tell("back")
    settle(town, actor)
    assert town.embedder.digest == "other"
    town.check_settled()


def test_syncs_and_searches_go_on_while_a_swap_embeds(new_town, actor, parts):
    from homeground.index.lance import LanceIndex
    from homeground.ingest.beside import BesideIndex
    from homeground.ingest.lock import writer_lock
    from homeground.ingest.progress import Meter

    town = new_town(5)
    for _ in range(12):
        town.write()
    town.sync()
    may_go_on, syncs = threading.Semaphore(0), []

    class Slow(actor.WordEmbedder):
        def encode(self, texts):
            may_go_on.acquire(timeout=30)
            return super().encode(texts)

    embedder, lock = Slow("other", 16), partial(writer_lock, town.home, wait=True)
    index = BesideIndex(
        town.catalogue, town.home, lambda name, size: LanceIndex.open(str(town.home / name), size), actor.SETTINGS
    )
    with lock():
        target = index.begin(embedder)
    swapping = threading.Thread(target=index.embed, args=(target, embedder, Meter(None), lock))
    swapping.start()
    while swapping.is_alive():
        town.change()
        town.delete()
        town.write()
        town.sync()
        town.check_settled()
        syncs.append(town.syncs)
        may_go_on.release()
        swapping.join(0.2)
    assert len(syncs) > 3
    for _ in range(99):
        may_go_on.release()
    with lock():
        new, _ = index.settle(target, embedder, Meter(None))
        index.take_over(target, new)
    settle(town, actor)
    town.check()
    assert set(town.find(parts.PEOPLE["owner"])) == {name for name in town.files if parts.pages_of(town.files[name])}
