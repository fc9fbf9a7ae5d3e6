"""The JSON form is a promise: keys, types and round trip."""

import json
from datetime import UTC, datetime

from homeground.answer.output import answer_json, hits_json
from homeground.types import Hit

PAGE = "The warranty lasts 24 months. The café — “Köln” — opens at noon."


def test_ask_has_the_promised_keys(shelf):
    form = json.loads(json.dumps(answer_json(shelf(a=PAGE).ask("How long does the warranty last?"))))
    assert {"refused", "statements", "passages", "receipt"} <= form.keys()
    assert form["refused"] is False
    statement = form["statements"][0]
    assert statement.keys() == {"text", "origin", "support", "citations"}
    assert statement["origin"] == "retrieved"
    assert 0 <= statement["support"] <= 1
    citation = statement["citations"][0]
    assert citation.keys() == {"document", "revision", "page", "start", "end", "quote"}
    assert PAGE[citation["start"] : citation["end"]] == citation["quote"]
    assert datetime.fromisoformat(form["receipt"]["asked_at"]).tzinfo == UTC


def test_a_refusal_has_the_same_form(shelf):
    form = json.loads(json.dumps(answer_json(shelf(a=PAGE).ask("Who is the mayor of Utrecht?", refuse_below=1.0))))
    assert form["refused"] is True
    assert form["statements"] == []
    assert form["reason"]
    assert form["passages"][0]["text"] == PAGE


def test_search_has_the_promised_keys():
    hit = Hit("a.md", "A", "r" * 64, 1, 0, 5, "Hello", 0.5, date=datetime(2024, 1, 1, tzinfo=UTC))
    (only,) = json.loads(json.dumps(hits_json([hit])))["hits"]
    assert {"document", "title", "revision", "page", "start", "end", "text", "score"} <= only.keys()
    assert (only["page"], only["start"], only["end"], only["score"]) == (1, 0, 5, 0.5)
