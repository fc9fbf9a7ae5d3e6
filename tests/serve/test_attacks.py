"""The usual attacks on the HTTP surface: what comes of each is an answer of the service's own, and nothing else."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from homeground.catalogue import Catalogue
from homeground.errors import StorageError

QUESTION = "How many days of annual leave does a full-time employee have?"
OUTSIDE = ["../../homeground.toml", "..%2f..%2fhomeground.toml", "/etc/passwd", "....//etc/passwd", "..\\..\\x", "a\0b"]
JSON = {"Content-Type": "application/json"}
HELLO = {"role": "user", "content": "How many days of annual leave?"}
CALL = {"name": "list_documents", "arguments": {}}
LISTED = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": CALL}


def call(api: Any, method: str, path: str, **request: Any) -> Any:
    """The response, which is never a fault of the service."""
    response = api.client.request(method, path, follow_redirects=False, **request)
    assert response.status_code < 500, f"{method} {path}: {response.text}"
    return response


# -- Other people's things, and other places ------------------------------------------------------


@pytest.mark.parametrize("wanted", OUTSIDE)
def test_no_name_leads_out_of_the_documents(reading, wanted):
    for path, key in (
        ("/api/document", "name"),
        ("/api/page", "citation"),
        ("/api/page/picture", "citation"),
        ("/page", "at"),
        ("/page.png", "at"),
        ("/documents/one", "name"),
        ("/api/access/explain", "document"),
    ):
        told = call(reading, "GET", path, params={key: f"{wanted}#p1" if key in ("citation", "at") else wanted})
        assert told.status_code in (404, 422), path
        assert "root:" not in told.text


@pytest.mark.parametrize(
    "path", ["../settings.py", "%2e%2e/%2e%2e/settings.py", "..%2f..%2f..%2fapp.py", "/etc/passwd"]
)
def test_no_address_leads_out_of_the_static_files(reading, path):
    assert call(reading, "GET", f"/static/0/{path}").status_code in (404, 422)
    assert call(reading, "GET", f"/static/{path}").status_code in (404, 422)


ODD_NAMES = ("C:\\x.md", ".homegroundignore", "http://127.0.0.1:9/x.md", "~/x.md", "a\r\nX: y", "uploads/../../x.md")


def test_an_upload_lands_in_the_uploads_or_nowhere(api, folder):
    def beside() -> set[Any]:
        apart = {"uploads", ".homeground"}
        return {path for path in folder.rglob("*") if not apart & set(path.relative_to(folder).parts)}

    before, kept = beside(), set()
    for name in (*OUTSIDE, *ODD_NAMES):
        told = api.client.post("/api/documents", files={"file": ("f.md", b"# A file")}, data={"name": name})
        assert told.status_code in (200, 201, 400, 422), told.text
        if told.status_code < 300:
            kept.add(told.json()["document"].partition("/")[2])
    assert beside() == before
    assert {path.name for path in (folder / "uploads").iterdir()} == kept
    assert not any(name.startswith(".") or set(name) & set("/\\\r\n\0") for name in kept)


@pytest.fixture
def others(api: Any) -> Any:
    """Ana has a conversation, a job and an answer; then Ben is the caller."""
    api.be("ana", "owner")
    answer = api.post("/ask", question=QUESTION, conversation="new")
    api.conversation, api.receipt = answer["conversation"], answer["receipt"]["id"]
    api.job = api.upload("anas.md", b"# Ana\n\nThis is hers.\n")["job"]["id"]
    api.done(api.job)
    api.workspace.set_access("uploads/anas.md", allow=["user:ana"], principal=api.workspace.owner)
    api.be("ben")
    return api


def test_conversations_of_others_cannot_be_seen_continued_or_erased(others):
    mine = f"/conversations/{others.conversation}"
    absent = others.get("/conversations/none", 404)["detail"].replace("none", others.conversation)
    assert others.get(mine, 404)["detail"] == absent
    others("DELETE", mine, 404)
    others.post("/ask", 404, question="And part-time?", conversation=others.conversation)
    assert call(others, "GET", f"/c/{others.conversation}").status_code == 404
    assert call(others, "GET", f"/c/{others.conversation}/markdown").status_code == 404
    assert call(others, "POST", "/conversations/erase", data={"identity": others.conversation}).status_code == 404
    others.be("ana")
    assert len(others.get(mine)["turns"]) == 1


def test_jobs_uploads_and_feedback_of_others_are_closed(others):
    assert others.get(f"/jobs/{others.job}", 404)["code"] == "not_found"
    others("POST", f"/jobs/{others.job}/cancel", 403)
    assert call(others, "GET", f"/jobs/{others.job}").status_code == 404
    others.be("ben", "editor")
    handed_in = others("POST", "/documents", 201, files={"file": ("anas.md", b"taken over")})
    assert handed_in["document"] == "uploads/ben/anas.md"
    assert b"taken over" not in (others.workspace.folder / "uploads" / "anas.md").read_bytes()
    others("DELETE", "/document?name=uploads/anas.md", 404)
    others.get("/document", 404, name="uploads/anas.md")
    assert "uploads/anas.md" not in json.dumps(others.get("/documents", limit=1000))
    others.post("/feedback", 404, receipt=others.receipt, verdict="down", comment="", citations=[])
    assert all(each["principal"] == "ben" for each in others.get("/audit")["entries"])


def test_tokens_and_people_of_others_are_closed(api):
    api.workspace.people.add("ana", role="owner")
    api.workspace.people.add("ben")
    token, secret = api.workspace.tokens.create("ana", "hers")
    _, mine = api.workspace.tokens.create("ben", "his")
    told = {"Authorization": f"Bearer {mine}"}
    assert token.id not in call(api, "GET", "/api/tokens", headers=told).text
    assert call(api, "DELETE", f"/api/tokens/{token.id}", headers=told).status_code in (403, 404)
    assert call(api, "GET", "/api/people", headers=told).status_code == 403
    assert call(api, "GET", "/api/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


# -- Injection ------------------------------------------------------------------------------------

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>"


def test_text_and_names_of_documents_stay_text_on_the_pages(api):
    body = f"# Quokka {EVIL}\n\nThe quokka allowance is 12 euros {EVIL} a day.\n\n[a](javascript:alert(1))\n"
    name = "<img src=x onerror=alert(1)>.md"
    told = api.upload(name, body.encode())
    api.done(told["job"]["id"])
    document = told["document"]
    answer = api.post("/ask", question="How much is the quokka allowance?", conversation="new")
    assert "12 euros" in json.dumps(answer["statements"])
    pages = [
        call(api, "GET", "/documents"),
        call(api, "GET", "/documents/one", params={"name": document}),
        call(api, "GET", "/page", params={"at": f"{document}#p1"}),
        call(api, "GET", f"/c/{answer['conversation']}"),
        call(api, "GET", "/audit"),
        call(api, "POST", "/ask", data={"question": f"How much is the quokka allowance? {EVIL}"}),
    ]
    for page in pages:
        assert page.status_code == 200, page.text
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "<svg/onload" not in page.text
        assert 'href="javascript:' not in page.text


def test_what_is_downloaded_is_no_page(api):
    answer = api.post("/ask", question=EVIL, conversation="new")
    for path in ("/api/audit/export", "/api/feedback/cases", f"/c/{answer['conversation']}/markdown"):
        headers = call(api, "GET", path).headers
        assert headers["content-disposition"].startswith("attachment; filename="), path
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"]
        assert not headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "text", ["a\r\nSet-Cookie: x=y", "a\nINFO forged line", "%0d%0aSet-Cookie:%20x=y", "\x1b[31mred"]
)
def test_nothing_that_is_sent_writes_headers_or_lines_of_the_log(reading, caplog, text):
    caplog.set_level(logging.DEBUG)
    for method, path, request in (
        ("GET", "/api/documents", {"params": {"source": text}}),
        ("GET", "/language", {"params": {"to": "en", "back": f"/{text}"}}),
        ("GET", f"/api/jobs/{'%0d%0aX-Evil:%20y'}", {}),
        ("POST", "/api/ask", {"json": {"question": text, "source": text}}),
        ("GET", "/login", {"params": {"next": text}}),
    ):
        told = call(reading, method, path, **request)
        assert "set-cookie" not in told.headers or "x=y" not in told.headers["set-cookie"]
        assert "x-evil" not in told.headers
    lines = [record.getMessage() for record in caplog.records if record.name.startswith(("homeground", "uvicorn"))]
    assert not any("\n" in line or "\x1b" in line for line in lines)


ELSEWHERE = (
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "///evil.example",
    "javascript:alert(1)",
    " //evil.example",
    "@evil.example",
)


def test_nobody_is_sent_to_another_site(api):
    api.workspace.people.add("ana", role="owner", password="a long enough password")
    form = {"name": "ana", "password": "a long enough password"}
    told = [call(api, "POST", "/login", data=form | {"next": where}) for where in ELSEWHERE[:3]]
    told += [call(api, "GET", "/language", params={"to": "zh", "back": where}) for where in ELSEWHERE]
    assert [each.headers["location"] for each in told] == ["/"] * len(told)
    pages = [call(api, "GET", "/login", params={"next": where}) for where in ELSEWHERE]
    assert all('name="next" value="/"' in page.text for page in pages)


def test_an_address_is_never_fetched(api, monkeypatch):
    import socket

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("something was connected to")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    for address in (
        "http://169.254.169.254/latest/meta-data",
        "ftp://10.0.0.1/etc/passwd",
        "\\\\evil\\share",
        "s3://bucket/x",
    ):
        assert call(api, "POST", "/api/sources", json={"path": address}).status_code == 422
        told = call(api, "POST", "/api/documents", files={"file": (address, b"# x")})
        assert told.status_code in (201, 422)
        assert call(api, "POST", "/api/models/use", json={"name": address, "purpose": "answer"}).status_code == 422


# -- Requests that are not as they should be -----------------------------------------------------


def test_methods_are_what_they_are(reading):
    for method, path in (("TRACE", "/api/documents"), ("PUT", "/api/ask"), ("DELETE", "/api/health"), ("QUOKKA", "/")):
        assert call(reading, method, path).status_code == 405
    before = reading.get("/documents", limit=1000)
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        call(reading, "GET", "/api/document", params={"name": "x"}, headers={header: "DELETE"})
        call(reading, "POST", "/api/documents?_method=DELETE", headers={header: "DELETE"})
    assert reading.get("/documents", limit=1000) == before


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/xml", ""]
)
def test_what_is_not_said_to_be_json_is_not_read_as_json(reading, kind):
    body = json.dumps({"question": QUESTION})
    assert call(reading, "POST", "/api/ask", content=body, headers={"Content-Type": kind}).status_code in (
        400,
        415,
        422,
    )


@pytest.mark.parametrize(
    "body",
    [
        "[" * 200_000,
        '{"question":' * 50_000,
        '{"question": "a", "within": ' + "[" * 90_000 + "]" * 90_000 + "}",
        '{"question": ' + "9" * 100_000 + "}",
        '{"question": "a\\u0000b"}',
        '{"question": "\\ud800"}',
        '{"question": "a", "limit": 1e999}',
        '{"question": "a", "question": "b", "since": "9999999-01-01"}',
        '{"question": NaN}',
        "\ufeff{}",
        "\xff\xfe",
        "null",
        "",
    ],
)
def test_no_json_makes_the_service_fail(reading, body):
    for path in ("/api/ask", "/api/search", "/api/feedback", "/api/models/use"):
        call(reading, "POST", path, content=body.encode("utf-8", "surrogatepass"), headers=JSON)


@pytest.mark.parametrize("value", ["-1", "0", "9" * 400, "1e9", "NaN", "", "\0", "%00", "🦘" * 200, "0x10", "١٢"])
def test_no_parameter_makes_the_service_fail(reading, value):
    for path, key in (
        ("/api/documents", "limit"),
        ("/api/documents", "cursor"),
        ("/api/documents", "name"),
        ("/api/audit", "limit"),
        ("/api/audit", "since"),
        ("/api/audit", "cursor"),
        ("/api/jobs", "cursor"),
        ("/api/page", "citation"),
        ("/documents", "page"),
        ("/audit", "before"),
        ("/audit", "since"),
        ("/page", "at"),
    ):
        call(reading, "GET", path, params={key: value})
    call(reading, "GET", "/api/page", params={"citation": f"a.md#p{value}"})
    call(reading, "GET", "/api/documents", params=[("limit", value)] * 3)


def test_a_form_of_very_many_fields_is_answered(reading):
    told = call(
        reading, "POST", "/ask", content="a=b&" * 200_000, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert told.status_code in (400, 413, 422)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/documents", {}),
        ("POST", "/api/ask", {"json": {"question": "annual leave"}}),
        ("POST", "/v1/chat/completions", {"json": {"model": "homeground", "messages": [HELLO]}}),
        ("GET", "/documents", {"headers": {"Accept": "text/html"}}),
        ("POST", "/mcp", {"json": LISTED, "headers": {"Accept": "application/json, text/event-stream"}}),
    ],
)
def test_no_error_tells_where_things_lie(api, monkeypatch, caplog, method, path, body):
    def failing(*given, **more):
        raise StorageError(f"The catalogue {api.workspace.catalogue.path} cannot be used: disk I/O error.")

    for name in ("visible", "facts"):
        monkeypatch.setattr(Catalogue, name, failing)
    api.be("rob")
    told = api.client.request(method, path, **body)
    assert "disk I/O error" in told.text
    assert str(api.workspace.folder) not in told.text
    assert str(api.workspace.folder) in caplog.text
