"""Who gets in: the local owner, sessions, tokens, other sites, other machines; and who may change what of people."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from typing import Any

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from homeground import Workspace
from homeground.access import passwords
from homeground.access.audit import entries, head
from homeground.errors import ConfigError
from homeground.serve import csrf
from homeground.serve.app import create_app
from homeground.serve.exposure import check_exposure, is_loopback
from homeground.serve.service import MOST_SIGNING_IN
from homeground.settings import ServeSettings

PASSWORD = "correct horse battery"
LOCAL, HERE = ("127.0.0.1", 5000), "http://127.0.0.1:8420"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed with little work here; tests/access/test_people.py hashes them as everybody does."""
    quick = PasswordHasher(time_cost=1, memory_cost=64)
    monkeypatch.setattr(passwords, "_hasher", lambda: quick)
    monkeypatch.setattr(passwords, "_nobody", lambda: quick.hash("nobody"))


@pytest.fixture
def space(tmp_path: Any) -> Iterator[Workspace]:
    Workspace.create(tmp_path).close()
    (tmp_path / "homeground.toml").write_text("[login]\ntries = 3\n")
    with Workspace.open(tmp_path) as made:
        yield made


@pytest.fixture
def staffed(space: Workspace) -> Workspace:
    space.people.add("Olga", role="owner", password=PASSWORD)
    space.people.add("Eddie", role="editor", password=PASSWORD)
    space.people.add("Rob", groups=["sales"], password=PASSWORD)
    return space


def browser(space: Workspace, client: tuple[str, int] = LOCAL, base: str = HERE, **settings: Any) -> TestClient:
    return TestClient(create_app(space, ServeSettings(**settings)), base_url=base, client=client)


