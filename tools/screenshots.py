"""Make the pictures of the web page that stand in docs/images: a service over the sample company, and Chromium.

    python tools/screenshots.py        (about a minute; needs the development tools, and Chromium)

A real 10-K is uploaded by the browser (tests/browser/ten-k.pdf; tests/browser/README.md says whose), asked about, and
opened at the highlighted figure; then a colleague who may not read it asks the same.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from homeground import Workspace
from homeground.ingest.sources import add_source
from homeground.serve.app import create_app

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
TEN_K = ROOT / "tests" / "browser" / "ten-k.pdf"
PASSWORD = "correct horse battery"
REVENUE = "What was the total revenue of Galaxy Gaming in 2021?"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb")
SIZE = {"width": 1280, "height": 800}


@contextmanager
def service(folder: Path) -> Iterator[str]:
    """The address of a service over the sample company."""
    Workspace.create(folder).close()
    (folder / "homeground.toml").write_text("[revisions]\nkeep = 2\n", encoding="utf-8")
    with Workspace.open(folder) as space, socket.create_server(("127.0.0.1", 0)) as listening:
        company = str(ROOT / "sample" / "company")
        add_source(space.catalogue, space.parts.home, company, name="company", prefix="company")
        space.sync()
        for name, role, groups in (("Olga", "owner", ()), ("Helena", "editor", ("finance",)), ("Rob", "reader", ())):
            space.people.add(name, role=role, groups=groups, password=PASSWORD)
        server = uvicorn.Server(uvicorn.Config(create_app(space, space.settings.serve), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(30)


class Camera:
    """Signs people in and takes pictures of what they see."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address

    def sign_in(self, name: str, path: str = "/", **options: object) -> Page:
        """The browser of a person, at a page."""
        options.setdefault("viewport", SIZE)
        page = self.browser.new_context(base_url=self.address, locale="en-GB", **options).new_page()  # type: ignore[arg-type]
        page.goto(f"/login?next={path}")
        if name == "nobody":
            return page
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{self.address}{path}")
        return page

    def take(self, page: Page, name: str) -> None:
        """The picture, once the page is at rest."""
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(400)
        page.screenshot(path=IMAGES / f"{name}.png")
        print(f"docs/images/{name}.png", f"{(IMAGES / f'{name}.png').stat().st_size / 1000:.0f} kB")


def ask(page: Page, question: str) -> None:
    """Asks, and waits until the answer has ended."""
    before = page.locator("[data-ended]").count()
    page.locator("#question").fill(question)
    page.keyboard.press("Enter")
    page.locator("[data-ended]").nth(before).wait_for()


def upload(camera: Camera) -> None:
    """The 10-K comes in, and only the group finance may read it."""
    page = camera.sign_in("Olga", "/documents")
    page.locator("[data-files]").set_input_files(TEN_K)
    page.locator(".upload .good").wait_for(timeout=120_000)
    page.reload()
    page.locator("[data-files]").set_input_files(
        [{"name": "meeting.md", "mimeType": "", "buffer": b"# Meeting\n\nNoon."}]
    )
    page.locator(".upload .good").wait_for(timeout=120_000)
    camera.take(page, "documents")
    page.goto("/documents/one?name=uploads/ten-k.pdf")
    page.get_by_text("Change who may read this document").click()
    page.get_by_label("May read").first.fill("group:finance")
    page.get_by_role("button", name="Save").click()
    page.locator("#readers .badge", has_text="group finance").wait_for()
    page.get_by_label("May this person read it?").fill("Rob")
    page.get_by_role("button", name="Explain").click()
    page.locator("#explained p").first.wait_for()
    camera.take(page, "document")


def comparison(camera: Camera) -> None:
    """A policy is handed in, and once more after it was changed; both stand side by side."""
    page = camera.sign_in("Olga", "/documents")
    text = (ROOT / "sample" / "company" / "handbook" / "it-security-guide.md").read_text(encoding="utf-8")
    changed = text.replace("answered within five", "answered within three").replace("at extension 911", "by radio")
    for content in (text, f"{changed}\n## Visitors\n\nVisitors get a badge and a guest network for the day.\n"):
        page.goto("/documents")
        file = {"name": "it-security-guide.md", "mimeType": "", "buffer": content.encode()}
        page.locator("[data-files]").set_input_files([file])  # type: ignore[list-item]
        page.locator(".upload .good").wait_for(timeout=120_000)
    page.goto("/documents/one?name=uploads/it-security-guide.md")
    page.locator(".compare-link").click()
    page.locator(".compare-line.changed").first.wait_for()
    camera.take(page, "compare")


def answers(camera: Camera) -> None:
    """The figure highlighted for one, nothing for the other, a refusal, dark, and on a phone."""
    page = camera.sign_in("Helena")
    ask(page, REVENUE)
    page.locator(".statement .mark").first.click()
    page.locator("#viewer img").wait_for()
    camera.take(page, "answer")
    page = camera.sign_in("Rob")
    ask(page, REVENUE)
    camera.take(page, "colleague")
    page = camera.sign_in("Helena", color_scheme="dark")
    ask(page, "What was the operating profit in 2025?")
    ask(page, "Which airline does the company fly with to Japan?")
    page.locator("details.receipt summary").last.click()
    camera.take(page, "refusal-dark")
    page = camera.sign_in(
        "Rob", viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, device_scale_factor=2
    )
    ask(page, "When does production of the Heron 300 start?")
    camera.take(page, "phone")


def administration(camera: Camera) -> None:
    """Models, people, audit, the state, the way in, and Chinese (a font with its characters: fonts-noto-cjk)."""
    page = camera.sign_in("Olga")
    for name in ("models", "people", "audit", "status"):
        page.goto(f"/{name}")
        camera.take(page, name)
    page.goto("/language?to=zh&back=/")
    ask(page, "How heavy is the Heron 300?")
    camera.take(page, "chinese")
    camera.take(camera.sign_in("nobody"), "login")


def main() -> None:
    """Make every picture."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        raise SystemExit("There is no Chromium here: on Debian, apt install chromium")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, service(Path(folder) / "kb") as address, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        camera = Camera(browser, address)
        upload(camera)
        answers(camera)
        administration(camera)
        comparison(camera)
        browser.close()


if __name__ == "__main__":
    main()
