"""Documents over HTTP: lists with pages and filters, pages as text and as pictures, taking out, and who sees which."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import COMPANY

REPORT, HANDBOOK = "company/finance/annual-report-2025.pdf", "company/handbook/employee-handbook.docx"
SALARIES = "closed/salaries.md"


def names(found: Any) -> list[str]:
    return [each["name"] for each in found["documents"]]


def test_pages_of_the_list_follow_each_other_without_gap_or_repetition(reading):
    everything, seen, cursor = names(reading.get("/documents")), [], None
    while True:
        found = reading.get("/documents", limit=4, **({"cursor": cursor} if cursor else {}))
        seen += names(found)
        cursor = found["next"]
        if cursor is None:
            break
    assert seen == everything == sorted(everything)
    assert SALARIES in everything


@pytest.mark.parametrize("cursor", ["!", "x", "🎈", "A" * 9000])
def test_a_cursor_that_no_list_gave_out_is_refused(reading, cursor):
    for path in ("/documents", "/jobs", "/audit", "/conversations"):
        response = reading.client.get(f"/api{path}", params={"cursor": cursor})
        assert response.status_code == 422, path


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"name": "ANNUAL"}, [REPORT]),
        ({"name": "Employee Hand"}, [HANDBOOK]),
        ({"source": "closed"}, [SALARIES]),
        ({"source": "closed", "name": "report"}, []),
        ({"state": "unread"}, []),
        ({"flagged": "true"}, []),
        ({"state": "read", "name": "salaries", "flagged": "false"}, [SALARIES]),
    ],
)
def test_the_list_is_narrowed_by_name_source_state_and_flags(reading, params, found):
    assert names(reading.get("/documents", **params)) == found


def test_a_document_has_its_revision_and_its_pages(reading):
    found = reading.get("/document", name=REPORT)
    assert (found["title"], found["media_type"], found["state"]) == ("Annual Report 2025", "application/pdf", "read")
    assert [page["number"] for page in found["page_list"]] == list(range(1, found["pages"] + 1))
    assert len(found["revision"]) == 64
    assert found["uploaded"] is False


def test_a_page_is_shown_as_text_with_the_span_of_the_citation(reading):
    page = reading.get("/page", citation=f"{REPORT}#p5:391-425")
    assert page["text"][page["start"] : page["end"]] == "Operating profit 6,146 5,204 4,244"
    assert (page["document"], page["page"], page["title"]) == (REPORT, 5, "Annual Report 2025")
    reading.get("/page", 404, citation=f"{REPORT}#p99")
    reading.get("/page", 404, citation=f"{REPORT}#p5:1-999999")
    reading.get("/page", 404, citation=f"{REPORT}@ffffffffffff#p5")


def test_a_page_of_a_pdf_is_shown_as_a_picture_with_the_quote_marked(reading):
    marked, plain = (
        reading.client.get("/api/page/picture", params={"citation": f"{REPORT}#p5{span}"}) for span in (":391-425", "")
    )
    assert marked.headers["content-type"] == "image/png"
    assert marked.content.startswith(b"\x89PNG\r\n")
    assert marked.content != plain.content
    assert "no-store" in marked.headers["cache-control"]
    assert reading.get("/page/picture", 422, citation=f"{HANDBOOK}#p1")["code"] == "unreadable"


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/document", {"name": "{}"}),
        ("/page", {"citation": "{}"}),
        ("/page", {"citation": "{}#p1:0-5"}),
        ("/page/picture", {"citation": "{}#p1"}),
    ],
)
def test_a_document_that_is_forbidden_reads_like_one_that_is_absent(reading, path, params):
    reading.be("ann")
    told = []
    for name in (SALARIES, "closed/absent.md"):
        asked = {key: value.format(name) for key, value in params.items()}
        problem = reading.get(path, 404, **asked)
        told.append((problem["code"], problem["detail"].replace(name, "?")))
    assert told[0] == told[1]
    assert SALARIES not in names(reading.get("/documents"))
    assert reading.get("/documents", 404, source="closed")["detail"].replace("closed", "?") == (
        reading.get("/documents", 404, source="absent")["detail"].replace("absent", "?")
    )


def test_a_member_of_the_group_sees_it(reading):
    reading.be("eve", groups=("hr",))
    assert "95,000" in reading.get("/page", citation=SALARIES)["text"]


def test_a_page_that_cannot_be_drawn_does_not_tell_where_its_file_lies(api):
    kept = api.upload("report.pdf", (COMPANY / "finance" / "annual-report-2025.pdf").read_bytes())
    api.done(kept["job"]["id"])
    (api.workspace.folder / "uploads" / "report.pdf").unlink()
    api.be("bob")
    for citation in (kept["document"], HANDBOOK):
        told = api.get("/page/picture", 422, citation=citation)
        assert (told["code"], told["detail"].startswith("The file ")) == ("unreadable", True)


def test_a_document_that_is_taken_out_is_unseen_at_once_and_its_file_stays(api):
    api.be("ines", "editor")
    taken = api("DELETE", "/document", params={"name": HANDBOOK})
    assert taken == {"document": HANDBOOK, "job": None}
    assert HANDBOOK not in names(api.get("/documents"))
    api.get("/page", 404, citation=f"{HANDBOOK}#p3")
    [root] = [source.root for source in api.workspace.catalogue.sources() if source.name == "company"]
    assert (root / "handbook" / "employee-handbook.docx").exists()
    api("DELETE", "/document", 404, params={"name": HANDBOOK})
    api.be("ann")
    api("DELETE", "/document", 403, params={"name": REPORT})
    api.be("olga", "owner")
    assert api.get("/access/removed")["removed"][0]["removed_by"] == "ines"
    api("POST", "/access/restore", 202, json={"document": HANDBOOK})
    api.done(api("POST", "/sync", 202)["id"])
    assert HANDBOOK in names(api.get("/documents"))


def test_the_file_of_an_upload_is_deleted_with_it(api):
    kept = api.upload("notes.md", b"# Notes\n\nNothing much.\n")
    api.done(kept["job"]["id"])
    taken = api("DELETE", "/document", params={"name": "uploads/notes.md"})
    assert "uploads/notes.md" not in names(api.get("/documents"))
    assert not (api.workspace.folder / "uploads" / "notes.md").exists()
    assert api.done(taken["job"]["id"])["result"]["removed"] == 1
