"""Rules over HTTP: who may change them, what acts when, and what others hear of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from homeground.swap import embedders
from homeground.types import BesideStatus

SALARIES = "closed/salaries.md"
QUESTION = {"question": "What is the salary of the chief engineer?"}


def hits(api: Any) -> list[str]:
    return [each["citation"]["document"] for each in api.post("/search", **QUESTION)["hits"]]


def test_an_owner_sets_a_rule_and_the_next_question_obeys(api: Any) -> None:
    api.be("rob")
    assert SALARIES not in str(api.post("/search", **QUESTION))
    api.be("olga", "owner")
    told = api("PUT", "/access", json={"target": SALARIES, "allow": ["user:rob"]})
    assert (told["kind"], told["allow"], told["hidden"]) == ("document", ["owner", "user:rob"], 0)
    api.be("rob")
    assert "95,000" in str(api.post("/search", **QUESTION))
    assert api.get("/access/explain", document=SALARIES)["because"].endswith("allows user:rob.")
    api.be("olga", "owner")
    assert api("DELETE", "/access", params={"target": SALARIES})["cleared"] == SALARIES
    api.be("rob")
    assert "95,000" not in str(api.post("/search", **QUESTION))


def test_only_owners_see_and_change_rules(api: Any) -> None:
    api.be("eddie", "editor", ("hr",))
    assert api.get("/access", 403)["code"] == "forbidden"
    api("PUT", "/access", 403, json={"target": "closed", "allow": ["everyone"]})
    api("DELETE", "/access", 403, params={"target": SALARIES})
    api.get("/access/explain", 403, document=SALARIES, who="somebody")
    assert api.get("/access/explain", document=SALARIES)["readable"] is True


def test_a_document_that_is_closed_is_explained_like_one_that_is_not_there(api: Any) -> None:
    api.be("rob")
    told = [api.get("/access/explain", 404, document=each)["detail"] for each in (SALARIES, "closed/never.md")]
    assert told[0].replace("salaries", "X") == told[1].replace("never", "X")


def test_a_rule_that_cannot_be_is_refused_in_words(api: Any) -> None:
    api.be("olga", "owner")
    assert "such as" in api("PUT", "/access", 422, json={"target": "closed:../x/", "allow": ["everyone"]})["detail"]
    api("PUT", "/access", 422, json={"target": "closed", "allow": ["rob"]})
    api("PUT", "/access", 422, json={"target": "closed"})
    api("PUT", "/access", 404, json={"target": "nowhere", "allow": ["everyone"]})


def test_what_was_taken_out_is_listed_and_comes_back(api: Any) -> None:
    api.be("eddie", "editor", ("hr",))
    assert api("DELETE", "/document", params={"name": SALARIES}) is not None
    assert SALARIES not in str(api.get("/documents", limit=200))
    api.be("rob")
    assert api.get("/access/removed")["removed"] == []
    api.be("olga", "owner")
    assert [each["name"] for each in api.get("/access/removed")["removed"]] == [SALARIES]
    api("POST", "/access/restore", 202, json={"document": SALARIES})
    assert api.get("/access/removed")["removed"] == []


def test_an_owners_token_that_may_only_read_shows_nothing_that_is_for_owners(api: Any, monkeypatch: Any) -> None:
    api.be("olga", "owner")
    [name] = [each["name"] for each in api.get("/documents", limit=200)["documents"] if "price-list" in each["name"]]
    api("PUT", "/access", json={"target": "company", "allow": ["everyone", "user:spy"], "deny": ["group:temps"]})
    assert "user:spy" in str(api.get("/access/explain", document=name)["allow"])
    api("DELETE", "/document", params={"name": SALARIES})
    lies = BesideStatus("other", "d" * 64, "kept", 7.0)
    swapped = replace(embedders(api.workspace.parts), beside=lies)
    monkeypatch.setattr("homeground.swap.embedders", lambda parts: swapped)
    assert api.get("/models")["in_use"]["beside"]["embedder"] == "other"
    api.be("olga", "owner", may=frozenset({"read"}))
    told = api.get("/access/explain", document=name)
    assert (told["readable"], told["allow"], told["deny"]) == (True, ["everyone", "owner"], [])
    api.get("/access/explain", 404, document=SALARIES)
    assert api.get("/access/removed")["removed"] == []  # hers, but of what only an owner may read
    api.be("otto", "owner", may=frozenset({"read", "write"}))
    assert api.get("/access/removed")["removed"] == []
    assert api.get("/models")["in_use"]["beside"] is None
    assert {each["access"] for each in (*api.get("/sources")["sources"], *api.get("/status")["sources"])} == {None}
    for path in ("/access", "/audit/verify", "/people", "/feedback/cases"):
        api.get(path, 403)


def test_who_else_may_read_a_source_is_told_to_owners_only(api: Any) -> None:
    api.be("olga", "owner")
    assert {each["name"]: each["access"] for each in api.get("/sources")["sources"]}["closed"] == ["group:hr", "owner"]
    api.be("hilda", groups=("hr",))
    assert [each["access"] for each in api.get("/sources")["sources"]] == [None, None]
    assert [each["access"] for each in api.get("/status")["sources"]] == [None, None]
