"""The service on a loopback socket, so that clients meet it as they would anywhere: over HTTP, with a token."""

from __future__ import annotations

import contextlib
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import uvicorn

from homeground import Workspace
from homeground.serve.app import create_app

QUESTION = "How many days of annual leave does a full-time employee have?"


@dataclass
class Serving:
    """A running service. ``key`` gives a person's token: ines is in group hr, rob is not, olga owns."""

    address: str
    workspace: Workspace
    keys: dict[str, str] = field(default_factory=dict)

    def key(self, name: str) -> str:
        if name not in self.keys:
            permissions = ("read",)
            self.keys[name] = self.workspace.tokens.create(name, "tests", permissions, 1)[1]
        return self.keys[name]


@contextlib.contextmanager
def served(space: Workspace) -> Iterator[str]:
    """The address of a service over a workspace. Its people may ask as often as the tests want."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(space, replace(space.settings.serve, rate_per_minute=0))
    config = uvicorn.Config(app, log_level="warning", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


def add_people(space: Workspace) -> None:
    space.people.add("olga", role="owner")
    space.people.add("ines", groups=["hr"])
    space.people.add("rob")


@pytest.fixture(scope="session")
def serving(read_company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One service for all tests that only ask."""
    folder = tmp_path_factory.mktemp("protocols") / "work"
    shutil.copytree(read_company, folder)
    with Workspace.open(folder) as space:
        add_people(space)
        with served(space) as address:
            yield Serving(address, space)
