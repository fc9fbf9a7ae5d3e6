"""From question to answer: statements, refusals and receipts, without any model."""

from datetime import UTC, datetime

import pytest

PUMPS = (
    "The P-100 pump moves 40 litres a minute. Its warranty lasts 24 months from delivery. "
    "Seals are replaced every year by the service team. The factory stands in Lindau."
)
LUNCH = "The canteen opens at noon. On Fridays it serves fish. Guests pay 9 euro for lunch."


def test_the_sentence_that_answers_comes_first_and_is_its_span(shelf):
    desk = shelf(pumps=PUMPS, lunch=LUNCH)
    answer = desk.ask("How many months does the warranty of the pump last?")
    assert not answer.refused
    assert answer.statements[0].text == "Its warranty lasts 24 months from delivery."
    for statement in answer.statements:
        for citation in statement.citations:
            assert desk.pages[citation.document][citation.start : citation.end] == citation.quote


def test_no_more_statements_than_asked_for(shelf):
    assert len(shelf(pumps=PUMPS, lunch=LUNCH).ask("What does the pump do?", statements=2).statements) == 2


def test_weak_evidence_is_refused_with_the_nearest_passages(shelf):
    answer = shelf(lunch=LUNCH).ask("Who founded the observatory of Samarkand?", refuse_below=0.5)
    assert answer.refused
    assert answer.statements == ()
    assert answer.reason.startswith("Missing evidence")
    assert [hit.document for hit in answer.passages] == ["lunch"]


def test_nothing_found_is_refused(shelf):
    answer = shelf().ask("Who founded the observatory?", refuse_below=0.0)
    assert answer.refused
    assert answer.reason.startswith("Missing evidence")
    assert answer.passages == ()


def test_a_task_for_a_generator_is_refused_as_such_with_passages(shelf):
    answer = shelf(pumps=PUMPS).ask("Summarize the warranty of the pump")
    assert answer.refused
    assert answer.reason.startswith("Kind of question not supported")
    assert answer.passages


def test_another_language_without_evidence_is_told_apart_from_missing_evidence(shelf):
    answer = shelf(lunch=LUNCH).ask("撒马尔罕天文台是谁建立的？", refuse_below=0.5)
    assert answer.refused
    assert answer.reason.startswith("Language not supported")


def test_chinese_is_answered_by_its_words_with_a_note(shelf):
    answer = shelf(a="泵的保修期为二十四个月。食堂中午开门。").ask("泵的保修期是多久？")
    assert not answer.refused
    assert answer.statements[0].text == "泵的保修期为二十四个月。"
    assert any("Chinese" in note for note in answer.notes)


def test_yes_or_no_shows_evidence_with_a_note(shelf):
    answer = shelf(pumps=PUMPS, lunch=LUNCH).ask("Does the canteen serve fish on Fridays?")
    assert answer.statements[0].text == "On Fridays it serves fish."
    assert any("yes or no" in note for note in answer.notes)


def test_an_empty_question_is_refused_without_a_search(shelf):
    answer = shelf(pumps=PUMPS).ask("  ")
    assert answer.refused
    assert answer.passages == ()


def test_the_receipt_says_how_the_answer_came_about(shelf):
    answer = shelf(pumps=PUMPS).ask("How long does the warranty last?")
    receipt = answer.receipt
    assert receipt.principal == "ann"
    assert receipt.index_version == 7
    assert receipt.revisions == {"pumps": "r" * 64}
    assert receipt.models == {"words": "f" * 64}
    assert receipt.timings_ms.keys() == {"search", "read", "verify"}
    assert receipt.asked_at.tzinfo is not None
    assert receipt.egress_bytes == 0


def test_a_document_replaced_between_search_and_answer_is_not_quoted(shelf):
    desk = shelf(pumps=PUMPS, lunch=LUNCH)
    hits = desk.hits()
    desk.hits = lambda *_: hits
    desk.pages["pumps"] = "Another revision of the text altogether, without any guarantee."
    answer = desk.ask("How many months does the warranty of the pump last?")
    assert all(citation.document != "pumps" for s in answer.statements for citation in s.citations)


def test_documents_that_differ_are_both_shown_the_newer_first(shelf):
    desk = shelf(
        old="Travel rules apply to all. The daily allowance for meals is 28 euro in Germany. Keep receipts.",
        new="Travel rules apply to all. The daily allowance for meals is 32 euro in Germany. Keep receipts.",
    )
    desk.dates = {"old": datetime(2022, 1, 1, tzinfo=UTC), "new": datetime(2024, 5, 1, tzinfo=UTC)}
    for order in (("old", "new"), ("new", "old")):
        answer = desk.ask("How much is the daily allowance for meals in Germany?", *order)
        assert [s.citations[0].document for s in answer.statements[:2]] == ["new", "old"]
        assert "differ" in answer.notes[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The allowance for meals is 28 euro.", "The allowance for meals is 28 euro."),
        ("The allowance for meals is 28 euro in Germany.", "The lease of the office ends in 2031."),
    ],
)
def test_documents_that_agree_or_speak_of_something_else_do_not_differ(shelf, one, other):
    answer = shelf(a=one, b=other).ask("How much is the allowance for meals?")
    assert answer.notes == ()


def test_a_heading_is_no_answer(shelf):
    page = "Acquisitions\n\nIn March 2023 the company bought a factory in Lindau.\n\nAcquisitions in 2023"
    answer = shelf(report=page).ask("What acquisitions did the company make in 2023?")
    assert answer.statements[0].text == "In March 2023 the company bought a factory in Lindau."
    assert all(statement.text != "Acquisitions" for statement in answer.statements)


def test_what_two_documents_say_in_the_same_words_is_said_once_with_both_citations(shelf):
    same = "The observatory of Samarkand was founded by Ulugh Beg."
    answer = shelf(one=same, two=same).ask("Who founded the observatory of Samarkand?")
    texts = [statement.text for statement in answer.statements]
    assert texts.count(same) == 1
    assert {citation.document for citation in answer.statements[texts.index(same)].citations} == {"one", "two"}
