"""The pages: who sees which, what they hold, in which language, how large they are; forms work without scripts too."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from homeground import Workspace
from homeground.access import passwords
from homeground.catalogue import conversations
from homeground.serve import csrf, web
from homeground.serve.app import create_app

PASSWORD = "correct horse battery"
WEB = Path(web.__file__).parent
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
HTML = {"Accept": "text/html"}
PAGES = ("/", "/documents", "/models", "/people", "/account", "/audit", "/status")
_TEXT = re.compile(r"""\b_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
_COUNT = re.compile(r"""\bcount\([^,]+,\s*(?:"[^"]*"|'[^']*'),\s*(?:"([^"]*)"|'([^']*)')""")


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=64)
    monkeypatch.setattr(passwords, "_hasher", lambda: quick)
    monkeypatch.setattr(passwords, "_nobody", lambda: quick.hash("nobody"))


@pytest.fixture
def visit(workspace: Workspace) -> Iterator[Callable[..., TestClient]]:
    """A browser of somebody who is signed in; of the local owner, or of nobody, without a name."""
    app = create_app(workspace, workspace.settings.serve)

    def begin(name: str = "") -> TestClient:
        client = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 5000), headers=HTML)
        if name:
            answer = client.post("/login", data={"name": name, "password": PASSWORD}, follow_redirects=False)
            assert answer.status_code == 303
            secret = next(iter(client.cookies.jar)).value or ""
            client.headers["X-CSRF-Token"] = csrf._derived(secret)
        return client

    with TestClient(app):
        yield begin


@pytest.fixture
def staffed(workspace: Workspace) -> Workspace:
    workspace.people.add("Olga", role="owner", password=PASSWORD)
    workspace.people.add("Eddie", role="editor", groups=["hr"], password=PASSWORD)
    workspace.people.add("Rob", password=PASSWORD)
    return workspace


# -- The files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_a_script_a_style_or_anything_from_elsewhere(template: Path) -> None:
    text = template.read_text("utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:|https?://|\|\s*safe\b", text)


def test_a_count_is_found_in_quotes_of_either_kind() -> None:
    for text in ('count(n, "{n} page", "{n} pages")', "count(n | length, '{n} page', '{n} pages')"):
        assert [found[1] or found[2] for found in _COUNT.finditer(text)] == ["{n} pages"]


def test_everything_that_is_said_has_its_chinese() -> None:
    said: dict[str, str] = json.loads((WEB / "texts" / "zh.json").read_text("utf-8"))
    asked = set()
    for path in [*TEMPLATES, *WEB.glob("*.py")]:
        text = path.read_text("utf-8")
        asked |= {found[1] or found[2] for found in _TEXT.finditer(text)}
        asked |= {found[1] or found[2] for found in _COUNT.finditer(text)}
    assert len(asked) > 200
    assert asked - set(said) == set()
    for english, chinese in said.items():
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", chinese)), english


@pytest.mark.parametrize(("path", "talks"), [("/", 0), ("/", 200), ("/documents", 200)])
def test_the_first_view_is_small(workspace: Workspace, visit: Callable[..., TestClient], path: str, talks: int) -> None:
    keep_talks(workspace, talks, "What do the documents say of 泵 and pumps? " * 200)
    client = visit()
    page = client.get(path)
    listed = page.text.count('action="/conversations/erase"')
    assert listed == (min(talks, 30) + bool(talks) if path == "/" else 0)
    assert ("upload.js" in page.text) is (path == "/documents")  # a page loads what it needs
    files = set(re.findall(r"""(?:src|href)="(/static/[^"#]+)""", page.text))
    assert len(files) >= 6
    total = len(page.content)
    for each in files:
        response = client.get(each, headers={"Accept-Encoding": "gzip"})
        assert response.status_code == 200 and "immutable" in response.headers["cache-control"]
        total += int(response.headers["content-length"])
    assert total <= 100_000, f"{total} bytes"


