"""Rules over HTTP: who may change them, what acts when, and what others hear of it."""

from __future__ import annotations

from typing import Any

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
