"""Handing files in: whole or not at all, under a safe name, once; and no name tells of what may not be read."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from homeground.serve import callers
from homeground.serve.app import create_app

NOTE = b"# Zeppelins\n\nThe zeppelin budget is 77 dollars.\n"
ASKED = "What is the zeppelin budget?"


def answered(api: Any) -> bool:
    return "77 dollars" in "".join(said["text"] for said in api.post("/ask", question=ASKED)["statements"])


def names(api: Any) -> list[str]:
    return [each["name"] for each in api.get("/documents", source="uploads")["documents"]]


def test_a_file_is_on_the_disk_when_it_is_acknowledged_and_read_by_its_job(api):
    kept = api.upload("notes.md", NOTE)
    assert (kept["document"], kept["bytes"], kept["new"]) == ("uploads/notes.md", len(NOTE), True)
    assert (api.workspace.folder / "uploads" / "notes.md").read_bytes() == NOTE
    assert api.done(kept["job"]["id"])["state"] == "done"
    assert answered(api)
    [document] = api.get("/documents", source="uploads")["documents"]
    assert (document["title"], document["state"], document["uploaded"]) == ("Zeppelins", "read", True)
    assert document["revision"] == kept["revision"]


def test_the_body_itself_may_be_the_file(api):
    kept = api("PUT", "/documents/notes.md", 201, content=NOTE)
    api.done(kept["job"]["id"])
    assert kept["document"] == "uploads/notes.md"
    assert answered(api)
    assert api("PUT", "/documents/notes.md", 200, content=NOTE)["new"] is False


def test_the_same_file_again_changes_nothing_and_another_one_takes_its_place(api):
    first = api.upload("notes.md", NOTE)
    again = api.upload("notes.md", NOTE, expect=200)
    assert (again["revision"], again["new"]) == (first["revision"], False)
    other = api.upload("notes.md", NOTE.replace(b"77", b"88"))
    api.done(other["job"]["id"])
    assert names(api) == ["uploads/notes.md"]
    assert not answered(api)


def test_a_request_under_a_known_key_gives_what_it_gave(api):
    key = {"Idempotency-Key": "d41d8cd9"}
    api.upload("notes.md", NOTE, headers=key)
    api.upload("notes.md", NOTE.replace(b"77", b"88"))
    assert api.upload("notes.md", NOTE, expect=200, headers=key)["new"] is False
    assert b"88" in (api.workspace.folder / "uploads" / "notes.md").read_bytes()
    problem = api.upload("other.md", NOTE, expect=422, headers=key)
    assert "another file" in problem["detail"]
    api.upload("notes.md", NOTE, expect=422, headers={"Idempotency-Key": "x" * 256})


@pytest.mark.parametrize(
    ("given", "document"),
    [
        ("../../etc/passwd", "uploads/passwd"),
        ("C:\\temp\\Größe 報告.md", "uploads/Größe 報告.md"),
        ("<img src=x onerror=alert(1)>.md", "uploads/_img src=x onerror=alert(1)_.md"),
        (".homegroundignore", "uploads/homegroundignore"),
        ("a\r\nSet-Cookie: x.md", "uploads/a Set-Cookie_ x.md"),
    ],
)
def test_any_name_becomes_a_safe_one(api, given, document):
    assert hand_in(api, given, 201)["document"] == document
    assert [path.name for path in (api.workspace.folder / "uploads").iterdir()] == [document.partition("/")[2]]


@pytest.mark.parametrize("given", ["..", "/", "???"])
def test_a_name_of_which_nothing_is_left_is_refused(api, given):
    assert "has no name" in hand_in(api, given, 422)["detail"]
    assert left_over(api) == []


def hand_in(api: Any, name: str, expect: int) -> Any:
    return api("POST", "/documents", expect, files={"file": ("form.md", NOTE)}, data={"name": name})


def left_over(api: Any) -> list[str]:
    folders = (api.workspace.folder / "uploads", api.workspace.parts.home / "incoming")
    return [path.name for folder in folders if folder.is_dir() for path in folder.iterdir()]


# -- What is too large, broken off or no upload at all --------------------------------------------


@pytest.fixture
def most(api, monkeypatch):
    """How many bytes the service takes: few."""
    from dataclasses import replace

    service = api.client.app.state.service
    monkeypatch.setattr(service, "settings", replace(service.settings, body_mb=1))
    return 1_000_000


def test_a_file_beyond_the_limit_is_refused_however_it_comes(api, most):
    large = b"x" * (most + 1)
    stream = (large[at : at + 100_000] for at in range(0, len(large), 100_000))
    boundary = {"Content-Type": "multipart/form-data; boundary=b"}
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n' + large + b"\r\n--b--\r\n"
    said = [
        api.upload("large.bin", large, expect=413),
        api("POST", "/documents", 413, content=iter([form]), headers=boundary),
        api("PUT", "/documents/large.bin", 413, content=large),
        api("PUT", "/documents/large.bin", 413, content=stream),
        api("PUT", "/documents/large.bin", 413, headers={"Content-Length": str(10**17)}, content=b""),
    ]
    assert {problem["code"] for problem in said} == {"too_large"}
    assert left_over(api) == []
    api.upload("fits.bin", b"x" * most)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--b\r\n"),
        ("multipart/form-data; boundary=b", b"no form at all"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--\r\n'),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhalf of wh',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nx\r\n' * 2 + b"--b--\r\n",
        ),
    ],
)
def test_what_is_no_whole_form_with_one_file_is_refused_and_nothing_stays(api, kind, body):
    problem = api("POST", "/documents", 400, content=body, headers={"Content-Type": kind})
    assert problem["code"] == "malformed"
    assert left_over(api) == []


def test_what_breaks_off_in_the_middle_leaves_nothing(api):
    """The client goes: no answer is owed, nothing is kept, and nothing is logged as a fault of the service."""
    app = create_app(api.workspace, api.workspace.settings.serve)
    scope = {
        "type": "http",
        "method": "PUT",
        "path": "/api/documents/half.md",
        "raw_path": b"/api/documents/half.md",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8377),
    }
    coming = iter([{"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(coming, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        return None

    asyncio.run(app(scope, receive, send))
    assert left_over(api) == []


# -- Who sees what --------------------------------------------------------------------------------


def test_everybody_else_than_owners_hands_in_into_a_folder_of_their_own(api):
    api.be("ines", "editor")
    kept = api.upload("notes.md", NOTE)
    assert kept["document"] == "uploads/ines/notes.md"
    api.done(kept["job"]["id"])
    assert answered(api)
    api.be("../rupert", "editor")
    assert api.upload("notes.md", NOTE)["document"].startswith("uploads/rupert ")


def test_who_may_read_it_is_said_with_it_and_holds_from_the_first_instant(api):
    api.be("ines", "editor", ("legal",))
    kept = api.upload("notes.md", NOTE, allow="group:legal, user:rupert")
    api.done(kept["job"]["id"])
    assert answered(api)
    for name, groups, reads in (("bob", (), False), ("rupert", (), True), ("eve", ("legal",), True)):
        api.be(name, groups=groups)
        assert answered(api) is reads
    api.be("ines", "editor", ("legal",))
    assert api.upload("notes.md", NOTE, expect=200, allow="user:rupert,group:legal")["new"] is False
    assert "Only an owner" in api.upload("notes.md", NOTE, expect=403, allow="everyone")["detail"]
    assert "no grant" in api.upload("other.md", NOTE, expect=422, allow="legal people")["detail"]


def test_an_owners_token_without_admin_says_who_reads_a_new_document_and_changes_no_rule(api):
    def put(name: str, allow: str, expect: int) -> None:
        api("PUT", f"/documents/{name}", expect, content=NOTE, params={"allow": allow})

    olga = api.workspace.people.add("Olga", role="owner")
    api.client.app.dependency_overrides[callers.caller_of] = lambda: olga.caller("token", "x", ["read", "write"])
    put("notes.md", "group:legal", 201)
    put("notes.md", "everyone", 403)
    api.be("Olga", "owner")
    put("notes.md", "everyone", 200)


def test_a_name_tells_nothing_of_a_document_that_one_may_not_read(api):
    """What is answered for a name that is taken by a forbidden document is what is answered for a free one."""
    kept = api.upload("layoffs.md", NOTE, allow="group:hr")
    api.done(kept["job"]["id"])
    api.be("bob", "editor")
    told = [api.upload(name, NOTE) for name in ("layoffs.md", "lunches.md")]
    assert [each["document"] for each in told] == ["uploads/bob/layoffs.md", "uploads/bob/lunches.md"]
    assert [each["new"] for each in told] == [True, True]
    for path in ("layoffs.md", "absent.md"):
        said = [
            api.upload("a.md", NOTE, expect=404, replaces=f"uploads/{path}"),
            api("DELETE", "/document", 404, params={"name": f"uploads/{path}"}),
            api.get("/document", 404, name=f"uploads/{path}"),
        ]
        assert len({problem["detail"] for problem in said}) == 1
    assert (api.workspace.folder / "uploads" / "layoffs.md").read_bytes() == NOTE


def test_an_upload_may_replace_one_that_its_sender_may_read_and_its_readers_stay(api):
    api.done(api.upload("notes.md", NOTE, allow="group:legal")["job"]["id"])
    api.be("ines", "editor", ("legal",))
    kept = api.upload("newer.md", NOTE.replace(b"77", b"88"), replaces="uploads/notes.md")
    api.done(kept["job"]["id"])
    assert (kept["document"], names(api)) == ("uploads/notes.md", ["uploads/notes.md"])
    assert (
        "Leave `allow` out"
        in api.upload("a.md", NOTE, expect=422, replaces="uploads/notes.md", allow="everyone")["detail"]
    )
    company = "company/handbook/travel-policy.md"
    assert "was not handed in" in api.upload("a.md", NOTE, expect=422, replaces=company)["detail"]
    api.be("bob", "editor")
    assert names(api) == []


def test_readers_hand_nothing_in(api):
    api.be("bob")
    assert api.upload("notes.md", NOTE, expect=403)["code"] == "forbidden"
    assert api("PUT", "/documents/notes.md", 403, content=NOTE)["code"] == "forbidden"
    assert left_over(api) == []


def test_the_uploads_stay_a_source_with_their_rules_as_long_as_files_are_in_them(api):
    kept = api.upload("notes.md", NOTE, allow="user:Ines")
    api.done(kept["job"]["id"])
    job = api("DELETE", "/source?name=uploads", 202)
    ended = api.done(job["id"])
    assert ended["state"] == "failed"
    assert "delete them one by one" in ended["problem"]
    assert [rule["allow"] for rule in api.get("/access")["rules"] if rule["target"] == "uploads/notes.md"] == [
        ["owner", "user:Ines"]
    ]
    api.done(api("DELETE", "/document?name=uploads/notes.md", 200)["job"]["id"])
    assert api.done(api("DELETE", "/source?name=uploads", 202)["id"])["state"] == "done"


def test_parts_are_counted_whatever_they_are_called(api):
    """Many of one name took as long to read as many names."""
    part = b'--b\r\nContent-Disposition: form-data; name="allow"\r\n\r\nx\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    response = api.client.post("/api/documents", content=part * 40 + b"--b--\r\n", headers=kind)
    assert response.status_code == 400
    assert "more than 32 fields" in response.text
