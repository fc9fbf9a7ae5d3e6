"""A real service, and a real browser in front of it: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from homeground import Workspace
from homeground.ingest.sources import add_source
from homeground.serve.app import create_app

COMPANY = Path(__file__).parents[2] / "sample" / "company"
PASSWORD = "correct horse battery"
SECRET = "# Salaries\n\nThe salary of the chief engineer is 95,000 euros a year.\n"
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def chromium(loopback: None) -> Iterator[Browser]:
    """The browser, without a window. Tests are skipped where there is none: .ci/run installs it.

    It ends with the tests of this module: Playwright's event loop runs in this thread as long as it is there, and
    tests elsewhere want one of their own.
    """
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("there is no Chromium here: on Debian, apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def read_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that has read the sample company, and salaries that only group hr may read."""
    folder = tmp_path_factory.mktemp("company")
    (folder / "closed").mkdir()
    (folder / "closed" / "salaries.md").write_text(SECRET, encoding="utf-8")
    with Workspace.create(folder / "kb") as space:
        home = space.parts.home
        add_source(space.catalogue, home, str(COMPANY), name="company", prefix="company")
        grants = ["owner", "group:hr"]
        add_source(space.catalogue, home, str(folder / "closed"), name="closed", prefix="closed", grants=grants)
        space.sync()
    return folder / "kb"


@dataclass
class Site:
    """The service on a port of its own. ``said`` is what the browser complained of."""

    workspace: Workspace
    address: str
    browser: Browser
    said: list[str] = field(default_factory=list)

    def visit(self, path: str = "/", **options: Any) -> Page:
        """A browser of its own, at a page."""
        options.setdefault("viewport", {"width": 1280, "height": 800})
        page = self.browser.new_context(base_url=self.address, locale="en-GB", **options).new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("console", lambda told: self.said.append(told.text) if told.type == "error" else None)
        page.on("request", lambda made: self.said.append(made.url) if not self._own(made.url) else None)
        page.goto(path)
        return page

    def _own(self, url: str) -> bool:
        return url.startswith((self.address, "data:", "blob:"))

    def sign_in(self, name: str, path: str = "/", **options: Any) -> Page:
        """The browser of somebody who has signed in."""
        page = self.visit(f"/login?next={path}", **options)
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{self.address}{path}")
        return page


@pytest.fixture
def site(chromium: Browser, read_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The service over a copy of that workspace. Nothing in the browser may go wrong unless the test takes it out."""
    monkeypatch.setenv("HOMEGROUND_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HOMEGROUND_CACHE", str(tmp_path / "cache"))
    shutil.copytree(read_once, tmp_path / "kb")
    with Workspace.open(tmp_path / "kb") as space, socket.create_server(("127.0.0.1", 0)) as listening:
        app = create_app(space, space.settings.serve)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        made = Site(space, f"http://127.0.0.1:{listening.getsockname()[1]}", chromium)
        yield made
        for context in chromium.contexts:
            context.close()
        server.should_exit = True
        thread.join(20)
    assert made.said == []


def serious(page: Page, where: str) -> list[str]:
    """What axe finds that is serious or worse."""
    violations = Axe().run(page).response["violations"]
    grave = [each for each in violations if each["impact"] in ("serious", "critical")]
    return [f"{where}: {each['id']}: {each['nodes'][0]['html'][:200]}" for each in grave]


@pytest.fixture
def ask() -> Callable[[Page, str], None]:
    """Asks, and waits until the answer has ended."""

    def asked(page: Page, question: str) -> None:
        before = page.locator("[data-ended]").count()
        page.get_by_label("Your question").fill(question)
        page.keyboard.press("Enter")
        page.locator("[data-ended]").nth(before).wait_for()

    return asked
