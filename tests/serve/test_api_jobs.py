"""Sources and jobs over HTTP: added, read, told of while they work, taken up after a death, and what of it who sees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from homeground import Workspace
from homeground.catalogue import job_rows
from homeground.serve import tasks
from homeground.serve.app import create_app

from .conftest import Api, local


@pytest.fixture
def more(tmp_path: Path) -> Path:
    """A folder that is no source yet."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "zeppelin.md").write_text("# Zeppelin\n\nThe zeppelin budget is 77 dollars.\n", encoding="utf-8")
    return folder


def sources(api: Any) -> dict[str, Any]:
    return {each["name"]: each for each in api.get("/sources")["sources"]}


def test_a_source_is_added_and_read_in_the_background_and_taken_out_again(api, more):
    job = api.post("/sources", 202, path=str(more), name="airships", access=["group:crew"], label="confidential")
    done = api.done(job["id"])
    assert (done["kind"], done["state"], done["progress"]["share"]) == ("add", "done", 1.0)
    assert (done["result"]["source"], done["result"]["added"]) == ("airships", 1)
    added = sources(api)["airships"]
    assert (added["root"], added["documents"], added["label"]) == (str(more), 1, "confidential")
    assert set(added["access"]) == {"group:crew", "owner"}
    assert api.get("/document", name="airships/zeppelin.md")["title"] == "Zeppelin"
    gone = api.done(api("DELETE", "/source", 202, params={"name": "airships"})["id"])
    assert gone["result"] == {"source": "airships", "removed": 1, "passes_to": None}
    assert "airships" not in sources(api)
    assert (more / "zeppelin.md").exists()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("https://example.com/secret", "not a URL"),
        ("ftp://10.0.0.1/etc", "not a URL"),
        ("s3://bucket/key", "not a URL"),
        ("etc", "whole path"),
        ("~/documents", "whole path"),
        ("/no/such/folder", "no file or folder"),
        ("/" + "x" * 4000, "cannot be used|no file or folder"),
    ],
)
def test_a_source_is_a_path_of_the_servers_machine_that_is_there(api, path, said):
    import re

    problem = api.post("/sources", 422, path=path)
    assert re.search(said, problem["detail"])
    assert api.get("/jobs")["jobs"] == []


@pytest.mark.parametrize(
    "wrong", [{"access": ["friends"]}, {"access": []}, {"label": "hush"}, {"name": "../up"}, {"path": "/\0"}]
)
def test_what_no_source_can_have_is_refused_before_there_is_a_job(api, more, wrong):
    api.post("/sources", 422, **{"path": str(more), **wrong})
    assert api.get("/jobs")["jobs"] == []


def test_sources_are_changed_by_owners_only_and_a_hidden_one_reads_like_an_absent_one(api, more):
    api.be("ines", "editor")
    api.post("/sources", 403, path=str(more))
    api("DELETE", "/source", 403, params={"name": "company"})
    assert set(sources(api)) == {"company"}
    assert sources(api)["company"]["root"] is None
    api.be("olga", "owner")
    api("DELETE", "/source", 404, params={"name": "absent"})


# -- Jobs -----------------------------------------------------------------------------------------


