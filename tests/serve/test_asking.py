"""Asking and searching over HTTP: answers, events, filters, conversations, and errors in one form."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from homeground.catalogue import folding
from homeground.serve.api import ask as route

QUESTION = "How many days of annual leave does a full-time employee have?"


def events(api: Any, **body: Any) -> list[tuple[str, Any]]:
    found, name = [], ""
    request = {"json": body, "headers": {"Accept": "text/event-stream"}}
    with api.client.stream("POST", "/api/ask", **request) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        for line in response.iter_lines():
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                found.append((name, json.loads(line[6:])))
    return found


def test_an_answer_cites_and_its_citations_open(reading):
    answer = reading.post("/ask", question=QUESTION)
    assert "27 days" in answer["statements"][0]["text"]
    cited = answer["statements"][0]["citations"][0]
    place = f"{cited['document']}@{cited['revision'][:12]}#p{cited['page']}:{cited['start']}-{cited['end']}"
    page = reading.get("/page", citation=place)
    assert page["text"][page["start"] : page["end"]] == cited["quote"]


def test_the_events_of_an_answer_end_with_the_same_answer(reading):
    told = events(reading, question=QUESTION)
    answer = told[-1][1]
    assert [name for name, _ in told] == ["statement"] * len(answer["statements"]) + ["answer"]
    assert [said for name, said in told if name == "statement"] == answer["statements"]
    assert answer["statements"] == reading.post("/ask", question=QUESTION)["statements"]


def test_a_follow_up_says_how_it_was_understood(reading):
    first = reading.post("/ask", question="How heavy is the Heron 300?", conversation="new")
    told = events(reading, question="And how long is its warranty?", conversation=first["conversation"])
    assert told[0][0] == "understood"
    assert "Heron 300" in told[0][1]["question"]
    assert told[-1][1]["receipt"]["standalone"] == told[0][1]["question"]


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_what_fails_before_anything_is_said_is_an_error_with_a_status(reading, accept):
    body = {"question": QUESTION, "source": "closed doors"}
    response = reading.client.post("/api/ask", json=body, headers={"Accept": accept})
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
    problem = response.json()
    assert problem["code"] == "not_found"
    assert problem["request"] == response.headers["x-request-id"]


def test_what_fails_later_is_told_as_an_event(reading, monkeypatch):
    def half(*_: Any, on_statement: Any, **__: Any) -> None:
        from homeground.errors import ModelError
        from homeground.types import Statement

        on_statement(Statement("Half", "model", 0.5, ()))
        raise ModelError("The model broke off.")

    monkeypatch.setattr(type(reading.workspace), "ask", half)
    told = events(reading, question=QUESTION)
    assert [name for name, _ in told] == ["statement", "error"]
    assert (told[1][1]["code"], told[1][1]["detail"]) == ("model", "The model broke off.")


def test_a_defect_in_the_middle_tells_nothing_of_itself(reading, monkeypatch, caplog):
    def defect(*_: Any, on_understood: Any, **__: Any) -> None:
        on_understood("so")
        raise ZeroDivisionError("secret of the house")

    monkeypatch.setattr(type(reading.workspace), "ask", defect)
    told = events(reading, question=QUESTION)
    assert told[1] == ("error", told[1][1] | {"status": 500, "detail": route.DEFECT})
    assert "secret of the house" not in json.dumps(told)


def test_a_quiet_stream_is_kept_alive(reading, monkeypatch):
    import time

    from homeground.serve import sse

    ask = type(reading.workspace).ask
    monkeypatch.setattr(sse, "HEARTBEAT_S", 0.01)
    monkeypatch.setattr(sse, "_EARLY_S", 0.01)

    def slow(*given: Any, **named: Any) -> Any:
        time.sleep(0.2)
        return ask(*given, **named)

    monkeypatch.setattr(type(reading.workspace), "ask", slow)
    body, headers = {"question": QUESTION}, {"Accept": "text/event-stream"}
    text = reading.client.post("/api/ask", json=body, headers=headers).text
    assert text.startswith(": alive\n\n")
    assert "event: answer" in text


def test_a_search_is_narrowed_by_source_and_date_and_stays_within_what_may_be_read(reading):
    everything = reading.post("/search", question="salary of the chief engineer", limit=50)["hits"]
    assert any(hit["document"] == "closed/salaries.md" for hit in everything)
    dated = [hit for hit in everything if hit["date"]]
    last = max(hit["date"] for hit in dated)[:10]
    found = reading.post("/search", question="salary", since=last, until=last, limit=50)["hits"]
    assert found
    assert {hit["date"][:10] for hit in found} == {last}
    assert reading.post("/search", question="salary", until="1900-01-01")["hits"] == []
    reading.be("ann")
    found = reading.post("/search", question="salary of the chief engineer", limit=50)["hits"]
    assert all(hit["document"].startswith("company/") for hit in found)
    reading.post("/search", 404, question="salary", source="closed")


def test_a_conversation_is_shown_to_its_owner_only_and_erased_by_them(reading):
    reading.be("ann")
    made = reading.post("/ask", question=QUESTION, conversation="new")["conversation"]
    [listed] = reading.get("/conversations")["conversations"]
    assert (listed["id"], listed["title"], listed["count"]) == (made, QUESTION, 1)
    shown = reading.get(f"/conversations/{made}")
    assert "27 days" in shown["turns"][0]["statements"][0]["text"]
    reading.be("bob", "owner")
    assert all(each["id"] != made for each in reading.get("/conversations")["conversations"])
    reading.get(f"/conversations/{made}", 404)
    reading("DELETE", f"/conversations/{made}", 404)
    reading.post("/ask", 404, question=QUESTION, conversation=made)
    reading.be("ann")
    assert reading("DELETE", f"/conversations/{made}") == {"erased": 1, "overwritten": True}
    assert reading("DELETE", "/conversations") == {"erased": 0, "overwritten": True}


def test_searches_and_pages_stand_in_the_audit_log(reading):
    reading.be("zoe")
    reading.post("/search", question="warranty of the Heron", limit=2)
    reading.get("/page", citation="company/handbook/employee-handbook.docx#p3")
    shown, searched = reading.get("/audit")["entries"]
    assert (searched["kind"], searched["body"]["question"]) == ("search", "warranty of the Heron")
    assert searched["body"]["hits"] == 2
    assert (shown["kind"], shown["body"]["document"], shown["body"]["page"]) == (
        "show",
        "company/handbook/employee-handbook.docx",
        3,
    )
    assert len(shown["body"]["revision"]) == 64


def test_what_another_process_could_not_erase_leaves_the_disk_by_itself(api):
    catalogue = api.workspace.catalogue
    with catalogue.writing() as connection:
        folding.owe(connection)  # as another process leaves it, whose erasure a reader was in the way of
    for _ in range(200):
        if not catalogue.owes():
            return
        time.sleep(0.05)
    raise AssertionError("still owed")
