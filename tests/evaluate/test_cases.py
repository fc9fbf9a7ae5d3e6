"""Questions from a file or from the audit log, and what is said when the file is not as it should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeground.access.audit import Entry
from homeground.errors import ConfigError
from homeground.evaluate.cases import Case, Place, asked_cases, read_cases, resolved


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_json_lines_and_csv_say_the_same(tmp_path: Path) -> None:
    lines = (
        '{"question": "How long?", "document": "a.pdf", "page": 3, "id": 7}\n\n'
        '{"question": "How long?", "document": "b.md"}\n{"question": "Why?"}\n'
    )
    rows = "question,document,page,note\nHow long?,a.pdf,3,x\nHow long?,b.md,,\nWhy?,,,\n"
    expected = [Case("How long?", (Place("a.pdf", 3), Place("b.md"))), Case("Why?")]
    assert read_cases(written(tmp_path, "a.jsonl", lines)) == expected
    assert read_cases(written(tmp_path, "a.csv", "\ufeff" + rows)) == expected


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.jsonl", '{"question": "x"}\nnot json\n', r"a\.jsonl:2: not a JSON object"),
        ("a.jsonl", "[1]\n", r"a\.jsonl:1: not a JSON object"),
        ("a.jsonl", '{"document": "a.pdf"}\n', r"a\.jsonl:1: question is None"),
        ("a.jsonl", '{"question": "x", "document": 5}\n', r"a\.jsonl:1: document is 5"),
        ("a.jsonl", '{"question": "x", "document": "a", "page": 0}\n', r"a\.jsonl:1: page 0"),
        ("a.csv", "question,document,page\nx,a,first\n", r"a\.csv:2: page 'first'"),
        ("a.csv", "q,d\nx,a\n", r"a\.csv:1: the first line"),
        ("a.jsonl", "\n", "no questions"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_cases(written(tmp_path, name, text))


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_cases(tmp_path / "none.csv")
    (tmp_path / "a.csv").write_bytes(b"question\n\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_cases(tmp_path / "a.csv")


def test_the_audit_log_gives_each_question_once_and_nothing_else() -> None:
    bodies = [("ask", {"question": "Why?"}), ("swap", {"what": "x"}), ("ask", {"question": "Why? "}), ("ask", {})]
    entries = [Entry(at, "", kind, "me", body, "", "") for at, (kind, body) in enumerate(bodies)]
    assert asked_cases(entries) == [Case("Why?")]


def test_documents_may_be_named_by_the_end_of_their_path() -> None:
    names = {"docs/a.pdf", "old/docs/a.pdf", "docs/data.pdf", "a.pdf"}
    case = Case("x", (Place("a.pdf", 2), Place("docs/data.pdf"), Place("gone.pdf")))
    places = {*resolved(case, names).places}
    assert places == {
        *(Place(name, 2) for name in ("a.pdf", "docs/a.pdf", "old/docs/a.pdf")),
        Place("docs/data.pdf"),
    }
