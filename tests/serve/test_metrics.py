"""Figures, health and readiness: what they say, and what they must not."""

from __future__ import annotations

import time
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as families

from homeground.errors import ModelError, StorageError, WorkspaceError

from .conftest import Api, local

QUESTION = "How many days of annual leave does a full-time employee have?"


def figures(api: Any) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    response = api.client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    samples = [sample for family in families(response.text) for sample in family.samples]
    return {(each.name, tuple(sorted(each.labels.items()))): each.value for each in samples}


def requests(found: Any, route: str, status: str, method: str = "POST") -> float:
    labels = tuple(sorted({"method": method, "route": route, "status": status}.items()))
    return found.get(("homeground_requests_total", labels), 0.0)


def ready(api: Any) -> None:
    for _ in range(1000):
        if api.client.get("/api/ready").status_code == 200:
            return
        time.sleep(0.02)
    raise AssertionError("never ready")


def test_requests_are_counted_by_pattern_and_status_and_questions_by_their_times(api):
    before = figures(api)
    for _ in range(3):
        api.post("/ask", question=QUESTION)
    api.post("/ask", 422)
    api.get("/jobs/none-of-that-name", 404)
    after = figures(api)
    assert requests(after, "/api/ask", "200") - requests(before, "/api/ask", "200") == 3
    assert requests(after, "/api/ask", "422") == 1
    assert requests(after, "/api/jobs/{job}", "404", "GET") == 1
    assert after["homeground_waited_seconds_count", ()] == after["homeground_worked_seconds_count", ()] == 3
    assert after["homeground_worked_seconds_sum", ()] > 0
    assert after["homeground_request_seconds_count", (("route", "/api/ask"),)] == 4


def test_figures_say_what_there_is_and_what_goes_on(api):
    ready(api)
    api.done(api.post("/sync", 202)["id"])
    found = figures(api)
    documents = len(api.get("/documents", limit=1000)["documents"])
    assert found["homeground_documents", ()] == documents
    assert found["homeground_passages", ()] >= documents
    assert found["homeground_jobs", (("state", "done"),)] == 1
    assert found["homeground_jobs", (("state", "failed"),)] == 0
    assert found["homeground_ready", ()] == 1
    assert found["homeground_model_loaded", (("does", "embed"),)] == 1
    assert found["homeground_questions_waiting", ()] == 0
    assert found["process_resident_memory_bytes", ()] > 1e7


def test_no_figure_holds_a_word_of_a_person_a_document_or_a_question(api):
    api.post("/ask", question="zanzibar quokka?")
    api.get("/page", 404, citation="zanzibar.pdf#p1")
    api.client.get("/nowhere/zanzibar")
    api.client.request("QUOKKA", "/api/health")
    api.upload("zanzibar.md", b"# Zanzibar\n\nThe quokka lives elsewhere.\n")
    text = api.client.get("/metrics").text.lower()
    assert "zanzibar" not in text
    assert "quokka" not in text
    assert api.workspace.owner.name not in [part for line in text.splitlines() for part in line.split('"')[1::2]]
    assert 'route="other"' in text
    assert 'method="other"' in text


@pytest.mark.parametrize("role", ["reader", "editor"])
def test_figures_are_for_owners(api, role):
    api.be("ana", role)
    assert api.client.get("/metrics").status_code == 403


def test_each_service_has_figures_of_its_own(api, workspace):
    from homeground.serve.service import Service

    api.post("/ask", question=QUESTION)
    assert b'route="/api/ask"' not in Service(workspace, workspace.settings.serve).metrics.text()


# -- Health and readiness -------------------------------------------------------------------------


def test_health_and_readiness_need_nobody_and_say_nothing(api):
    ready(api)
    api.client.headers["Host"] = "localhost"
    api.workspace.people.add("ines", role="owner")
    assert api.client.get("/api/health").json() == {"status": "live"}
    assert api.client.get("/api/ready").json() == {"status": "ready"}
    assert api.client.get("/api/documents").status_code == 401


@pytest.mark.parametrize(
    ("part", "error", "code"),
    [
        ("facts", StorageError("the disk /secret/path is gone"), "workspace"),
        ("index", WorkspaceError("x"), "workspace"),
    ],
)
def test_a_catalogue_or_an_index_that_cannot_be_read_is_not_ready(api, monkeypatch, part, error, code):
    ready(api)

    def fails(*_: Any) -> None:
        raise error

    where = api.workspace.catalogue if part == "facts" else api.workspace.parts
    monkeypatch.setattr(where, "facts" if part == "facts" else "index_version", fails)
    monkeypatch.setattr("homeground.serve.readiness._FRESH_S", 0.0)
    told = api.get("/ready", 503)
    assert told["code"] == code
    assert "secret" not in told["detail"]
    assert api.get("/health")["status"] == "live"


def test_a_model_that_cannot_be_loaded_is_not_ready(workspace, monkeypatch):
    from homeground.models.encoder import Encoder
    from homeground.serve.app import create_app

    def fails(self: Encoder, texts: Any) -> None:
        raise ModelError("model.bin is not the one that the manifest lists")

    monkeypatch.setattr(Encoder, "encode", fails)
    with local(create_app(workspace, workspace.settings.serve)) as client:
        api = Api(client, workspace)
        for _ in range(500):
            if "cannot" in api.get("/ready", 503)["detail"]:
                break
            time.sleep(0.02)
        assert api.get("/ready", 503)["code"] == "model"


def test_health_does_not_wait_for_questions(api, monkeypatch):
    import threading

    release, begun = threading.Event(), threading.Event()

    def slow(*_: Any, **__: Any) -> Any:
        begun.set()
        release.wait(30)
        raise WorkspaceError("released")

    monkeypatch.setattr(type(api.workspace), "ask", slow)
    threads = [threading.Thread(target=lambda: api.post("/ask", 503, question="?")) for _ in range(8)]
    for each in threads:
        each.start()
    assert begun.wait(30)
    try:
        assert api.get("/health")["status"] == "live"
        ready(api)
        assert figures(api)["homeground_questions_waiting", ()] >= 1
    finally:
        release.set()
        for each in threads:
            each.join()