def signed_in(space: Workspace, name: str) -> TestClient:
    """A browser that is signed in and shows the CSRF token, as the pages do."""
    made = browser(space)
    answer = made.post("/login", data={"name": name, "password": PASSWORD}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    request = next(iter(made.cookies.jar))
    made.headers["X-CSRF-Token"] = csrf._derived(request.value or "")
    return made


def with_token(space: Workspace, name: str, *permissions: str) -> TestClient:
    made = browser(space)
    made.headers["Authorization"] = f"Bearer {space.tokens.create(name, 'test', permissions)[1]}"
    return made


# -- Without people -------------------------------------------------------------------------------


def test_without_people_this_machine_is_the_owner(space: Workspace) -> None:
    me = browser(space).get("/api/me").json()
    assert (me["role"], me["via"]) == ("owner", "local")


@pytest.mark.parametrize(
    ("client", "base", "headers"),
    [
        (("10.0.0.7", 5000), HERE, {}),
        (LOCAL, "http://rebound.example", {}),
        (LOCAL, HERE, {"X-Forwarded-For": "10.0.0.7"}),
        (LOCAL, HERE, {"Forwarded": "for=10.0.0.7"}),
    ],
    ids=["another machine", "a name that leads here", "a proxy", "a proxy by RFC 7239"],
)
def test_without_people_nobody_else_is_anybody(
    space: Workspace, client: tuple[str, int], base: str, headers: dict[str, str]
) -> None:
    refused = browser(space, client, base).get("/api/me", headers=headers)
    assert refused.status_code in (400, 401, 403, 421)


def test_without_people_a_page_of_another_site_changes_nothing(space: Workspace) -> None:
    own = browser(space)
    body = {"name": "Mallory", "role": "owner", "password": PASSWORD}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert own.post("/api/people", json=body, headers=headers).status_code == 403
    assert not space.people.any()
    assert own.post("/api/people", json=body, headers={"Origin": HERE}).status_code == 201


def test_from_the_first_person_on_everybody_signs_in(space: Workspace) -> None:
    own = browser(space)
    assert own.post("/api/people", json={"name": "Rob"}).status_code == 422
    assert own.post("/api/people", json={"name": "Olga", "role": "owner", "password": PASSWORD}).status_code == 201
    assert own.get("/api/me").status_code == 401


# -- Sessions -------------------------------------------------------------------------------------


def test_a_password_begins_a_session_and_signing_out_ends_it(staffed: Workspace) -> None:
    rob = signed_in(staffed, "rob")
    assert rob.get("/api/me").json() == {
        "name": "Rob",
        "role": "reader",
        "groups": ["sales"],
        "permissions": ["read"],
        "via": "session",
    }
    cookies = dict(rob.cookies)
    rob.post("/logout", follow_redirects=False)
    again = browser(staffed)
    again.cookies.update(cookies)
    assert again.get("/api/me").status_code == 401
    kinds = [each.kind for each in entries(staffed.catalogue, head(staffed.catalogue).count)]
    assert kinds[:2] == ["logout", "login"]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(staffed: Workspace) -> None:
    form = {"name": "Rob", "password": PASSWORD}
    plain = browser(staffed).post("/login", data=form, follow_redirects=False).headers["set-cookie"]
    assert "HttpOnly" in plain and "samesite=lax" in plain.lower() and "Secure" not in plain
    over_tls = browser(staffed, base="https://127.0.0.1").post("/login", data=form, follow_redirects=False)
    assert over_tls.headers["set-cookie"].startswith("__Host-") and "Secure" in over_tls.headers["set-cookie"]


def test_a_session_changes_nothing_without_its_csrf_token(staffed: Workspace) -> None:
    olga = signed_in(staffed, "Olga")
    body = {"name": "Zoe"}
    right = olga.headers.pop("X-CSRF-Token")
    for shown in (None, "", "0" * 64, "ü"):
        headers = {} if shown is None else {"X-CSRF-Token": shown.encode()}
        assert olga.post("/api/people", json=body, headers=headers).status_code == 403
    cross = {"X-CSRF-Token": right, "Origin": "https://evil.example"}
    assert olga.post("/api/people", json=body, headers=cross).status_code == 403
    assert olga.post("/api/people", json=body, headers={"X-CSRF-Token": right}).status_code == 201


def test_a_login_is_a_new_session_whatever_cookie_was_there(staffed: Workspace) -> None:
    planted = browser(staffed)
    planted.cookies.set("homeground_session", "planted by somebody")
    answer = planted.post("/login", data={"name": "Rob", "password": PASSWORD}, follow_redirects=False)
    assert "planted" not in answer.headers["set-cookie"]
    first = signed_in(staffed, "Rob")
    old = dict(first.cookies)
    first.post("/login", data={"name": "Rob", "password": PASSWORD}, follow_redirects=False)
    stale = browser(staffed)
    stale.cookies.update(old)
    assert stale.get("/api/me").status_code == 401


def test_wrong_passwords_look_alike_and_are_slowed_down(staffed: Workspace) -> None:
    web = browser(staffed)
    told = [web.post("/login", data={"name": name, "password": "wrong"}).json()["detail"] for name in ("Rob", "Nobody")]
    assert told[0] == told[1]
    for _ in range(2):
        web.post("/login", data={"name": "Rob", "password": "wrong"})
    slowed = web.post("/login", data={"name": "Rob", "password": PASSWORD})
    assert slowed.status_code == 429 and int(slowed.headers["retry-after"]) > 0
    elsewhere = browser(staffed, ("127.0.0.2", 5000))
    answer = elsewhere.post("/login", data={"name": "Rob", "password": PASSWORD}, follow_redirects=False)
    assert answer.status_code == 303


def test_guesses_at_the_same_time_are_as_few_as_one_after_the_other_and_leave_room_for_others(
    staffed: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, going = threading.Semaphore(0), threading.Event()

    def slow(password: str, kept: str | None) -> bool:
        inside.release()
        assert going.wait(30)
        return False

    monkeypatch.setattr(passwords, "matches", slow)
    web = browser(staffed)

    def sign_in(name: str) -> int:
        return web.post("/login", data={"name": name, "password": "a guess"}).status_code

    with ThreadPoolExecutor(40) as threads:
        guesses = [threads.submit(sign_in, "Rob") for _ in range(MOST_SIGNING_IN)]
        for _ in range(3):
            assert inside.acquire(timeout=30)
        refused = list(islice(as_completed(guesses, timeout=30), MOST_SIGNING_IN - 3))
        others = [threads.submit(sign_in, f"nobody {number}") for number in range(20)]
        for _ in range(MOST_SIGNING_IN - 3):
            assert inside.acquire(timeout=30)
        assert with_token(staffed, "Eddie", "read").get("/api/me").status_code == 200
        going.set()
        assert {each.result() for each in refused} == {429}
        assert {each.result() for each in others} == {401, 429}


@pytest.mark.parametrize(
    "then", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/ok\r\nX: y", ""]
)
def test_nobody_is_sent_to_another_site(staffed: Workspace, then: str) -> None:
    form = {"name": "Rob", "password": PASSWORD, "next": then}
    assert browser(staffed).post("/login", data=form, follow_redirects=False).headers["location"] == "/"


def test_the_sessions_of_others_are_not_there(staffed: Workspace) -> None:
    rob, olga = signed_in(staffed, "Rob"), signed_in(staffed, "Olga")
    of_rob = rob.get("/api/sessions").json()
    assert [each["this"] for each in of_rob] == [True]
    identity = of_rob[0]["id"]
    assert olga.delete(f"/api/sessions/{identity}").status_code == 404
    assert rob.delete(f"/api/sessions/{identity}").status_code == 204
    assert rob.get("/api/me").status_code == 401


def test_one_changes_ones_own_password_knowing_the_old_one(staffed: Workspace) -> None:
    rob = signed_in(staffed, "Rob")
    new = "another long password"
    assert rob.post("/api/me/password", json={"old": "wrong", "new": new}).status_code == 403
    assert rob.post("/api/me/password", json={"old": PASSWORD, "new": "short"}).status_code == 422
    assert rob.post("/api/me/password", json={"old": PASSWORD, "new": new}).status_code == 204
    assert rob.get("/api/me").status_code == 401
    assert staffed.people.with_password("Rob", new) is not None
    token = with_token(staffed, "Rob", "read")
    assert token.post("/api/me/password", json={"old": new, "new": PASSWORD}).status_code == 403


def meanwhile(monkeypatch: pytest.MonkeyPatch, what: Callable[[], object]) -> None:
    """Something happens between the check of the next password and what it is good for."""
    matches = passwords.matches

    def checked(password: str, kept: str | None) -> bool:
        found = matches(password, kept)
        monkeypatch.setattr(passwords, "matches", matches)
        what()
        return found

    monkeypatch.setattr(passwords, "matches", checked)


@pytest.mark.parametrize(
    "what",
    [
        lambda people: people.set_password("Rob", "another long password"),
        lambda people: people.change("Rob", active=False),
        lambda people: (people.remove("Rob"), people.add("Rob", password=PASSWORD)),
    ],
)
def test_a_sign_in_does_not_outlive_what_it_began_with(
    staffed: Workspace, monkeypatch: pytest.MonkeyPatch, what: Callable[[Any], object]
) -> None:
    meanwhile(monkeypatch, lambda: what(staffed.people))
    made = browser(staffed)
    told = made.post("/login", data={"name": "Rob", "password": PASSWORD}, follow_redirects=False)
    assert (told.status_code, dict(told.cookies)) == (401, {})
    staffed.people.change("Rob", active=True)
    assert made.get("/api/me").status_code == 401
    assert [each.kind for each in entries(staffed.catalogue, 1)] == ["login failed"]


def test_a_hash_that_is_made_anew_does_not_bring_an_old_password_back(
    staffed: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "outdated", lambda kept: True)
    assert staffed.people.with_password("Rob", PASSWORD) is not None
    meanwhile(monkeypatch, lambda: staffed.people.set_password("Rob", "another long password"))
    assert staffed.people.with_password("Rob", PASSWORD) is None
    assert staffed.people.with_password("Rob", "another long password") is not None


def test_who_knew_the_old_password_does_not_change_the_one_that_an_owner_gave_meanwhile(
    staffed: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rob = signed_in(staffed, "Rob")
    meanwhile(monkeypatch, lambda: staffed.people.set_password("Rob", "another long password"))
    assert rob.post("/api/me/password", json={"old": PASSWORD, "new": "the thief's password"}).status_code == 403
    assert staffed.people.with_password("Rob", "another long password") is not None


# -- Tokens and people ----------------------------------------------------------------------------


def test_a_token_needs_no_csrf_token_and_stops_at_its_permissions(staffed: Workspace) -> None:
    narrow = with_token(staffed, "Olga", "read")
    assert narrow.get("/api/me").json()["permissions"] == ["read"]
    assert narrow.get("/api/people").status_code == 403
    wide = with_token(staffed, "Olga", "read", "write", "admin")
    assert wide.post("/api/people", json={"name": "Zoe"}, headers={"Origin": "https://tool.example"}).status_code == 201


@pytest.mark.parametrize("header", ["Bearer hgt_unknown", "Bearer ", "Basic abc", "bearer", "Bearer \xff"])
def test_a_token_that_is_none_is_refused_even_beside_a_session(staffed: Workspace, header: str) -> None:
    assert browser(staffed).get("/api/me", headers={"Authorization": header.encode("latin-1")}).status_code == 401


def test_a_token_is_shown_once_and_revoked_at_once(staffed: Workspace) -> None:
    rob = signed_in(staffed, "Rob")
    made = rob.post("/api/tokens", json={"label": "my script", "days": 7}).json()
    assert made["secret"].startswith("hgt_")
    (listed,) = rob.get("/api/tokens").json()
    assert "secret" not in listed and listed["label"] == "my script"
    bearer = {"Authorization": f"Bearer {made['secret']}"}
    assert browser(staffed).get("/api/me", headers=bearer).json()["name"] == "Rob"
    assert rob.delete(f"/api/tokens/{made['id']}").status_code == 204
    assert browser(staffed).get("/api/me", headers=bearer).status_code == 401


def test_a_token_gives_nobody_more_than_they_have(staffed: Workspace) -> None:
    rob, eddie, olga = (signed_in(staffed, name) for name in ("Rob", "Eddie", "Olga"))
    assert rob.post("/api/tokens", json={"label": "x", "permissions": ["write"]}).status_code == 403
    assert rob.post("/api/tokens", json={"label": "x", "person": "Olga"}).status_code == 403
    assert eddie.post("/api/tokens", json={"label": "x", "permissions": ["read", "write"]}).status_code == 201
    assert olga.post("/api/tokens", json={"label": "x", "person": "Rob", "permissions": ["admin"]}).status_code == 422
    of_olga = olga.post("/api/tokens", json={"label": "x"}).json()["id"]
    assert rob.delete(f"/api/tokens/{of_olga}").status_code == 404
    assert rob.get("/api/tokens", params={"everybody": True}).status_code == 403
    assert len(olga.get("/api/tokens", params={"everybody": True}).json()) == 2
    assert with_token(staffed, "Rob", "read").post("/api/tokens", json={"label": "more"}).status_code == 403


def test_only_owners_change_people_and_changes_act_at_once(staffed: Workspace) -> None:
    rob, eddie, olga = (signed_in(staffed, name) for name in ("Rob", "Eddie", "Olga"))
    for someone in (rob, eddie):
        assert someone.get("/api/people").status_code == 403
        assert someone.post("/api/people", json={"name": "Zoe"}).status_code == 403
        assert someone.patch("/api/people/Rob", json={"role": "owner"}).status_code == 403
        assert someone.delete("/api/people/Olga").status_code == 403
    assert olga.patch("/api/people/Rob", json={"role": "editor", "groups": ["hr"]}).status_code == 200
    me = rob.get("/api/me").json()
    assert (me["role"], me["groups"]) == ("editor", ["hr"])
    assert olga.patch("/api/people/Rob", json={"active": False}).status_code == 200
    assert rob.get("/api/me").status_code == 401
    assert olga.delete("/api/people/Olga").status_code == 422
    assert olga.delete("/api/people/EDDIE").status_code == 204
    assert entries(staffed.catalogue, 1)[0].body == {"person": "Eddie"}
    assert eddie.get("/api/me").status_code == 401
    told = entries(staffed.catalogue, head(staffed.catalogue).count)
    assert PASSWORD not in str(told)
    assert {"person changed", "person removed", "login"} <= {each.kind for each in told}


def test_a_change_that_cannot_be_made_whole_is_not_made_and_one_that_is_stands_in_the_log(staffed: Workspace) -> None:
    olga = signed_in(staffed, "Olga")
    before = head(staffed.catalogue).count
    assert olga.patch("/api/people/Rob", json={"role": "owner", "password": "short"}).status_code == 422
    assert staffed.people.find("Rob").role == "reader"
    assert head(staffed.catalogue).count == before
    wanted = {"role": "editor", "groups": ["hr", "hr "], "password": "another password"}
    assert olga.patch("/api/people/Rob", json=wanted).json()["groups"] == ["hr"]
    assert staffed.people.with_password("Rob", "another password")
    assert [each.kind for each in entries(staffed.catalogue, 1)] == ["person changed"]


# -- Who can reach it -----------------------------------------------------------------------------


def test_others_are_let_near_only_with_people_and_tls(space: Workspace) -> None:
    check_exposure(ServeSettings(), space.people)
    for outside in (ServeSettings(host="0.0.0.0"), ServeSettings(host="::"), ServeSettings(behind_proxy=True)):
        with pytest.raises(ConfigError, match="homeground people add"):
            check_exposure(outside, space.people)
    space.people.add("Olga", role="owner")
    with pytest.raises(ConfigError, match="needs TLS"):
        check_exposure(ServeSettings(host="0.0.0.0"), space.people)
    with pytest.raises(ConfigError, match="needs TLS"):
        check_exposure(ServeSettings(host="0.0.0.0", tls_certificate="cert.pem"), space.people)
    check_exposure(ServeSettings(host="0.0.0.0", tls_certificate="cert.pem", tls_key="key.pem"), space.people)
    check_exposure(ServeSettings(host="0.0.0.0", behind_proxy=True), space.people)


def test_which_addresses_are_of_this_machine() -> None:
    assert all(is_loopback(each) for each in ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LOCALHOST"))
    outside = ("0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example", "localhost.evil.example", "")
    assert not any(is_loopback(each) for each in outside)
