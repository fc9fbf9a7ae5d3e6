"""The Ask page and what surrounds it, in Chromium: conversations kept and opened again, swaps, the owner's pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from homeground.catalogue import conversations
from homeground.models.add import add_model
from homeground.settings import ConversationSettings

from ..cli.conftest import save_embedder
from .conftest import PASSWORD, Site, serious

TINY = Path(__file__).parents[1] / "tiny_llama" / "model"
Ask = Callable[[Page, str], None]
PROFIT = "What was the operating profit in 2025?"
UNKNOWN = "Which airline does the company fly with to Japan?"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
# The sum of the shifts of layout that no click or key explains, from the page's begin on.
_SHIFTS = """() => new Promise(done => {
    let total = 0;
    const add = each => { if (!each.hadRecentInput) total += each.value; };
    new PerformanceObserver(list => list.getEntries().forEach(add)).observe({type: 'layout-shift', buffered: true});
    setTimeout(() => done(total), 300);
})"""


def keep_talks(site: Site, count: int) -> None:
    began = datetime.now(UTC) - timedelta(hours=1)
    with site.workspace.catalogue.writing() as connection:
        for number in range(count):
            at = began + timedelta(seconds=number)
            conversations.begin(connection, f"talk{number:03}", site.workspace.owner.name, at)
            turn = conversations.KeptTurn(0, at, f"Question {number}", None, True, "No.", ())
            conversations.append(connection, f"talk{number:03}", turn)


# -- Conversations --------------------------------------------------------------------------------


def test_a_conversation_that_is_opened_again_has_its_receipt_and_thumbs(site: Site, ask: Ask) -> None:
    page = site.visit()
    ask(page, PROFIT)
    ask(page, UNKNOWN)
    with page.expect_response("**/api/feedback"):
        page.get_by_role("button", name="Good answer").first.click()
    page.reload()
    expect(page.get_by_role("button", name="Good answer")).to_have_count(2)
    expect(page.get_by_role("button", name="Good answer").first).to_have_attribute("aria-pressed", "true")
    page.locator("details.receipt summary").first.click()
    expect(page.locator("details.receipt").first).to_contain_text("annual-report-2025.pdf")
    with page.expect_response("**/api/feedback") as told:
        page.get_by_role("button", name="Bad answer").last.click()
    assert told.value.ok
    page.get_by_text("What came nearest").click()
    page.locator(".nearest a").first.click()
    expect(page.locator("#viewer")).to_be_visible()


def test_older_conversations_come_by_keyboard(site: Site) -> None:
    keep_talks(site, 70)
    page = site.visit()
    listed = page.locator("#conversations li a[href^='/c/']")
    expect(listed).to_have_count(30)
    for already in (30, 60):
        page.get_by_role("link", name="Older conversations").focus()
        page.keyboard.press("Enter")
        expect(listed.nth(already)).to_be_focused()
    expect(listed).to_have_count(70)
    expect(page.get_by_role("link", name="Older conversations")).to_have_count(0)


def test_an_answer_without_kept_conversations_can_be_taken_along(site: Site, ask: Ask) -> None:
    settings = replace(site.workspace.settings, conversations=ConversationSettings(keep_days=0))
    site.workspace.parts.settings = settings
    page = site.visit()
    ask(page, PROFIT)
    with page.expect_download() as export:
        page.get_by_role("link", name="Markdown").click()
    text = Path(export.value.path()).read_text("utf-8")
    assert text.startswith(f"## {PROFIT}")
    assert "6,146" in text
    assert "[^1-1]: company/finance/annual-report-2025.pdf@" in text


def test_the_page_keeps_its_heading_and_copy_copies(site: Site, ask: Ask) -> None:
    page = site.visit(permissions=["clipboard-read", "clipboard-write"])
    ask(page, PROFIT)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask your documents")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("✓")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "6,146" in copied
    assert "annual-report-2025.pdf" in copied


def test_a_thumb_that_fails_says_so(site: Site, ask: Ask) -> None:
    page = site.visit()
    ask(page, PROFIT)
    page.route("**/api/feedback", lambda route: route.fulfill(status=503, body="{}"))
    page.get_by_role("button", name="Good answer").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be kept")
    expect(page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "false")
    site.said = [each for each in site.said if "503" not in each]


def test_dates_narrow_an_answer(site: Site, ask: Ask) -> None:
    page = site.visit()
    page.get_by_text("Filters").click()
    page.get_by_label("Until").fill("1999-12-31")
    expect(page.locator(".filters-on")).to_have_text("1")
    ask(page, PROFIT)
    expect(page.locator(".refusal")).to_be_visible()
    page.get_by_role("button", name="Clear").click()  # the box is still open
    expect(page.locator(".filters-on")).to_be_hidden()
    ask(page, PROFIT)
    expect(page.locator(".statement").first).to_contain_text("6,146")


def test_a_tap_beside_the_source_closes_it_on_a_phone(site: Site, ask: Ask) -> None:
    page = site.visit(**PHONE)
    ask(page, PROFIT)
    page.locator(".statement .mark").first.tap()
    expect(page.locator("#viewer")).to_be_visible()
    page.touchscreen.tap(195, 40)
    expect(page.locator("#viewer")).to_be_hidden()


# -- Models, audit, people ------------------------------------------------------------------------


def test_a_model_that_was_chosen_answers_after_the_next_start(site: Site, ask: Ask) -> None:
    add_model(TINY)
    page = site.visit("/models")
    page.get_by_role("button", name="Answer with tiny-llama-int8").click()
    expect(page.locator(".big-name").nth(1)).to_have_text("tiny-llama-int8")
    page.goto("/")
    ask(page, "How heavy is the Heron 300?")
    page.locator("details.receipt summary").click()
    expect(page.locator("details.receipt")).to_contain_text("tiny-llama-int8")


def test_a_model_is_verified(site: Site) -> None:
    page = site.visit("/models")
    with page.expect_response("**/models/verify") as posted:
        page.get_by_role("button", name="Verify").first.click()
    assert posted.value.ok
    expect(page.locator(".verified").first).to_contain_text("Every file is as its manifest says.")


def test_the_embedder_is_swapped_and_swapped_back(site: Site, ask: Ask, tmp_path: Path) -> None:
    save_embedder(tmp_path / "models" / "words")
    page = site.visit("/models")
    page.get_by_role("button", name="Swap to words").click()
    with page.expect_response("**/models/swap") as posted:
        page.get_by_role("button", name="Yes, go on").click()
    assert posted.value.ok
    expect(page.locator("[data-job=done]")).to_contain_text("words is the embedder now.", timeout=60_000)
    page.get_by_role("link", name="Show the models anew").click()
    expect(page.locator(".big-name").first).to_have_text("words")
    page.get_by_role("button", name="Go back to it").click()
    expect(page.locator("[data-job=done]")).to_contain_text("is the embedder now.", timeout=60_000)
    page.goto("/")
    ask(page, PROFIT)
    expect(page.locator(".statement").first).to_contain_text("6,146")


def test_the_log_is_verified_narrowed_and_exported(site: Site, ask: Ask) -> None:
    page = site.visit()
    ask(page, PROFIT)
    page.goto("/audit")
    with page.expect_response("**/audit/verify") as posted:
        page.get_by_role("button", name="Verify the chain").click()
    assert posted.value.ok
    expect(page.locator("#verified")).to_contain_text("The chain is whole")
    page.get_by_label("Kind").select_option("ask")
    expect(page.locator(".entries li")).to_have_count(1)
    with page.expect_download() as export:
        page.get_by_role("link", name="Export every entry that fits").click()
    assert Path(export.value.path()).read_text("utf-8").count("\n") == 1
    page.get_by_label("Words in the entry").fill("nothing of the kind")
    expect(page.get_by_text("No entry fits what is asked for.")).to_be_visible()
    expect(page.get_by_role("link", name="evaluation cases")).to_have_attribute("href", "/api/feedback/cases")


def test_somebody_is_found_among_many(site: Site) -> None:
    for number in range(9):
        role = "reader" if number else "owner"
        site.workspace.people.add(f"Person{number}", role=role, groups=[f"team{number}"], password=PASSWORD)
    page = site.sign_in("Person0", "/people")
    page.get_by_label("Search by name or group").fill("TEAM7")
    expect(page.locator(".person")).to_have_count(1)
    expect(page.locator(".person")).to_contain_text("Person7")
    page.get_by_label("Search by name or group").fill("nobody")
    expect(page.get_by_text("Nobody of this name or group.")).to_be_visible()


# -- For everybody --------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_what_comes_after_a_click(site: Site, ask: Ask, theme: Any) -> None:
    page, found = site.visit(color_scheme=theme), []
    ask(page, PROFIT)
    place = page.locator(".source").first.get_attribute("href") or ""
    page.reload()
    found += serious(page, "a stored conversation")
    ask(page, UNKNOWN)
    found += serious(page, "a refusal")
    page.goto(place)
    found += serious(page, "the page of a source")
    site.workspace.people.add("Olga", role="owner", groups=["hr"], password=PASSWORD)
    site.workspace.people.add("Rob", password=PASSWORD)
    site.workspace.tokens.create("Olga", "nightly report", ["read"], 30)
    page = site.sign_in("Olga", "/people", color_scheme=theme)
    found += serious(page, "people")
    page.goto("/account")
    found += serious(page, "an account with a token")
    assert found == []


def test_nothing_moves_when_an_answer_has_come_or_a_source_opens(site: Site, ask: Ask) -> None:
    page = site.visit()
    ask(page, "How heavy is the Heron 300?")
    page.wait_for_timeout(600)  # what a key moves counts for half a second
    ask(page, PROFIT)
    page.wait_for_timeout(600)
    assert page.evaluate(_SHIFTS) < 0.02
    page.locator(".statement .mark").last.click()
    expect(page.locator("#viewer img")).to_be_visible()
    page.wait_for_timeout(600)
    assert page.evaluate(_SHIFTS) < 0.02
