"""What the service says of itself: models, status, health, errors in one form, request ids, and its own description."""

from __future__ import annotations

import re
from typing import Any

import pytest

from homeground.serve.openapi import TAGS

MINILM = "all-minilm-l6-v2-int8"


# -- Models ---------------------------------------------------------------------------------------


def test_models_are_listed_with_their_cards_and_uses(reading):
    found = reading.get("/models")
    [card] = [each for each in found["models"] if each["name"] == MINILM]
    assert (card["task"], card["licence"], card["used_for"]) == ("embedder", "Apache-2.0", ["embedder"])
    assert found["in_use"]["embedder_digest"] == card["digest"]
    assert reading.get(f"/models/{MINILM}") == card
    assert reading("POST", f"/models/{MINILM}/verify")["digest"] == card["digest"]
    reading.get("/models/absent", 404)
    reading.get("/models/..", 404)


def test_the_answerer_is_chosen_and_that_stands_in_settings_and_log(api):
    used = api.post("/models/use", name="reader", purpose="answer")["in_use"]
    assert used["answer"] == "reader"
    [entry] = api.get("/audit", kind="use")["entries"]
    assert entry["body"]["what"] == "answer reader"
    problem = api.post("/models/use", 422, name=MINILM, purpose="embedder")
    assert "models swap" in problem["detail"]


@pytest.mark.parametrize("name", ["/etc", "../..", "http://10.0.0.1/v1#model", "openai:gpt-5-mini"])
def test_no_folder_and_no_other_machine_is_named_over_the_network(api, name):
    problem = api.post("/models/use", 422, name=name, purpose="answer")
    assert "chosen in homeground.toml" in problem["detail"]
    api.post("/models/swap", 422, name=name)
    assert api.get("/jobs")["jobs"] == []


def test_models_are_changed_by_owners_only(reading):
    reading.be("ines", "editor")
    assert reading.get("/models")["broken"] == []
    reading.post("/models/use", 403, name="reader", purpose="answer")
    reading.post("/models/swap", 403, name=MINILM)
    reading("POST", "/models/swap/back", 403)
    reading("POST", "/models/swap/drop", 403)
    reading("POST", f"/models/{MINILM}/verify", 403)


def test_a_swap_that_cannot_be_ends_as_a_job_that_says_why(api):
    job = api.done(api("POST", "/models/swap/back", 202)["id"])
    assert (job["kind"], job["state"]) == ("swap back", "failed")
    assert job["problem"]


# -- Status ---------------------------------------------------------------------------------------


def test_counts_are_of_what_the_caller_may_read(reading):
    whole = reading.get("/status")
    assert whole["path"]
    assert whole["disk_mb"] > 0
    reading.be("ann")
    part = reading.get("/status")
    assert (part["path"], part["disk_mb"]) == (None, None)
    assert part["documents"] == whole["documents"] - 1
    assert [source["name"] for source in part["sources"]] == ["company"]


def test_health_and_readiness_need_no_caller(reading):
    assert reading.client.get("/api/health").json() == {"status": "live"}
    assert reading.client.get("/api/ready").json() == {"status": "ready"}
    for path in ("/api/health", "/api/ready"):
        assert reading.client.head(path).status_code == 200, "monitors like to ask so"


def test_conversations_come_in_pages(reading):
    reading.be("nina")
    made = [reading.post("/ask", question=f"What is E0{n}?", conversation="new")["conversation"] for n in range(3)]
    first = reading.get("/conversations", limit=2)
    rest = reading.get("/conversations", limit=2, cursor=first["next"])
    assert [each["id"] for each in (*first["conversations"], *rest["conversations"])] == made[::-1]
    assert rest["next"] is None


# -- Errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nowhere", None, 404, "not_found"),
        ("GET", "/document?name=absent", None, 404, "not_found"),
        ("PATCH", "/documents", None, 405, "method"),
        ("POST", "/ask", b"{", 422, "invalid"),
        ("POST", "/ask", b'{"question": ""}', 422, "invalid"),
        ("POST", "/ask", b'{"question": "a\\u0000b"}', 422, "invalid"),
        ("POST", "/ask", b'{"question": "a\\ud800b"}', 422, "invalid"),
        ("POST", "/ask", b'{"question": "a", "mode": "closed"}', 422, "invalid"),
        ("GET", "/documents?limit=0", None, 422, "invalid"),
        ("POST", "/documents", b"{}", 400, "malformed"),
    ],
)
def test_every_error_has_one_form(reading, method, path, body, status, code):
    headers = {"Content-Type": "application/json"} if body else {}
    response = reading.client.request(method, f"/api{path}", content=body, headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    problem = response.json()
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["request"] == response.headers["x-request-id"]
    assert problem["detail"]


def test_a_request_that_is_wrong_in_several_places_says_where(reading):
    wrong = reading.post("/ask", 422, question="", mode="guess", since="yesterday")["wrong"]
    assert {each["at"] for each in wrong} == {"body.question", "body.mode", "body.since"}


def test_each_request_has_an_id_of_its_own_whatever_the_client_says(reading):
    ids = [
        reading.client.get(path, headers={"X-Request-Id": "a\tb"}).headers["x-request-id"]
        for path in ("/api/health", "/api/nowhere", "/api/me", "/api/docs")
    ]
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in ids)
    assert len(set(ids)) == 4


def test_nobody_gets_in_without_a_token_once_there_are_people(api):
    api.workspace.people.add("olga", role="owner", password="correct horse battery")
    problem = api.get("/documents", 401)
    assert (problem["code"], "token" in problem["detail"]) == ("unauthenticated", True)
    _, secret = api.workspace.tokens.create("olga", "laptop", ["read"], 1)
    response = api.client.get("/api/me", headers={"Authorization": f"Bearer {secret}"})
    assert response.json()["permissions"] == ["read"]
    assert api.client.get("/api/health").status_code == 200


# -- The description ------------------------------------------------------------------------------


@pytest.fixture
def description(reading: Any) -> Any:
    return reading.get("/openapi.json")


def test_every_operation_is_described_with_its_errors_and_who_may_call_it(description):
    tags = {name for name, _ in TAGS}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), (method, path)
            assert set(operation["tags"]) <= tags, (method, path)
            assert {"401", "403", "404", "422"} <= set(operation["responses"]), (method, path)
            assert operation["security"], (method, path)
    for name, schema in description["components"]["schemas"].items():
        assert schema.get("description"), name


def test_the_page_of_the_description_shows_all_of_it_and_loads_nothing_from_elsewhere(reading, description):
    response = reading.client.get("/api/docs")
    page = response.text
    assert response.headers["content-type"].startswith("text/html")
    for path in description["paths"]:
        assert f"<code>{path}</code>" in page
    for name in description["components"]["schemas"]:
        assert f'id="{name}"' in page
    assert set(re.findall(r'(?:src|href)="([^"#]+)"', page)) == {"/api/docs.css", "/api/openapi.json"}
    assert "<script" not in page
    assert reading.client.get("/api/docs.css").headers["content-type"].startswith("text/css")
