"""The audit log over HTTP: who sees what of it, whether it is whole, and forgetting a person."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from homeground.serve import callers

QUESTION = "How many days of annual leave does a full-time employee have?"
HANDBOOK = "company/handbook/employee-handbook.docx"


def kinds(api: Any, **params: Any) -> list[str]:
    return [entry["kind"] for entry in api.get("/audit", **params)["entries"]]


def test_an_answer_leaves_who_asked_what_was_read_and_shown_and_by_which_model(api):
    api.be("ann")
    answer = api.post("/ask", question=QUESTION)
    [entry] = api.get("/audit")["entries"]
    told = entry["body"]
    assert (entry["kind"], entry["principal"], told["question"]) == ("ask", "ann", QUESTION)
    assert told["id"] == answer["receipt"]["id"]
    assert told["revisions"] == answer["receipt"]["revisions"]
    assert told["models"] == answer["receipt"]["models"]
    cited = {(each["document"], each["page"]) for said in answer["statements"] for each in said["citations"]}
    assert cited <= {(document, page) for document, pages in told["shown"].items() for page in pages}
    assert (told["egress_bytes"], told["refused"]) == (0, False)
    assert "27 days" not in json.dumps(entry)  # what a document says is kept with the document only


def test_uploads_pages_searches_and_deletions_leave_an_entry_each(api):
    kept = api.upload("notes.md", b"# Notes\n\nThe zeppelin budget is 77 dollars.\n")
    api.done(kept["job"]["id"])
    api.post("/search", question="zeppelin")
    api.get("/page", citation="uploads/notes.md")
    api.client.get("/api/page/picture", params={"citation": "company/finance/annual-report-2025.pdf#p5"})
    api("DELETE", "/document", params={"name": "uploads/notes.md"})
    assert kinds(api)[::-1][:6] == ["upload", "sync", "search", "show", "show", "delete"]
    [uploaded] = api.get("/audit", kind="upload")["entries"]
    assert uploaded["body"]["sha256"] == kept["revision"]
    [searched] = api.get("/audit", kind="search")["entries"]
    assert searched["body"]["shown"]["uploads/notes.md"] == [1]


def test_pages_and_filters_of_the_log(api):
    for name in ("ann", "bob"):
        api.be(name)
        for number in range(3):
            api.post("/search", question=f"zeppelin {number}", limit=1)
    api.be("olga", "owner")
    first = api.get("/audit", limit=4)
    rest = api.get("/audit", limit=4, cursor=first["next"])
    assert [entry["seq"] for entry in (*first["entries"], *rest["entries"])] == [6, 5, 4, 3, 2, 1]
    assert rest["next"] is None
    assert len(kinds(api, principal="ann", text="ZEPPELIN 2")) == 1
    assert kinds(api, since="2100-01-01T00:00:00Z") == kinds(api, until="2020-01-01T00:00:00") == []
    lines = api.client.get("/api/audit/export", params={"principal": "bob"})
    assert lines.headers["content-type"].startswith("application/x-ndjson")
    assert [json.loads(line)["seq"] for line in lines.text.splitlines()] == [6, 5, 4]


def test_a_person_sees_their_own_entries_and_no_document_that_they_may_not_read_any_more(api):
    api.be("eve", groups=("hr",))
    api.post("/search", question="salary of the chief engineer")
    api.get("/page", citation="closed/salaries.md")
    api.be("olga", "owner")
    api.post("/search", question="who is eve?")
    api.be("eve")
    found = api.get("/audit")["entries"]
    assert {entry["principal"] for entry in found} == {"eve"}
    assert "salaries" not in json.dumps([entry["body"] for entry in found])
    assert kinds(api, text="salaries") == kinds(api, principal="olga") == []
    assert "salaries" not in api.client.get("/api/audit/export").text
    api.get("/audit/verify", 403)
    api.post("/audit/erase", 403, person="eve")


def test_an_editors_own_sync_counts_no_documents_of_others(api):
    folder = api.workspace.uploads.make_folder()
    (folder / "bonus.md").write_text("# Bonus\n\nThe bonus is 9,000 euros.\n", encoding="utf-8")
    api.be("ines", "editor")
    job = api.done(api("POST", "/sync", 202)["id"])
    [entry] = api.get("/audit", kind="sync")["entries"]
    assert entry["body"] == job["result"] == {}
    api.be("olga", "owner")
    [entry] = api.get("/audit", kind="sync")["entries"]
    assert entry["body"]["added"] == 1


def test_the_chain_verifies_and_a_change_is_found(api):
    api.post("/search", question="zeppelin")
    verified = api.get("/audit/verify")
    assert (verified["entries"], verified["intact"], len(verified["head"])) == (1, True, 64)
    with closing(sqlite3.connect(api.workspace.catalogue.path)) as raw:
        raw.execute("update audit set principal = 'eve'")
        raw.commit()
    problem = api.get("/audit/verify", 409)
    assert problem["code"] == "audit"
    assert "entry 1 was changed" in problem["detail"]


def test_a_person_is_forgotten_with_conversations_and_feedback_and_the_chain_still_verifies(api):
    api.be("ann")
    answer = api.post("/ask", question=QUESTION, conversation="new")
    api.post("/feedback", receipt=answer["receipt"]["id"], verdict="up", comment="so it is", citations=[HANDBOOK])
    api.be("olga", "owner")
    assert api.post("/audit/erase", person="ann") == {
        "entries": 1,
        "conversations": 1,
        "feedback": 1,
        "overwritten": True,
    }
    assert api.get("/audit/verify")["entries"] == 2
    erasure, emptied = api.get("/audit")["entries"]
    assert (emptied["principal"], emptied["body"]) == ("", {})
    assert (erasure["kind"], erasure["principal"], "ann" in json.dumps(erasure["body"])) == ("erase", "olga", False)
    assert api.client.get("/api/feedback/cases").text == ""
    api.be("ann")
    assert kinds(api) == []
    assert api.get("/conversations")["conversations"] == []
    api.workspace.catalogue.checkpoint()
    assert b"annual leave does" not in api.workspace.catalogue.path.read_bytes()


def test_jobs_and_removed_documents_lose_the_name_of_who_is_forgotten(api):
    api.be("ines", "editor")
    api.done(api("POST", "/sync", 202)["id"])
    api("DELETE", "/document", params={"name": HANDBOOK})
    api.be("olga", "owner")
    api.post("/audit/erase", person="ines")
    assert [job["by"] for job in api.get("/jobs")["jobs"]] == [None]
    assert [each["removed_by"] for each in api.get("/access/removed")["removed"]] == [""]
    assert api.get("/audit/verify")["intact"]


# -- What people say of answers -------------------------------------------------------------------


def test_what_people_say_of_answers_becomes_questions_to_measure_with(api):
    api.be("ann")
    answer = api.post("/ask", question=QUESTION)
    said = {"receipt": answer["receipt"]["id"], "citations": [f"{HANDBOOK}#p3"]}
    api.post("/feedback", **said, verdict="down")
    kept = api.post("/feedback", **said, verdict="up", comment="the last word counts")
    assert (kept["question"], kept["places"]) == (QUESTION, [{"document": HANDBOOK, "page": 3}])
    api.client.get("/api/feedback/cases")
    api.be("olga", "owner")
    [case] = map(json.loads, api.client.get("/api/feedback/cases").text.splitlines())
    assert case == {"question": QUESTION, "verdict": "up", "document": HANDBOOK, "page": 3}


def test_feedback_is_for_answers_and_pages_of_ones_own(api):
    api.be("ann")
    receipt = api.post("/ask", question=QUESTION)["receipt"]["id"]
    api.post("/feedback", 404, receipt=receipt, verdict="up", citations=["closed/salaries.md"])
    api.get("/feedback/cases", 403)
    api.be("bob")
    told = [api.post("/feedback", 404, receipt=each, verdict="up")["detail"] for each in (receipt, "f" * 32)]
    assert told[0].replace(receipt, "?") == told[1].replace("f" * 32, "?")


def test_a_new_person_of_a_removed_ones_name_sees_nothing_of_theirs(api):
    people = api.workspace.people
    people.add("Olga", role="owner")

    def be(name: str) -> None:
        now = people.find(name)
        api.client.app.dependency_overrides[callers.caller_of] = lambda: now.caller("token")

    people.add("Rob", role="editor", groups=["hr"])
    be("Rob")
    api.post("/ask", question="What is the salary of the chief engineer?", conversation="new")
    api("DELETE", "/document", params={"name": "closed/salaries.md"})
    assert api.get("/conversations")["conversations"] and api.get("/audit")["entries"]
    assert api.get("/access/removed")["removed"]
    be("Olga")
    api.client.delete("/api/people/Rob")
    people.add("Rob", role="editor")
    be("Rob")
    assert api.get("/conversations")["conversations"] == []
    assert api.get("/audit")["entries"] == []
    assert api.get("/audit", since="2020-01-01T00:00:00")["entries"] == []
    assert api.get("/access/removed")["removed"] == []
    api.post("/search", question="warranty")
    assert [each["kind"] for each in api.get("/audit")["entries"]] == ["search"]
    be("Olga")
    assert {"ask", "remove"} <= {each["kind"] for each in api.get("/audit", principal="Rob")["entries"]}
    assert [each["name"] for each in api.get("/access/removed")["removed"]] == ["closed/salaries.md"]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_dates_like_any_other(reading, at):
    for name, role in (("ann", "reader"), ("olga", "owner")):
        reading.be(name, role)
        for path in ("/api/audit", "/api/audit/export"):
            for bound in ("since", "until"):
                assert reading.client.get(path, params={bound: at}).status_code == 200
    within = {"since": at[:10], "until": at[:10]}
    assert reading.client.get("/audit", params=within).status_code == 200
    assert reading.post("/search", question=QUESTION, **within)["hits"] == []
    assert reading.post("/ask", question=QUESTION, **within)["refused"]
