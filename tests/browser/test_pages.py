"""The web page in Chromium, as people use it: visit, ask, look at the source, sign in, keep others out."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from homeground.models.add import add_model
from homeground.settings import RevisionSettings

from .conftest import PASSWORD, Site
from .conftest import serious as _serious

HERE = Path(__file__).parent
TINY = HERE.parent / "tiny_llama" / "model"
Ask = Callable[[Page, str], None]
PROFIT = "What was the operating profit in 2025?"
REPORT = "/documents/one?name=company/finance/annual-report-2025.pdf"
PAGES = ("/", "/documents", REPORT, "/models", "/people", "/account", "/audit", "/status", "/login", "/nowhere")
# How many points of the page's picture are marked: yellow, as the quote is.
_MARKED = """image => {
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
    const paper = canvas.getContext('2d');
    paper.drawImage(image, 0, 0);
    const points = paper.getImageData(0, 0, canvas.width, canvas.height).data;
    let marked = 0;
    for (let at = 0; at < points.length; at += 4)
        marked += points[at] > 200 && points[at + 1] > 180 && points[at + 2] < 140;
    return marked;
}"""


def marked_points(page: Page) -> int:
    image = page.locator("#viewer img")
    expect(image).to_be_visible()
    expect(image).to_have_js_property("complete", True)
    found: int = image.evaluate(_MARKED)
    return found


def test_a_first_visit_asks_opens_a_source_and_sees_the_highlight(site: Site, ask: Ask) -> None:
    page = site.visit()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask your documents")
    ask(page, PROFIT)
    expect(page.locator(".statement").first).to_contain_text("6,146")
    page.locator(".statement .mark").first.click()
    expect(page.locator("#viewer")).to_contain_text("page")
    assert marked_points(page) > 200
    page.locator("#viewer").get_by_role("button", name="Text").click()
    expect(page.locator("#quote")).to_contain_text("6,146")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    page.reload()  # the conversation is kept, and is the address
    assert re.search(r"/c/\w+$", page.url)
    expect(page.locator(".statement").first).to_contain_text("6,146")


def test_the_receipt_unfolds_and_thumbs_become_a_case(site: Site, ask: Ask) -> None:
    page = site.visit()
    ask(page, PROFIT)
    page.locator("details.receipt summary").click()
    expect(page.locator("details.receipt")).to_contain_text("annual-report-2025.pdf")
    with page.expect_response("**/api/feedback") as told:
        page.get_by_role("button", name="Good answer").click()
    assert told.value.ok
    assert PROFIT in str(list(site.workspace.log.cases()))


def test_a_refusal_says_so_and_shows_what_came_nearest(site: Site, ask: Ask) -> None:
    page = site.visit()
    ask(page, "Which airline does the company fly with to Japan?")
    refusal = page.locator(".refusal")
    expect(refusal).to_contain_text("No answer from the documents")
    expect(page.locator(".statement")).to_have_count(0)


def test_a_follow_up_and_an_export(site: Site, ask: Ask) -> None:
    page = site.visit()
    ask(page, "How heavy is the Heron 300?")
    ask(page, "How long is its warranty?")
    expect(page.locator(".understood")).to_contain_text("Heron 300")
    with page.expect_download() as export:
        page.get_by_role("link", name="Markdown").click()
    text = Path(export.value.path()).read_text("utf-8")
    assert "How long is its warranty?" in text and "annual" not in text.splitlines()[0].lower()


def test_filters_narrow_an_answer(site: Site, ask: Ask) -> None:
    page = site.visit()
    page.get_by_text("Filters").click()
    page.locator("select[name=source]").select_option("closed")
    ask(page, PROFIT)
    expect(page.locator(".statement", has_text="6,146")).to_have_count(0)


# -- Documents ------------------------------------------------------------------------------------


def test_a_person_with_only_a_browser_uploads_a_10k_and_a_colleague_finds_nothing(site: Site, ask: Ask) -> None:
    """Upload a real 10-K, ask, open the page with the highlighted figure; without permission, nothing."""
    for name, role in (("Olga", "owner"), ("Eddie", "editor"), ("Rob", "reader")):
        site.workspace.people.add(name, role=role, groups=["finance"] * (name == "Eddie"), password=PASSWORD)
    olga = site.sign_in("Olga", "/documents")
    olga.locator("[data-files]").set_input_files(HERE / "ten-k.pdf")
    expect(olga.locator(".upload .good")).to_have_text("Read", timeout=60_000)
    olga.get_by_label("Search by name or title").fill("ten-k")
    expect(olga.locator("#list tbody tr")).to_have_count(1)
    olga.locator("#list").get_by_role("link").first.click()
    expect(olga.get_by_role("heading", level=1)).to_contain_text(re.compile("10-K|ten-k"))
    olga.get_by_text("Change who may read this document").click()
    olga.get_by_label("May read").first.fill("group:finance")
    olga.get_by_role("button", name="Save").click()
    expect(olga.locator("#readers")).to_contain_text("group finance")

    eddie = site.sign_in("Eddie")
    question = "What was the total revenue of Galaxy Gaming in 2021?"
    ask(eddie, question)
    expect(eddie.locator(".statement").first).to_contain_text("19,984,378")
    eddie.locator(".statement .mark").first.click()
    assert marked_points(eddie) > 200

    rob = site.sign_in("Rob")
    ask(rob, question)
    expect(rob.locator("main")).not_to_contain_text("19,984,378")
    rob.goto("/documents")
    expect(rob.locator("main")).not_to_contain_text("ten-k")
    gone = rob.goto(eddie.locator(".source").first.get_attribute("href") or "")
    assert gone is not None and gone.status == 404
    site.said = [each for each in site.said if "404" not in each]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_two_revisions_stand_side_by_side_on_a_desk_and_stacked_on_a_phone(
    site: Site, tmp_path: Path, theme: Any
) -> None:
    lease = tmp_path / "lease" / "lease.md"
    lease.parent.mkdir()
    site.workspace.catalogue.keep_former = 2
    site.workspace.parts.settings = replace(site.workspace.settings, revisions=RevisionSettings(keep=2))
    for months in ("three", "six"):
        lease.write_text(f"# Lease\n\nThe notice is {months} months.\n\nIt ends in 2027.\n")
        site.workspace.add(lease.parent, name="lease")
    name = next(each.name for each in site.workspace.documents(site.workspace.owner) if each.source == "lease")
    page = site.visit(f"/documents/one?{urlencode({'name': name})}", color_scheme=theme)
    assert _serious(page, "the document") == []
    page.get_by_role("link", name=re.compile("Compare .* with the current one")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What changed")
    was, now = page.locator("del"), page.locator("ins")
    expect(was).to_have_text("three")
    expect(now).to_have_text("six")
    assert _place(was)["y"] == _place(now)["y"] and _place(was)["x"] < _place(now)["x"]
    assert _serious(page, "the comparison") == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert _place(was)["y"] < _place(now)["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert _serious(page, "the comparison on a phone") == []


def _place(found: Locator) -> FloatRect:
    place = found.bounding_box()
    assert place is not None
    return place


# -- Models ---------------------------------------------------------------------------------------


def test_another_model_answers_after_a_click(site: Site) -> None:
    add_model(TINY)
    page = site.visit("/models")
    page.get_by_role("button", name="Answer with tiny-llama-int8").click()
    expect(page.locator(".big-name").nth(1)).to_have_text("tiny-llama-int8")
    page.get_by_role("button", name="Use the built-in reader").click()
    expect(page.locator(".big-name").nth(1)).to_have_text("The built-in reader")


# -- People ---------------------------------------------------------------------------------------


def test_signing_in_closes_what_is_not_yours(site: Site, ask: Ask) -> None:
    site.workspace.people.add("Olga", role="owner", password=PASSWORD)
    site.workspace.people.add("Helena", groups=["hr"], password=PASSWORD)
    site.workspace.people.add("Rob", password=PASSWORD)
    page = site.visit("/")
    page.wait_for_url("**/login?next=%2F")
    page.get_by_label("Name").fill("Rob")
    page.get_by_label("Password").fill("a wrong password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong.")
    site.said = [each for each in site.said if "401" not in each]
    question = "What is the salary of the chief engineer?"
    helena, rob = site.sign_in("Helena"), site.sign_in("Rob")
    ask(helena, question)
    expect(helena.locator(".statement").first).to_contain_text("95,000")
    ask(rob, question)
    expect(rob.locator("main")).not_to_contain_text("95,000")
    assert rob.get_by_role("link", name="People").count() == 0
    rob.get_by_role("button", name="Sign out").click()
    rob.wait_for_url("**/login")
    rob.goto("/documents")
    rob.wait_for_url("**/login?next=%2Fdocuments")


def test_a_token_is_made_copied_once_and_revoked(site: Site) -> None:
    site.workspace.people.add("Olga", role="owner", password=PASSWORD)
    page = site.sign_in("Olga", "/account")
    page.get_by_label("What it is for").fill("nightly report")
    page.get_by_role("button", name="Make a token").click()
    secret = page.locator("[data-secret]").inner_text()
    assert site.workspace.tokens.caller(secret) is not None
    page.reload()
    expect(page.locator("[data-secret]")).to_have_count(0)
    page.get_by_role("button", name="Revoke nightly report").click()
    page.get_by_role("button", name="Yes, go on").click()
    expect(page.locator("#tokens")).to_contain_text("You have no tokens.")
    assert site.workspace.tokens.caller(secret) is None


def test_the_first_person_is_added_and_signs_in(site: Site) -> None:
    page = site.visit("/people")
    page.get_by_label("Name").fill("Olga")
    page.get_by_label("Password, at least 10 characters; empty for none").fill(PASSWORD)
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/login")
    page.get_by_label("Name").fill("Olga")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto("/people")
    page.get_by_label("Name", exact=True).fill("Rob")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#people")).to_contain_text("Rob")
    expect(page.get_by_label("Name", exact=True)).to_have_value("")


# -- For everybody --------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(site: Site, ask: Ask, theme: Any) -> None:
    page, found = site.visit(color_scheme=theme), []
    for path in PAGES:
        page.goto(path)
        found += _serious(page, path)
    page.goto("/")
    ask(page, PROFIT)
    page.locator(".statement .mark").first.click()
    expect(page.locator("#viewer img")).to_be_visible()
    found += _serious(page, "the answer")
    assert found == []
    site.said = [each for each in site.said if "404" not in each]


def test_the_theme_is_switched_and_kept(site: Site) -> None:
    page = site.visit(color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Light or dark").click()
    dark = page.evaluate(ground)
    assert light != dark
    page.goto("/documents")
    assert page.evaluate(ground) == dark


def test_a_phone_shows_everything_without_scrolling_sideways(site: Site, ask: Ask) -> None:
    page = site.visit(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    for path in PAGES:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.goto("/")
    ask(page, PROFIT)
    page.locator(".statement .mark").first.click()
    expect(page.locator("#viewer")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Close the source").click()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Documents").click()
    page.wait_for_url("**/documents")
    site.said = [each for each in site.said if "404" not in each]


def test_the_keyboard_is_enough(site: Site) -> None:
    page = site.visit()
    page.keyboard.type(PROFIT)  # the question has the focus
    page.keyboard.press("Enter")
    page.locator("[data-ended]").wait_for()
    page.locator(".statement .mark").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#viewer img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".statement .mark").first).to_be_focused()
    page.goto("/documents")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_nothing_moves_while_a_page_is_built(site: Site) -> None:
    page = site.visit()
    for path in ("/", "/documents", REPORT):
        page.goto(path)
        shift = page.evaluate(
            """() => new Promise(done => {
                let total = 0;
                new PerformanceObserver(list => { for (const each of list.getEntries()) total += each.value; })
                    .observe({type: 'layout-shift', buffered: true});
                setTimeout(() => done(total), 300);
            })"""
        )
        assert shift < 0.02, path


def test_the_page_speaks_chinese(site: Site, ask: Ask) -> None:
    page = site.visit()
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("向您的文档提问")
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask your documents")


def test_what_stands_in_a_document_is_never_run(site: Site, ask: Ask, tmp_path: Path) -> None:
    folder = tmp_path / "evil"
    folder.mkdir()
    evil = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
    (folder / "<b onmouseover=alert(1)>.md").write_text(f"# {evil}\n\nThe zebra pump {evil} weighs 77 kg.\n")
    site.workspace.add(folder, name="evil")
    shutil.rmtree(folder)
    page = site.visit()
    ask(page, "How much does the zebra pump weigh?")
    page.locator(".mark").first.click()
    expect(page.locator("#viewer .page-text")).to_contain_text("zebra")
    page.goto("/documents")
    assert "taken" not in page.title()
    assert page.locator("main img, main script, main b[onmouseover]").count() == 0
