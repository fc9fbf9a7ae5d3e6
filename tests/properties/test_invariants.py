"""0 stale, 0 leaked, 0 lost: random lives of a folder, with SIGKILL at random and at chosen instants."""

import random
from pathlib import Path

import pytest

SEEDS = range(8)
STEPS = 130  # a seed: more than 1,000 together
KILLS = 4  # a seed, at most


@pytest.fixture
def town(tmp_path: Path, actor, parts, request):
    made = parts.Town(tmp_path, Path(actor.__file__), actor.WordEmbedder(), random.Random(request.param))
    yield made
    made.stop()


@pytest.mark.parametrize("town", SEEDS, indirect=True)
def test_a_random_life_with_kills(town, actor, parts):
    rng = town.rng
    for _ in range(STEPS):
        town.step()
        chance = rng.random()
        if chance < 0.12 and town.kills < KILLS:
            kill(town, rng, actor, parts)
            town.check()
            town.revive()
        elif chance < 0.3:
            town.sync()
            town.check_settled()
    town.sync()
    town.check_settled()
    assert town.syncs > 10
    assert town.kills > 0


def kill(town, rng, actor, parts) -> None:
    if rng.random() < 0.4:
        town.sync_for(rng.random() * 0.2)
    else:
        town.sync_until(parts.instants(rng, actor.METHODS))


@pytest.mark.parametrize("town", [1], indirect=True)
@pytest.mark.parametrize("instant", ["before prepare 1", "after prepare 1", "before replace 1", "after replace 1"])
def test_a_kill_right_around_the_instant_of_truth(town, instant):
    for _ in range(6):
        town.write()
    town.sync()
    town.change()
    town.write()
    town.delete()
    town.sync_until(instant)
    assert town.dead
    town.check()
    town.revive()
    town.sync()
    town.check_settled()


@pytest.mark.parametrize("town", [2], indirect=True)
def test_another_embedder_and_kills_on_the_way(town, actor):
    for _ in range(8):
        town.write()
    town.sync()
    instants = ["after begin_recounts 1", "after replace 1", "after stage_recounts 1", "before apply_recounts 1"]
    for instant in [*instants, "after apply_recounts 1"]:
        town.tell("embed", "other", 16)
        town.sync_until(instant)
        assert town.dead
        if instant != "after apply_recounts 1":
            town.check()  # by the old embedder, as before
        town.revive()
    town.embedder = actor.WordEmbedder("other", 16)
    town.check()
    town.tell("embed", "other", 16)
    town.sync()
    town.check_settled()