def events(api: Any, job: str) -> list[Any]:
    with api.client.stream("GET", f"/api/jobs/{job}/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        return [json.loads(line[6:]) for line in response.iter_lines() if line.startswith("data: ")]


def test_the_events_of_a_job_end_with_its_end(api, more):
    job = api.post("/sources", 202, path=str(more), name="airships")
    told = events(api, job["id"])
    assert told[-1] == api.get(f"/jobs/{job['id']}")
    assert told[-1]["state"] == "done"
    assert events(api, job["id"]) == [told[-1]]
    api.get("/jobs/absent/events", 404)


def test_each_upload_is_read_by_the_job_that_it_was_given(api):
    first = api.upload("a.md", b"# A\n\nAlpha.\n")
    second = api.upload("b.md", b"# B\n\nBeta.\n")
    for kept in (first, second):
        api.done(kept["job"]["id"])
        assert api.get("/document", name=kept["document"])["state"] == "read"


def test_who_sees_which_jobs_and_what_of_them(api, more):
    added = api.post("/sources", 202, path=str(more), name="airships", access=["group:crew"])
    api.done(added["id"])
    api.be("ines", "editor")
    sync = api.done(api("POST", "/sync", 202)["id"])
    assert [job["id"] for job in api.get("/jobs")["jobs"]] == [sync["id"]]
    assert (sync["by"], sync["result"], sync["progress"]["files_total"]) == ("ines", {}, None)
    api.get(f"/jobs/{added['id']}", 404)
    api.get(f"/jobs/{added['id']}/events", 404)
    api("POST", f"/jobs/{added['id']}/cancel", 404)
    api.be("rupert", "editor")
    seen = api.get(f"/jobs/{sync['id']}")
    assert (seen["by"], seen["state"]) == (None, "done")
    api.be("bob")
    assert api.get("/jobs")["jobs"] == []
    api.get(f"/jobs/{sync['id']}", 404)
    api("POST", "/sync", 403)
    api.be("olga", "owner")
    assert [job["kind"] for job in api.get("/jobs")["jobs"]] == ["sync", "add"]


def test_progress_and_problems_tell_others_nothing_of_documents(api, monkeypatch):
    from homeground.errors import ReadError

    def broken(*_: Any, on_progress: Any, **__: Any) -> None:
        raise ReadError("closed/salaries.md cannot be read")

    monkeypatch.setattr(type(api.workspace), "sync_uploads", broken)
    api.be("ines", "editor")
    job = api.done(api("POST", "/sync", 202)["id"])
    assert (job["state"], job["problem"]) == ("failed", "The job failed. An owner sees why.")
    shown = api.client.get(f"/jobs/{job['id']}").text
    assert "An owner sees why." in shown
    assert "salaries" not in shown
    with api.workspace.catalogue.writing() as connection:
        running = job_rows.add(connection, tasks.SYNC, "ines", {}, merge=False)
        job_rows.take(connection)
        told = {"stage": "read", "share": 3 / 7, "name": "closed/salaries.md", "waiting_for": "process 7 of root"}
        job_rows.note(connection, running.id, told | {"files_done": 3, "files_total": 7})
    progress = api.get(f"/jobs/{running.id}")["progress"]
    assert {key: value for key, value in progress.items() if value is not None} == {
        "stage": "read",
        "share": 0.4,
        "waiting_for": "The workspace is being written to by another process.",
    }
    assert "/ 7" not in api.client.get(f"/jobs/{running.id}").text
    api.be("olga", "owner")
    assert "/ 7" in api.client.get(f"/jobs/{running.id}").text


def test_the_pages_of_the_list_follow_each_other(api):
    with api.workspace.catalogue.writing() as connection:
        made = [job_rows.add(connection, tasks.SYNC, "ann", {"n": number}, merge=False).id for number in range(5)]
        for each in made:
            job_rows.end(connection, each, job_rows.DONE, {})
    first = api.get("/jobs", limit=3)
    rest = api.get("/jobs", limit=3, cursor=first["next"])
    assert [job["id"] for job in (*first["jobs"], *rest["jobs"])] == made[::-1]
    assert rest["next"] is None


def test_a_job_is_stopped_by_who_began_it_or_an_owner(api):
    mine = api.running("ines")
    api.be("rupert", "editor")
    api("POST", f"/jobs/{mine}/cancel", 403)
    api.be("ines", "editor")
    assert api("POST", f"/jobs/{mine}/cancel")["cancelling"] is True


def test_a_job_that_a_dead_service_was_at_is_taken_up_by_the_next_one(workspace, more):
    """As after kill -9: the row says running, and nobody is at it."""
    folder = workspace.folder
    with workspace.catalogue.writing() as connection:
        given = {"path": str(more), "name": "airships", "access": None, "label": None}
        cut = job_rows.add(connection, tasks.ADD, workspace.owner.name, given, merge=False)
        job_rows.take(connection)
    workspace.close()
    with Workspace.open(folder) as space, local(create_app(space, space.settings.serve)) as client:
        assert isinstance(client, TestClient)
        api = Api(client, space)
        assert api.done(cut.id)["result"]["added"] == 1
        assert api.get("/document", name="airships/zeppelin.md")["state"] == "read"
