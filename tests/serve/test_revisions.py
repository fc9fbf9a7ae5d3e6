"""Revisions over HTTP and at the terminal: who sees which, what a comparison says, and what is written down of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from homeground import Workspace
from homeground.cli.main import app
from homeground.comparing import ComparedLine
from homeground.ingest.sources import add_source
from homeground.serve.app import create_app
from homeground.serve.web.revisions import _runs, pieces

from .conftest import Api, local

WAGES, UNCHANGED = "pay/wages.txt", "closed/salaries.md"
HTML = {"Accept": "text/html"}


@pytest.fixture
def changed(folder: Path) -> Path:
    """The workspace, which keeps two former revisions, with wages for group hr that were changed once."""
    (folder / "homeground.toml").write_text("[revisions]\nkeep = 2\n")
    (folder / "pay").mkdir()
    wages = folder / "pay" / "wages.txt"
    wages.write_text("Wages\n\nThe salary of the chief engineer is 95,000 euros a year.\n")
    with Workspace.open(folder) as space:
        grants = ["owner", "group:hr"]
        add_source(space.catalogue, space.parts.home, str(folder / "pay"), name="pay", prefix="pay", grants=grants)
        space.sync()
        wages.write_text(wages.read_text().replace("95,000", "99,000 <script>gross</script>"))
        space.sync()
    return folder


@pytest.fixture
def service(changed: Path):
    with Workspace.open(changed) as space, local(create_app(space, space.settings.serve)) as client:
        yield Api(client, space)


def test_a_former_revision_is_compared_by_who_may_read_the_document(service: Api):
    found = service.get("/document/revisions", name=WAGES)
    assert found["keep"] == 2 and [each["current"] for each in found["revisions"]] == [True, False]
    now, former = (each["revision"] for each in found["revisions"])
    told = service.get("/document/compare", name=WAGES, former=former[:12])
    (line,) = [line for line in told["pages"][0]["lines"] if line["kind"] == "changed"]
    assert [line["former"][start:end] for start, end in line["former_spans"]] == ["95"]
    assert "99,000 <script>gross</script>" in line["current"]
    (entry,) = service.get("/audit", kind="show")["entries"]
    shown = json.loads(entry["body"]) if isinstance(entry["body"], str) else entry["body"]
    assert (shown["document"], shown["revision"], shown["former"], shown["form"]) == (
        WAGES,
        now,
        former,
        "comparison",
    )
    hits = service.post("/search", question="What is the salary of the chief engineer?")["hits"]
    assert not any("95,000" in hit["text"] for hit in hits if hit["document"] == WAGES)
    service.get("/document/compare", 404, name=WAGES, former=now)
    service.get("/document/compare", 404, name=WAGES, former=former, part=2)
    service.get("/document/compare", 422, name=WAGES, former="ab")

    service.workspace.people.add("Olga", role="owner")
    service.workspace.people.add("Rob")
    head = {"Authorization": f"Bearer {service.workspace.tokens.create('Rob', 'test', ['read'])[1]}"}
    for path in ("/api/document/revisions?name={}", f"/api/document/compare?former={former}&name={{}}"):
        said = []
        for name in (WAGES, "pay/never.md"):
            response = service.client.get(path.format(name), headers=head)
            assert response.status_code == 404
            told = {key: value for key, value in response.json().items() if key != "request"}
            said.append(json.dumps(told).replace(name, "NAME"))
        assert said[0] == said[1]


def test_the_pages_list_and_compare_revisions(service: Api):
    client: TestClient = service.client
    page = client.get("/documents/one", params={"name": WAGES}, headers=HTML).text
    assert "Compare with the current one" in page and "At most 2 are kept" in page
    former = service.workspace.revisions(WAGES, service.workspace.owner)[1].revision
    told = client.get("/documents/compare", params={"name": WAGES, "former": former[:12]}, headers=HTML).text
    assert "<del>95</del>" in told and "1 line changed" in told
    assert "<script>gross" not in told and "gross" in told
    assert client.get("/documents/compare", params={"name": WAGES, "former": ""}, headers=HTML).status_code == 404
    chinese = client.get(
        "/documents/compare?name=pay/wages.txt&former=" + former, headers=HTML | {"Cookie": "language=zh"}
    )
    assert "当前版本" in chinese.text and "更改 1 行" in chinese.text


def test_without_the_setting_the_page_says_that_only_this_revision_is_kept(reading: Api):
    told = reading.client.get("/documents/one", params={"name": UNCHANGED}, headers=HTML).text
    assert "Only this revision is kept" in told and "[revisions]" in told
    found = reading.get("/document/revisions", name=UNCHANGED)
    assert found["keep"] == 0 and len(found["revisions"]) == 1


def test_the_command_lists_and_compares(changed: Path):
    def run(*words: str) -> Any:
        result = CliRunner().invoke(app, ["revisions", WAGES, "--workspace", str(changed), *words])
        return result.exception or result.output

    listed = json.loads(run("--json"))
    former = listed["revisions"][1]["revision"]
    assert former[:12] in run() and "current" in run()
    assert "- The salary of the chief engineer is 95,000 euros a year." in run("--compare", former[:8])
    assert "+ The salary of the chief engineer is 99,000" in run("--compare", former[:8])
    assert json.loads(run("--compare", former, "--json"))["changed"] == 1
    assert "no document" in str(run("--as", "rob"))


def test_equal_lines_far_from_a_change_fold():
    lines = [ComparedLine("equal", str(each), str(each)) for each in range(20)]
    lines[10] = ComparedLine("changed", "a", "b")
    runs = list(_runs(lines))
    assert [(run.folded, len(run.lines)) for run in runs] == [(True, 7), (False, 3), (False, 1), (False, 3), (True, 6)]
    assert [line for run in runs for line in run.lines] == lines
    assert pieces("a b c", [(2, 3)]) == [("a ", False), ("b", True), (" c", False)]
    assert pieces("", []) == []
