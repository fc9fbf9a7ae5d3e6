"""The writer's script and the model as modules."""

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest

from homeground.parts import Parts

from .company import Pool

HERE = Path(__file__).parent


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"homeground_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def actor() -> ModuleType:
    """The writer that is killed."""
    return load("actor")


@pytest.fixture(scope="session")
def parts() -> ModuleType:
    """The model of what must be true."""
    return load("town")


@pytest.fixture(scope="session")
def writer(actor, parts):
    """The process that is killed, and rises again."""
    process = parts.Writer(actor.__file__)
    yield process
    process.end()


@pytest.fixture
def new_town(tmp_path, actor, parts, writer):
    """Makes the town of a seed."""
    made = []

    def make(seed: int):
        made.append(parts.Town(tmp_path, writer, actor.WordEmbedder(), random.Random(seed)))
        return made[-1]

    yield make
    for town in made:
        town.catalogue.close()


@pytest.fixture
def quick(monkeypatch, actor):
    """No models and no worker processes: a workspace in milliseconds."""
    embedder = actor.WordEmbedder()
    monkeypatch.setattr("homeground.ingest.readers._worker_processes", Pool)
    monkeypatch.setattr(Parts, "embedder", lambda self, named: embedder)
    monkeypatch.setattr(Parts, "maker", lambda self, made: embedder)
    monkeypatch.setattr(Parts, "name_of", lambda self, made: "words")
    monkeypatch.setattr("homeground.ingest.plan._RACY_NS", 0)
    return monkeypatch
