"""The pages of documents, sources and jobs without a browser: who is told what, and forms that work without scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeground.catalogue import job_rows
from homeground.serve import tasks
from homeground.serve.service import Service
from homeground.serve.web.readers import readers

NOTE = b"# Zeppelins\n\nThe zeppelin budget is 77 dollars.\n"


def page(api: Any, path: str, expect: int = 200, **options: Any) -> str:
    response = api.client.get(path, headers={"Accept": "text/html"}, **options)
    assert response.status_code == expect, response.text
    return str(response.text)


def send(api: Any, address: str, expect: int = 303, /, part: bool = False, **form: str) -> Any:
    headers = {"Accept": "text/html"} | ({"HX-Request": "true"} if part else {})
    response = api.client.post(address, data=form, headers=headers, follow_redirects=False)
    assert response.status_code == expect, response.text
    return response


def all_done(api: Any) -> None:
    for job in api.get("/jobs")["jobs"]:
        api.done(job["id"])


# -- Who may read what is handed in ---------------------------------------------------------------


def offered(api: Any) -> Any:
    service: Service = api.client.app.state.service
    from homeground.serve import callers

    return readers(service, api.client.app.dependency_overrides[callers.caller_of]())


def test_who_may_read_an_upload_is_said_as_far_as_the_visitor_may_know(api):
    api.be("olga", "owner")
    api.done(api.upload("a.md", NOTE)["job"]["id"])
    api.be("ines", "editor", ("legal",))
    said = offered(api)
    assert (said.above, said.mine, said.always, said.known) == (
        ("everyone",),
        "user:ines",
        "user:ines",
        ("group:legal",),
    )
    api.workspace.set_access("uploads:ines/", allow=["group:board"], principal=api.workspace.owner)
    assert offered(api).above is None  # a rule names who reads it: that is for owners
    assert "board" not in page(api, "/documents")
    api.be("olga", "owner")
    said = offered(api)
    assert (said.above, said.always) == (("everyone",), "")
    assert {"group:hr", "group:board"} <= set(said.known)
    api.workspace.set_access("uploads", allow=["group:staff"], principal=api.workspace.owner)
    assert offered(api).above == ("group:staff",)
    api.be("bob", "editor")
    assert offered(api).above is None


# -- Sources --------------------------------------------------------------------------------------


@pytest.fixture
def more(tmp_path: Path) -> Path:
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "zeppelin.md").write_bytes(NOTE)
    return folder


def test_a_source_is_added_and_taken_out_by_forms_without_scripts(api, more):
    added = send(api, "/sources/add", path=str(more), name="airships", access="group:crew")
    assert added.headers["location"] == "/documents"
    all_done(api)
    shown = page(api, "/documents")
    assert str(more) in shown and "group crew" in shown and "airships/zeppelin.md" in shown
    send(api, "/sources/add", 422, path="no/whole/path", access="everyone")
    send(api, "/sources/add", 422, path=str(more), access=" ")
    send(api, "/sources/remove", 404, name="absent")
    send(api, "/sources/remove", name="airships")
    all_done(api)
    assert "airships" not in page(api, "/documents")


def test_uploads_have_no_button_that_takes_them_out(api):
    """The next upload would make them a source again, for everyone, and without the rules that they had."""
    api.done(api.upload("a.md", NOTE)["job"]["id"])
    shown = page(api, "/documents")
    assert "Remove the source company" in shown
    assert "Remove the source uploads" not in shown


def test_sources_are_for_owners_and_reading_is_for_editors(api, more):
    api.be("ines", "editor")
    shown = page(api, "/documents")
    assert "/sources/read" in shown and "/sources/add" not in shown and "source-list" not in shown
    for path in ("/sources/add", "/sources/remove", "/sources/restore"):
        send(api, path, 403, path=str(more), access="everyone", name="company")
    assert api.client.get("/sources", headers={"Accept": "text/html"}).status_code == 403
    send(api, "/sources/read")
    api.be("bob")
    assert "/sources/read" not in page(api, "/documents")
    send(api, "/sources/read", 403)


def test_what_was_taken_out_is_listed_for_owners_and_taken_back(api):
    name = "company/handbook/travel-policy.md"
    send(api, "/documents/delete", name=name)
    assert "1 document is left out of syncs" in page(api, "/documents")
    api.be("ines", "editor")
    assert "left out" not in page(api, "/documents")
    api.be("olga", "owner")
    send(api, "/sources/restore", name=name)
    all_done(api)
    assert api.get("/document", name=name)["state"] == "read"
    assert "left out" not in page(api, "/documents")


# -- Jobs -----------------------------------------------------------------------------------------


def test_the_status_tells_of_a_job_why_it_failed_and_how_far_it_is(api):
    running = api.running("ines")
    with api.workspace.catalogue.writing() as connection:
        job_rows.note(connection, running, {"stage": "read", "share": 0.75})
        failed = job_rows.add(connection, tasks.SYNC, "ines", {"held": 2}, merge=False)
        job_rows.end(connection, failed.id, job_rows.FAILED, {}, "The disk is <b>full</b>.")
    for shown in (page(api, "/status"), api.client.get("/jobs", headers={"HX-Request": "true"}).text):
        assert "The disk is &lt;b&gt;full&lt;/b&gt;." in shown
        assert "75 %" in shown and f"/jobs/{running}/cancel" in shown
        assert f"/jobs/{failed.id}/cancel" not in shown
    assert "It stops at its next step." in send(api, f"/jobs/{running}/cancel", 200, part=True, listed="yes").text
    api.be("ines", "editor")
    assert api.client.get("/jobs", headers={"Accept": "text/html"}).status_code == 403


def test_who_may_stop_a_job_is_offered_it_where_it_shows(api):
    mine = api.running("ines")
    api.be("rupert", "editor")
    shown = page(api, "/documents")
    assert f"job-{mine}" in shown and f"/jobs/{mine}/cancel" not in shown
    send(api, f"/jobs/{mine}/cancel", 403)
    api.be("bob")
    assert f"job-{mine}" not in page(api, "/documents")
    send(api, f"/jobs/{mine}/cancel", 403)
    api.be("ines", "editor")
    assert f"/jobs/{mine}/cancel" in page(api, "/documents")
    send(api, f"/jobs/{mine}/cancel")
    assert api.get(f"/jobs/{mine}")["cancelling"] is True


def test_the_end_of_a_job_tells_the_page_that_documents_have_changed(api):
    job = api("POST", "/sync", 202)
    api.done(job["id"])
    assert "documents-changed" in api.client.get(f"/jobs/{job['id']}").headers["HX-Trigger"]


def test_a_sync_tells_its_owner_what_it_did_and_could_not(api, more):
    (more / "empty.md").touch()
    send(api, "/sources/add", path=str(more), name="airships", access="everyone")
    all_done(api)
    shown = api.client.get(f"/jobs/{api.get('/jobs')['jobs'][0]['id']}").text
    assert "added: 2" in shown and "airships/empty.md" in shown and "it is empty" in shown
