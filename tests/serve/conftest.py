"""A service over the sample company, read once, and clients that call it in this process."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from homeground import Workspace
from homeground.access.caller import ROLES, Caller, Permission, Role
from homeground.catalogue import job_rows
from homeground.serve import callers, tasks
from homeground.serve.app import create_app
from homeground.types import Principal

COMPANY = Path(__file__).parents[2] / "sample" / "company"
SECRET = "# Salaries\n\nThe salary of the chief engineer is 95,000 euros a year.\n"


@pytest.fixture(scope="session")
def read_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that has read the sample company, and salaries that only group hr may read."""
    folder = tmp_path_factory.mktemp("company")
    shutil.copytree(COMPANY, folder / "files")
    (folder / "closed").mkdir()
    (folder / "closed" / "salaries.md").write_text(SECRET, encoding="utf-8")
    from homeground.ingest.sources import add_source

    with Workspace.create(folder) as space:
        home = space.parts.home
        add_source(space.catalogue, home, str(folder / "files"), name="company", prefix="company")
        grants = ["owner", "group:hr"]
        add_source(space.catalogue, home, str(folder / "closed"), name="closed", prefix="closed", grants=grants)
        space.sync()
    return folder


@pytest.fixture
def folder(read_company: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    copy = tmp_path / "work"
    shutil.copytree(read_company, copy)
    return copy


@pytest.fixture
def workspace(folder: Path) -> Iterator[Workspace]:
    """The copy, open."""
    with Workspace.open(folder) as space:
        yield space


def local(app: FastAPI, **options: Any) -> TestClient:
    """A client on this machine: without people, it is the local owner."""
    return TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000), **options)


class Api:
    """A client of the service, as a caller of any role."""

    def __init__(self, client: TestClient, workspace: Workspace) -> None:
        self.client, self.workspace = client, workspace

    def __call__(self, method: str, path: str, expect: int = 200, **request: Any) -> Any:
        """The JSON of a response with the status that is expected."""
        response = self.client.request(method, f"/api{path}", **request)
        assert response.status_code == expect, response.text
        return response.json()

    def get(self, path: str, expect: int = 200, /, **params: Any) -> Any:
        return self("GET", path, expect, params=params)

    def post(self, path: str, expect: int = 200, /, **body: Any) -> Any:
        return self("POST", path, expect, json=body)

    def upload(self, name: str, content: bytes, expect: int = 201, headers: Any = None, **fields: str) -> Any:
        return self("POST", "/documents", expect, files={"file": (name, content)}, data=fields, headers=headers)

    def done(self, job: str) -> Any:
        """A job once it has ended."""
        while (now := self.get(f"/jobs/{job}"))["state"] in ("queued", "running"):
            time.sleep(0.02)
        return now

    def running(self, by: str, parameters: dict[str, Any] | None = None) -> str:
        """A job that runs, as far as the catalogue knows, and that nobody is at."""
        self.done(self("POST", "/sync", 202)["id"])  # the thread of the jobs has looked for what a dead process left
        with self.workspace.catalogue.writing() as connection:
            job = job_rows.add(connection, tasks.SYNC, by, parameters or {"held": 1}, merge=False)
            job_rows.take(connection)
        return job.id

    def be(
        self, name: str, role: Role = "reader", groups: tuple[str, ...] = (), may: frozenset[Permission] | None = None
    ) -> None:
        """From now on the caller is this person; with ``may``, by a token that may do no more."""
        principal = Principal(name, frozenset(groups), owner=role == "owner")
        caller = Caller(principal, role, ROLES[role] if may is None else may, "token")
        self.client.app.dependency_overrides[callers.caller_of] = lambda: caller


@pytest.fixture
def api(workspace: Workspace) -> Iterator[Api]:
    """The service over the copy, with its jobs at work."""
    with local(create_app(workspace, workspace.settings.serve)) as client:
        yield Api(client, workspace)


@pytest.fixture(scope="session")
def shared(read_company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Api]]:
    """A service that tests only read from; each call begins as the local owner."""
    copy = tmp_path_factory.mktemp("shared") / "work"
    shutil.copytree(read_company, copy)
    with Workspace.open(copy) as space, local(create_app(space, space.settings.serve)) as client:

        def begin() -> Api:
            client.app.dependency_overrides.clear()
            return Api(client, space)

        yield begin


@pytest.fixture
def reading(shared: Callable[[], Api]) -> Api:
    """The service for tests that change nothing but the audit log."""
    return shared()
