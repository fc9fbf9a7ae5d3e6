"""Documents and Status in Chromium: hand files in and see what becomes of each, sources, jobs, long documents."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FloatRect, Locator, Page, Route, expect

from homeground import Workspace
from homeground.errors import StorageError
from homeground.ingest.progress import Progress, SyncReport

from .conftest import PASSWORD, Site

Ask = Callable[[Page, str], None]
CANTEEN = "# Canteen\n\nThe canteen opens at 11:45.\n"
READ_MS = 60_000
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def drop(page: Page, **files: str) -> None:
    """Drops files onto the page: their names, with _ for the dot, and what is in them."""
    data = page.evaluate_handle(
        """files => {
            const data = new DataTransfer();
            for (const [name, text] of Object.entries(files)) data.items.add(new File([text], name));
            return data;
        }""",
        {name.replace("_", "."): text for name, text in files.items()},
    )
    page.dispatch_event("[data-drop]", "drop", {"dataTransfer": data})


def line(page: Page, name: str) -> Locator:
    return page.locator(".upload", has_text=name)


def serious(page: Page, where: str) -> list[str]:
    violations = Axe().run(page).response["violations"]
    grave = [each for each in violations if each["impact"] in ("serious", "critical")]
    return [f"{where}: {each['id']}: {each['nodes'][0]['html'][:200]}" for each in grave]


def place(found: Locator) -> FloatRect:
    where = found.bounding_box()
    assert where is not None
    return where


@contextmanager
def held(monkeypatch: pytest.MonkeyPatch, *told: Progress) -> Iterator[Callable[[], None]]:
    """Syncs tell this and then wait until they are let go; what they give back lets them go."""
    go_on, real = threading.Event(), Workspace.sync_uploads

    def waiting(self: Workspace, *, on_progress: Any = None) -> SyncReport:
        for each in told:
            on_progress(each)
        while not go_on.wait(0.05):
            on_progress(told[-1])
        return real(self, on_progress=on_progress)

    monkeypatch.setattr(Workspace, "sync_uploads", waiting)
    try:
        yield go_on.set
    finally:
        go_on.set()


# -- Handing in -----------------------------------------------------------------------------------


def heard(page: Page) -> Callable[[str], bool]:
    """Whether a screen reader is told this, from now on: files of two jobs are told of one after the other."""
    page.evaluate(
        """() => {
          window.heard = [];
          new MutationObserver(() => heard.push(document.querySelector("#said").textContent))
            .observe(document.querySelector("#said"), { childList: true, characterData: true, subtree: true });
        }"""
    )

    def said(text: str) -> bool:
        for _ in range(100):
            if any(text in each for each in page.evaluate("heard")):
                return True
            page.wait_for_timeout(50)
        return False

    return said


def test_each_dropped_file_says_in_the_end_what_became_of_it(site: Site, ask: Ask) -> None:
    page = site.visit("/documents")
    said = heard(page)
    drop(page, canteen_md=CANTEEN, empty_md="")
    expect(line(page, "canteen.md").locator(".good")).to_have_text("Read", timeout=READ_MS)
    expect(line(page, "empty.md").locator(".bad")).to_have_text("Not read: it is empty", timeout=READ_MS)
    expect(page.locator(".upload .good")).to_have_count(1)
    assert said("empty.md: Not read: it is empty")
    assert said("canteen.md: Read")
    expect(page.locator("#list tr", has_text="empty.md")).to_contain_text("Not read")
    assert serious(page, "uploads that have ended") == []
    line(page, "canteen.md").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Canteen")
    page.goto("/")
    ask(page, "When does the canteen open?")
    expect(page.locator(".statement").first).to_contain_text("11:45")
    page.goto("/documents/one?name=uploads/canteen.md")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Yes, go on").click()
    page.wait_for_url("**/documents")
    expect(page.locator("#list")).not_to_contain_text("canteen")


def test_a_line_says_why_in_the_language_of_the_page(site: Site) -> None:
    page = site.visit("/documents")
    page.get_by_role("link", name="中文").click()
    drop(page, nothing_md="")
    expect(line(page, "nothing.md").locator(".bad")).to_contain_text("文件是空的", timeout=READ_MS)


def test_a_scan_of_which_a_page_was_not_read_is_not_shown_as_read(site: Site) -> None:
    page = site.visit("/documents")
    page.route(
        "**/api/document?*", lambda route: route.fulfill(json=_document([{"page": 2, "problem": "it is a picture"}]))
    )
    drop(page, report_md=CANTEEN)
    expect(line(page, "report.md").locator(".warn")).to_have_text("Read in part: 1 page not read", timeout=READ_MS)


def _document(unread: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": "uploads/report.md", "state": "partly", "unread_pages": unread, "problem": None}


def test_all_files_are_listed_at_once_and_three_are_sent_at_a_time(site: Site) -> None:
    page = site.visit("/documents")
    on_their_way: list[Route] = []
    page.route("**/api/documents", lambda route: on_their_way.append(route))
    drop(page, **{f"note{number}_md": f"# Note {number}\n" for number in range(5)})
    expect(page.locator(".upload")).to_have_count(5)
    expect(page.locator(".upload small")).to_have_text(["sending · 0 %"] * 3 + ["waiting"] * 2)
    assert len(on_their_way) == 3
    assert page.evaluate("!dispatchEvent(new Event('beforeunload', {cancelable: true}))")
    while on_their_way:
        on_their_way.pop().continue_()
        page.wait_for_timeout(100)
    expect(page.locator(".upload .good")).to_have_count(5, timeout=READ_MS)
    assert page.evaluate("dispatchEvent(new Event('beforeunload', {cancelable: true}))")


def test_the_line_tells_how_much_is_read_and_nothing_moves_when_it_ends(site: Site, monkeypatch: Any) -> None:
    page = site.visit("/documents")
    zone = place(page.locator(".drop-label"))
    with held(monkeypatch, Progress("read", 2, 5)) as go_on:
        drop(page, canteen_md=CANTEEN)
        expect(line(page, "canteen.md").locator("small")).to_have_text("being read · 40 %", timeout=READ_MS)
        assert line(page, "canteen.md").locator("progress").get_attribute("value") == "0.4"
        drop(page, menu_md="# Menu\n\nSoup.\n")
        expect(line(page, "menu.md").locator("small")).to_have_text("kept, and read soon", timeout=READ_MS)
        assert serious(page, "uploads that are being read") == []
        search = place(page.locator("#search"))
        go_on()
        expect(page.locator(".upload .good")).to_have_count(2, timeout=READ_MS)
    assert place(page.locator(".drop-label")) == zone  # lines come below what one drops on
    assert place(page.locator("#search")) == search


def test_a_job_that_fails_says_why_on_the_line(site: Site, monkeypatch: Any) -> None:
    def full(self: Workspace, **_: Any) -> SyncReport:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(Workspace, "sync_uploads", full)
    page = site.visit("/documents")
    drop(page, canteen_md=CANTEEN)
    told = line(page, "canteen.md").locator(".bad")
    expect(told).to_have_text("Kept, but not read yet: The disk is full.", timeout=READ_MS)


# -- Who may read them ----------------------------------------------------------------------------


@pytest.fixture
def staff(site: Site) -> Site:
    for name, role, groups in (("Olga", "owner", ()), ("Eddie", "editor", ("finance",)), ("Rob", "reader", ())):
        site.workspace.people.add(name, role=role, groups=groups, password=PASSWORD)
    return site


def test_an_editor_says_before_the_upload_who_may_read_it(staff: Site, ask: Ask) -> None:
    page = staff.sign_in("Eddie", "/documents")
    expect(page.locator("[data-readers-now]")).to_have_text("everyone")
    page.get_by_text("Who may read them").first.click()
    page.get_by_label("some groups or people").check()
    drop(page, early_md=CANTEEN)  # nobody is named yet: nothing leaves
    expect(page.locator(".upload")).to_have_count(0)
    page.get_by_role("button", name="group finance").click()
    expect(page.locator("[data-readers-now]")).to_have_text("group:finance")
    assert serious(page, "who may read them") == []
    drop(page, canteen_md=CANTEEN)
    expect(line(page, "canteen.md").locator(".good")).to_have_text("Read", timeout=READ_MS)
    rule = next(
        each
        for each in staff.workspace.access_rules(staff.workspace.owner)
        if each.target == "uploads/Eddie/canteen.md"
    )
    assert set(rule.allow or ()) == {"group:finance", "user:Eddie", "owner"}
    rob = staff.sign_in("Rob", "/documents")
    expect(rob.locator("#list")).not_to_contain_text("canteen")


def test_only_me_keeps_others_out_and_no_group_of_others_is_offered(staff: Site) -> None:
    page = staff.sign_in("Eddie", "/documents")
    page.get_by_text("Who may read them").first.click()
    expect(page.locator("[data-grant]")).to_have_text(["group finance"])  # hr is there, and not his
    page.get_by_label("only me and the owners").check()
    drop(page, diary_md="# Diary\n\nA quiet day.\n")
    expect(line(page, "diary.md").locator(".good")).to_have_text("Read", timeout=READ_MS)
    expect(staff.sign_in("Rob", "/documents").locator("#list")).not_to_contain_text("diary")
    expect(staff.sign_in("Olga", "/documents").locator("#list")).to_contain_text("diary")


# -- Sources --------------------------------------------------------------------------------------


def test_an_owner_adds_a_source_reads_it_anew_and_takes_it_out(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    folder.mkdir()
    (folder / "lease.md").write_text("# Lease\n\nThe notice is three months.\n")
    page = site.visit("/documents")
    page.locator(".sources-card > summary").click()
    page.get_by_label("Path on the server").fill(str(tmp_path / "nowhere"))
    page.get_by_role("button", name="Add a source").click()
    expect(page.locator("#notices")).to_contain_text("no file or folder at this path")
    site.said = [each for each in site.said if "422" not in each]
    page.get_by_label("Path on the server").fill(str(folder))
    page.get_by_label("Name; empty for the path").fill("contracts")
    page.locator("[name=access]").fill("group:legal")
    page.get_by_role("button", name="Add a source").click()
    expect(page.locator("#job")).to_contain_text("added: 1", timeout=READ_MS)
    row = page.locator("#source-list tr", has_text="contracts")
    expect(row).to_contain_text("group legal")
    expect(row).to_contain_text(str(folder))
    expect(page.locator("#list")).to_contain_text("contracts/lease.md")
    (folder / "annex.md").write_text("# Annex\n\nA garage.\n")
    page.get_by_role("button", name="Read now").click()
    expect(page.locator("#list")).to_contain_text("contracts/annex.md", timeout=READ_MS)
    assert serious(page, "sources") == []
    page.get_by_role("button", name="Remove the source contracts").click()
    page.get_by_role("button", name="Yes, go on").click()
    expect(page.locator("#job")).to_contain_text("2 documents no longer answer", timeout=READ_MS)
    expect(row).to_have_count(0)
    assert (folder / "lease.md").exists()


def test_a_document_that_was_taken_out_is_taken_back(site: Site) -> None:
    name = "company/handbook/travel-policy.md"
    page = site.visit(f"/documents/one?name={name}")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Yes, go on").click()
    page.wait_for_url("**/documents")
    expect(page.locator("#list")).not_to_contain_text(name)
    page.locator(".sources-card > summary").click()
    page.get_by_text("1 document is left out of syncs").click()
    page.get_by_role("button", name=f"Take {name} back").click()
    expect(page.locator("#list")).to_contain_text(name, timeout=READ_MS)
    expect(page.locator(".left-out")).to_have_count(0)


def test_an_editor_reads_now_and_stops_it_by_the_keyboard(staff: Site, monkeypatch: Any) -> None:
    page = staff.sign_in("Eddie", "/documents")
    expect(page.locator(".sources-card")).to_have_count(0)
    with held(monkeypatch, Progress("read", 2, 5)):
        page.get_by_role("button", name="Read now").click()
        expect(page.locator("#job")).to_contain_text("Reading · 40 %")
        page.locator("#job").get_by_role("button", name="Stop").focus()
        page.wait_for_timeout(1000)  # the piece has renewed itself meanwhile
        expect(page.locator("#job").get_by_role("button", name="Stop")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#job")).to_contain_text("It was stopped.")


def test_a_phone_shows_the_sources_without_scrolling_sideways(site: Site) -> None:
    page = site.visit("/documents", **PHONE)
    page.get_by_text("Who may read them").first.click()
    page.locator(".sources-card > summary").click()
    drop(page, canteen_md=CANTEEN, empty_md="")
    expect(page.locator(".upload.ended")).to_have_count(2, timeout=READ_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


# -- Jobs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_status_says_why_a_job_failed_and_stops_one(site: Site, monkeypatch: Any, theme: Any) -> None:
    def full(self: Workspace, **_: Any) -> SyncReport:
        raise StorageError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(Workspace, "sync_uploads", full)
        page = site.visit("/documents", color_scheme=theme)
        page.get_by_role("button", name="Read now").click()
        expect(page.locator("#job")).to_contain_text("The disk is full.", timeout=READ_MS)
    page.goto("/status")
    expect(page.locator("#jobs tbody tr").first).to_contain_text("The disk is full.")
    with held(monkeypatch, Progress("read", 3, 4)):
        page.goto("/documents")
        page.get_by_role("button", name="Read now").click()
        expect(page.locator("#job")).to_contain_text("3 / 4")
        page.goto("/status")
        row = page.locator("#jobs tbody tr").first
        expect(row).to_contain_text("Reading · 75 %")
        assert serious(page, "jobs") == []
        row.get_by_role("button", name="Stop").click()
        expect(row).to_contain_text("stopped")
        expect(row.get_by_role("button")).to_have_count(0)


# -- Long documents -------------------------------------------------------------------------------


def test_every_page_of_a_long_document_is_a_click_or_a_number_away(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "books"
    folder.mkdir()
    (folder / "rows.txt").write_text("\f".join(f"Row {number}" for number in range(1, 451)))
    site.workspace.add(folder, name="books")
    name = next(each.name for each in site.workspace.documents(site.workspace.owner) if each.source == "books")
    page = site.visit(f"/documents/one?name={name}")
    numbers = page.locator("#pages .page-numbers li")
    expect(numbers).to_have_count(200)
    expect(page.locator("#pages nav")).to_contain_text("1 to 200 of 450")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#pages nav")).to_contain_text("201 to 400 of 450")
    page.get_by_role("link", name="Next").click()
    expect(numbers).to_have_count(50)
    expect(numbers.last).to_have_text("450")
    assert serious(page, "the pages of a long document") == []
    page.get_by_label("Go to page").fill("333")
    page.keyboard.press("Enter")
    expect(page.locator("#viewer .page-text")).to_contain_text("Row 333")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Open")).to_be_focused()
