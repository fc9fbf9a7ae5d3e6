"""The main job, end to end, on the sample company: read it once, ask every question of sample/questions.toml."""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from homeground import Answer, Principal, SearchFilter, Workspace

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "sample"
QUESTIONS: list[dict[str, Any]] = tomllib.loads((SAMPLE / "questions.toml").read_text(encoding="utf-8"))["question"]
ANSWERABLE = [one for one in QUESTIONS if "answer" in one]
UNANSWERABLE = [one for one in QUESTIONS if one.get("unanswerable")]
DEMO = [one for one in QUESTIONS if one.get("demo")]
SCAN = "company/support/service-report-4471.pdf"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("sample")
    shutil.copytree(SAMPLE / "company", folder / "company")
    before = Path.cwd()
    os.chdir(folder)
    try:
        with Workspace.create():
            (folder / "homeground.toml").write_text('[ingest]\nocr = "off"\nworkers = 2\n', encoding="utf-8")
        with Workspace.open() as opened:
            opened.add("company")
            yield opened
    finally:
        os.chdir(before)


def answers(workspace: Workspace, question: dict[str, Any]) -> Answer:
    return workspace.ask(question["text"], workspace.owner)


def right(answer: Answer, question: dict[str, Any], statements: int) -> bool:
    """Whether one of the first statements says the answer, quoted from a place that holds it."""
    documents = {f"company/{name}" for name in [question["document"], *question.get("documents", [])]}
    pages = set(question.get("pages", [question["page"]]))
    first = f"company/{question['document']}"
    return any(
        text in citation.quote and (citation.page in pages if citation.document == first else True)
        for statement in answer.statements[:statements]
        for citation in statement.citations
        for text in question["answer"]
        if citation.document in documents
    )


@pytest.mark.parametrize("question", [one for one in DEMO if "answer" in one], ids=lambda one: one["text"])
def test_the_demo_is_answered_first_thing_from_the_right_page(workspace: Workspace, question: dict[str, Any]) -> None:
    assert right(answers(workspace, question), question, statements=1)


@pytest.mark.parametrize("question", [one for one in DEMO if "answer" not in one], ids=lambda one: one["text"])
def test_what_the_demo_cannot_answer_is_refused(workspace: Workspace, question: dict[str, Any]) -> None:
    answer = answers(workspace, question)
    assert answer.refused
    assert answer.reason and answer.reason.startswith("Missing evidence")
    assert answer.passages


def test_most_questions_are_answered_from_the_right_page(workspace: Workspace) -> None:
    wrong = [one["text"] for one in ANSWERABLE if not right(answers(workspace, one), one, statements=3)]
    assert len(wrong) <= len(ANSWERABLE) // 5, wrong


def test_questions_without_an_answer_are_refused(workspace: Workspace) -> None:
    answered = [one["text"] for one in UNANSWERABLE if not answers(workspace, one).refused]
    assert answered == []


def test_of_conflicting_documents_both_are_shown_the_newer_one_first(workspace: Workspace) -> None:
    [question] = [one for one in QUESTIONS if "conflict" in one]
    older, text = question["conflict"]
    answer = answers(workspace, question)
    quotes = [(citation.document, citation.quote) for one in answer.statements for citation in one.citations]
    assert quotes[0][0] == f"company/{question['document']}"
    assert any(document == f"company/{older}" and text in quote for document, quote in quotes[1:])
    assert answer.notes


def test_every_quote_stands_on_its_page(workspace: Workspace) -> None:
    for question in ANSWERABLE:
        for statement in answers(workspace, question).statements:
            for citation in statement.citations:
                shown = workspace.show(str(citation), workspace.owner)
                assert shown.text[citation.start : citation.end] == citation.quote


def test_the_scan_is_reported_and_everything_else_was_read(workspace: Workspace) -> None:
    documents = workspace.documents(workspace.owner)
    assert len(documents) == 13
    assert [one.name for one in documents if one.problem or one.unread_pages] == [SCAN]
    assert workspace.status(workspace.owner).unread == 1


@pytest.mark.skipif(not shutil.which("tesseract"), reason="Tesseract is not installed")
def test_the_scan_is_read_and_quoted_where_tesseract_is_installed(tmp_path: Path) -> None:
    with Workspace.create(tmp_path / "home") as made:
        made.add(SAMPLE / "company" / "support" / Path(SCAN).name)
        assert made.status(made.owner).unread == 0
        answer = made.ask("Which return number was charged to warranty?", made.owner)
        assert any("RMA 26-0318" in statement.text for statement in answer.statements)


def test_documents_carry_the_dates_that_they_tell(workspace: Workspace) -> None:
    dates = {one.name: one.date for one in workspace.documents(workspace.owner)}
    expected = {
        "finance/annual-report-2025.pdf": "2026-02-26",
        "handbook/employee-handbook.docx": "2026-01-12",
        "handbook/travel-policy.md": "2025-02-03",
        "meetings/2026-03-12-operations-meeting.md": "2026-03-12",
        "purchasing/castwell-delivery-date.eml": "2026-03-10",
        "sales/heron-300-launch.pptx": "2025-11-20",
        "sales/price-list-2026.xlsx": "2026-01-05",
    }
    told = {name: dates[f"company/{name}"] for name in expected}
    assert {name: f"{date:%Y-%m-%d}" if date else None for name, date in told.items()} == expected


def test_a_filter_by_date_leaves_the_older_document_out(workspace: Workspace) -> None:
    [question] = [one for one in QUESTIONS if "conflict" in one]
    within = SearchFilter(until=datetime(2025, 12, 31))
    hits = workspace.search(question["text"], workspace.owner, within=within)
    assert hits
    assert all(hit.document != f"company/{question['document']}" for hit in hits)


def test_a_stranger_may_ask_what_everyone_may_read(workspace: Workspace) -> None:
    assert not workspace.ask(DEMO[0]["text"], Principal("a visitor")).refused


def test_asking_leaves_receipts_in_an_unbroken_audit_log(workspace: Workspace) -> None:
    before = workspace.verify_audit()
    answer = answers(workspace, DEMO[0])
    assert workspace.verify_audit() == before + 1
    assert workspace.audit_entries(1)[0].body["id"] == answer.receipt.id


def test_the_demo_script_asks_the_questions_that_are_marked_for_it() -> None:
    script = (SAMPLE / "demo.sh").read_text(encoding="utf-8")
    assert [line[5:-1] for line in script.splitlines() if line.startswith('ask "')] == [one["text"] for one in DEMO]