def keep_talks(workspace: Workspace, count: int, question: str = "What is new?") -> None:
    began = datetime.now(UTC) - timedelta(hours=1)
    with workspace.catalogue.writing() as connection:
        for number in range(count):
            at = began + timedelta(seconds=number // 2)  # some at the same moment
            conversations.begin(connection, f"talk{number:03}", workspace.owner.name, at)
            turn = conversations.KeptTurn(0, at, f"{number} {question}", None, True, "No.", ())
            conversations.append(connection, f"talk{number:03}", turn)


def test_older_conversations_are_listed_on_demand(workspace: Workspace, visit: Callable[..., TestClient]) -> None:
    keep_talks(workspace, 70)
    client, seen = visit(), []
    page = client.get("/").text
    for expected in (30, 30, 10):
        found = re.findall(r'href="/c/(talk\d+)"', page)
        assert len(found) == expected
        seen += found
        link = re.search(r'hx-get="(/conversations[^"]+)"', page)
        if link:
            plain = client.get(link[1].replace("&amp;", "&"))
            assert re.findall(r'href="/c/(talk\d+)"', plain.text)[0] not in seen  # without scripts, as a page
            page = client.get(link[1].replace("&amp;", "&"), headers={"HX-Request": "true"}).text
    assert link is None
    assert seen == sorted(seen, reverse=True)
    assert client.get("/conversations?before=nonsense", headers={"HX-Request": "true"}).status_code == 422


def test_the_list_comes_with_the_first_answer_of_a_conversation_only(visit: Callable[..., TestClient]) -> None:
    client = visit()
    first = client.post("/ask", data={"question": "How heavy is the Heron 300?"}).text
    [identity] = re.findall(r'data-conversation="(\w+)"', first)
    assert f'href="/c/{identity}"' in first
    second = client.post("/ask", data={"question": "How long is its warranty?", "conversation": identity}).text
    assert f'data-conversation="{identity}"' in second
    assert "/conversations/erase" not in second


def test_html_is_packed_for_who_asks_for_it_on_our_pages_and_for_no_other_site(
    visit: Callable[..., TestClient],
) -> None:
    client = visit()
    sites = {"same-origin": "gzip", "none": "gzip", "cross-site": None, "same-site": None}
    for site, encoding in sites.items():
        page = client.get("/documents", headers={"Accept-Encoding": "gzip", "Sec-Fetch-Site": site})
        assert page.headers.get("content-encoding") == encoding
        assert "Sec-Fetch-Site" in page.headers["vary"]
        assert page.text.startswith("<!doctype html>")
    headers = {"Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"}
    assert "content-encoding" not in client.get("/documents", headers={**headers, "Accept-Encoding": "br"}).headers
    assert "content-encoding" not in client.post("/ask", data={"question": "Who?"}, headers=headers).headers


# -- Who sees what --------------------------------------------------------------------------------


def test_the_local_owner_sees_every_page(visit: Callable[..., TestClient]) -> None:
    client = visit()
    for path in (*PAGES, "/documents/one?name=company/finance/annual-report-2025.pdf"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.text.count("<h1") >= 1


def test_a_reader_is_offered_what_is_theirs(staffed: Workspace, visit: Callable[..., TestClient]) -> None:
    rob = visit("Rob")
    start = rob.get("/").text
    assert 'href="/documents"' in start and 'href="/people"' not in start and 'href="/audit"' not in start
    for path in ("/models", "/people", "/audit", "/status"):
        answer = rob.get(path)
        assert answer.status_code == 403 and "This page is not for you" in answer.text
    documents = rob.get("/documents").text
    assert "data-drop" not in documents and "salaries" not in documents
    assert "data-drop" in visit("Eddie").get("/documents").text
    closed = rob.get("/documents/one", params={"name": "closed/salaries.md"})
    never = rob.get("/documents/one", params={"name": "closed/nothing.md"})
    assert closed.status_code == never.status_code == 404


def test_nobody_is_sent_to_sign_in_and_back(staffed: Workspace, visit: Callable[..., TestClient]) -> None:
    answer = visit().get("/documents?q=pump", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fdocuments%3Fq%3Dpump"
    form = visit().get(answer.headers["location"]).text
    assert 'name="next" value="/documents?q=pump"' in form
    assert 'value="/"' in visit().get("/login?next=//evil.example").text


def test_a_wrong_password_is_told_on_the_form(staffed: Workspace, visit: Callable[..., TestClient]) -> None:
    answer = visit().post("/login", data={"name": "Rob", "password": "wrong", "next": "/documents"})
    assert answer.status_code == 401 and "Name or password is wrong." in answer.text
    assert "correct horse" not in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_speak_chinese(visit: Callable[..., TestClient], path: str) -> None:
    client = visit()
    client.cookies.set("language", "zh")
    page = client.get(path)
    assert page.status_code == 200 and 'lang="zh-Hans"' in page.text and "文档" in page.text
    by_browser = visit().get(path, headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    assert "文档" in by_browser.text


# -- Forms ----------------------------------------------------------------------------------------


def test_the_first_person_is_an_owner_who_can_sign_in(workspace: Workspace, visit: Callable[..., TestClient]) -> None:
    client = visit()
    refused = client.post("/people/add", data={"name": "Olga", "role": "owner"})
    assert refused.status_code == 422 and "needs a password" in refused.text
    form = {"name": "Olga", "role": "owner", "password": PASSWORD}
    answer = client.post("/people/add", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert visit("Olga").get("/people").status_code == 200


def test_people_are_kept_on_their_page(staffed: Workspace, visit: Callable[..., TestClient]) -> None:
    olga = visit("Olga")
    olga.headers["HX-Request"] = "true"
    shown = olga.post("/people/add", data={"name": "Zoë", "groups": "legal, berlin", "password": ""})
    assert "Zoë" in shown.text and staffed.people.find("Zoë").groups == {"legal", "berlin"}
    olga.post("/people/change", data={"name": "Zoë", "role": "editor", "groups": "legal"})
    assert (staffed.people.find("Zoë").role, staffed.people.find("Zoë").groups) == ("editor", {"legal"})
    olga.post("/people/active", data={"name": "Zoë", "active": "no"})
    assert not staffed.people.find("Zoë").active
    assert "Zoë" not in olga.post("/people/remove", data={"name": "Zoë"}).text
    refused = olga.post("/people/remove", data={"name": "Olga"})
    assert "active owner" in refused.text
    visitor = visit("Rob")
    assert visitor.post("/people/add", data={"name": "Mallory", "role": "owner"}).status_code == 403


def test_a_token_is_shown_once_and_ends_on_the_account_page(
    staffed: Workspace, visit: Callable[..., TestClient]
) -> None:
    rob = visit("Rob")
    made = rob.post("/account/tokens", data={"label": "nightly", "permission": "read", "days": "30"})
    secret = re.search(r"hgt_[\w-]+", made.text)
    assert secret and staffed.tokens.caller(secret[0]) is not None
    assert secret[0] not in rob.get("/account").text
    refused = rob.post("/account/tokens", data={"label": "more", "permission": "admin"})
    assert refused.status_code == 403
    identity = staffed.tokens.list("Rob")[0].id
    rob.post("/account/revoke", data={"identity": identity})
    assert staffed.tokens.caller(secret[0]) is None


def test_a_rule_on_the_page_of_a_document_acts_at_once(staffed: Workspace, visit: Callable[..., TestClient]) -> None:
    olga, rob = visit("Olga"), visit("Rob")
    name = "closed/salaries.md"
    form = {"name": name, "allow": "user:Rob, group:hr", "deny": ""}
    assert olga.post("/documents/rule", data=form, follow_redirects=False).status_code == 303
    assert rob.get("/documents/one", params={"name": name}).status_code == 200
    assert "user:Rob" in olga.get("/documents/one", params={"name": name}).text
    told = olga.post("/documents/access", data={"name": name, "who": "Rob"})
    assert "Rob" in told.text and "may read it" in told.text
    olga.post("/documents/rule", data={"name": name, "allow": "", "deny": ""})
    assert rob.get("/documents/one", params={"name": name}).status_code == 404
    assert rob.post("/documents/rule", data=form).status_code == 403


def test_markup_in_a_document_or_its_name_is_text(
    workspace: Workspace, visit: Callable[..., TestClient], folder: Path
) -> None:
    evil = "<img src=x onerror=alert(1)>\"'&"
    bad = folder / "more" / f"evil {evil}.md"
    bad.parent.mkdir()
    bad.write_text(f"# Title {evil}\n\nThe warranty of the zebra pump is {evil} 77 months.\n")
    workspace.add(bad.parent, name="more")
    client = visit()
    for path in ("/documents", "/audit"):
        assert "<img src=x" not in client.get(path).text
    name = next(each.name for each in workspace.documents(workspace.owner) if "evil" in each.name)
    assert "<img src=x" not in client.get("/documents/one", params={"name": name}).text
    assert "<img src=x" not in client.get("/page", params={"at": f"{name}#p1"}).text
    told = client.post("/ask", data={"question": f"What is the warranty of the zebra pump {evil}?"}).text
    assert "77 months" in told and "<img src=x" not in told


def test_a_conversation_that_is_opened_again_has_its_receipts_and_thumbs(
    staffed: Workspace, visit: Callable[..., TestClient]
) -> None:
    eddie = visit("Eddie")
    ask = {"question": "What is the salary of the chief engineer?"}
    told = eddie.post("/ask", data=ask).text
    [identity] = re.findall(r'data-conversation="(\w+)"', told)
    receipt = re.findall(r'data-receipt="(\w+)"', told)[0]
    eddie.post("/api/feedback", json={"receipt": receipt, "verdict": "up"})
    again = eddie.get(f"/c/{identity}").text
    assert re.findall(r'data-receipt="(\w+)".*?aria-pressed="(\w+)"', again) == [(receipt, "true"), (receipt, "false")]
    assert "closed/salaries.md" in again
    staffed.people.change("Eddie", groups=[])
    again = visit("Eddie").get(f"/c/{identity}").text
    assert receipt in again
    assert "salaries.md" not in again
    staffed.log.erase("Eddie", staffed.owner)
    assert visit("Eddie").get(f"/c/{identity}").status_code == 404


def test_a_refusal_that_is_opened_again_shows_what_came_nearest(visit: Callable[..., TestClient]) -> None:
    client = visit()
    told = client.post("/ask", data={"question": "Which airline does the company fly with to Japan?"}).text
    [identity] = re.findall(r'data-conversation="(\w+)"', told)
    again = client.get(f"/c/{identity}").text
    assert "What came nearest" in told
    assert "What came nearest" in again
    [first, *_] = re.findall(r'<ul class="nearest">\s*<li><a href="([^"]+)"', again)
    assert client.get(first.replace("&amp;", "&")).status_code == 200


def test_the_export_takes_the_filters_of_the_page(workspace: Workspace, visit: Callable[..., TestClient]) -> None:
    client = visit()
    client.post("/ask", data={"question": "How heavy is the Heron 300?"})
    page = client.get("/audit", params={"kind": "ask", "until": datetime.now(UTC).date().isoformat()}).text
    [link] = re.findall(r'href="(/api/audit/export[^"]*)"', page)
    assert client.get(link.replace("&amp;", "&")).text.count("\n") == 1
    earlier = client.get("/audit", params={"until": "2020-01-01"}).text
    assert "/api/audit/export" not in earlier  # nothing fits
    assert 'href="/api/feedback/cases"' in page


def test_somebody_is_found_by_name_or_group(staffed: Workspace, visit: Callable[..., TestClient]) -> None:
    olga = visit("Olga")
    assert 'role="search"' not in olga.get("/people").text
    for number in range(6):
        staffed.people.add(f"Zed{number}", groups=[f"team{number}"])
    assert 'role="search"' in olga.get("/people").text
    found = olga.get("/people?q=TEAM4", headers={"HX-Request": "true"}).text
    assert re.findall(r"<h2><bdi>(\w+)</bdi></h2>", found) == ["Zed4"]
    assert "Nobody of this name or group." in olga.get("/people?q=xyz").text


def test_an_unforeseen_error_shows_no_secret(
    workspace: Workspace, visit: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(Workspace, "find_documents", fail)
    client = visit()
    client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
    answer = client.get("/documents")
    assert answer.status_code == 500 and "secret" not in answer.text
