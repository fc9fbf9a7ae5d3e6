"""0 stale, 0 leaked, 0 lost: random lives of a folder, with SIGKILL at random and at chosen instants."""

import pytest

SEEDS = range(8)
STEPS = 130  # a seed, at least: more than 1,000 together
KILLS = 4, 8  # a seed, at least and at most: on a quick machine many a sync is over before the kill


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_life_with_kills(new_town, seed, actor, parts):
    town = new_town(seed)
    least, most = KILLS
    for step in range(10 * STEPS):
        if step >= STEPS and town.kills >= least:
            break
        town.step()
        chance = town.rng.random()
        if chance < 0.1 and town.kills < most:
            if kill(town, actor, parts):
                town.check()
                town.revive()
        elif chance < 0.25:
            town.sync()
            town.check_settled()
    town.sync()
    town.check_settled()
    assert town.syncs > 10
    assert town.kills >= least


def kill(town, actor, parts) -> bool:
    """A sync that is killed, if it comes to that: at a random time, or at a random step of the protocol."""
    if town.rng.random() < 0.4:
        return town.sync_for(town.rng.random() * 0.15)
    return town.sync_until(parts.instants(town.rng, actor.METHODS))


@pytest.mark.parametrize("instant", ["before prepare 1", "after prepare 1", "before replace 1", "after replace 1"])
def test_a_kill_right_around_the_instant_of_truth(new_town, instant):
    town = new_town(1)
    for _ in range(6):
        town.write()
    town.sync()
    town.change()
    town.write()
    town.delete()
    assert town.sync_until(instant)
    town.check()
    town.revive()
    town.sync()
    town.check_settled()


def test_another_embedder_and_kills_on_the_way(new_town, actor):
    town = new_town(2)
    for _ in range(8):
        town.write()
    town.sync()
    instants = ["after begin_recounts 1", "after replace 1", "after stage_recounts 1", "before apply_recounts 1"]
    for instant in [*instants, "after apply_recounts 1"]:
        town.writer.tell("embed", "other", 16)
        assert town.sync_until(instant)
        if instant != "after apply_recounts 1":
            town.check()  # by the old embedder, as before
        town.revive()
    town.embedder = actor.WordEmbedder("other", 16)
    town.check()
    town.writer.tell("embed", "other", 16)
    town.sync()
    town.check_settled()
