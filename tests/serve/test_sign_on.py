"""Single sign-on: a provider on loopback, one that lies in every way, and a provider program that is not ours."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2
import pytest
from starlette.testclient import TestClient

from homeground import Workspace
from homeground.access.audit import entries
from homeground.errors import RemoteError
from homeground.serve import oidc_client
from homeground.serve.app import create_app
from homeground.serve.errors import BusyError
from homeground.serve.oidc_client import Attempt, Provider
from homeground.serve.service import MOST_SIGNING_IN
from homeground.settings import OidcSettings

from .oidc_provider import CLIENT, SECRET, OidcProvider

BASE = "http://127.0.0.1"
Sign = Callable[..., TestClient]


@pytest.fixture
def provider(loopback: None) -> Iterator[OidcProvider]:
    with OidcProvider() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOMEGROUND_OIDC_SECRET", SECRET)
    with Workspace.create(tmp_path / "kb") as space:
        space.people.add("root", role="owner", password="a long password")
    return tmp_path / "kb"


def configure(home: Path, issuer: str, more: str = "") -> None:
    (home / "homeground.toml").write_text(f'[oidc]\nissuer = "{issuer}"\nclient_id = "{CLIENT}"\n{more}\n')


@pytest.fixture
def client(home: Path, provider: OidcProvider) -> Iterator[Callable[..., TestClient]]:
    """Makes a browser before a service with these settings."""
    opened = []

    def make(more: str = "") -> TestClient:
        configure(home, provider.issuer, more)
        space = Workspace.open(home)
        opened.append(space)
        return TestClient(create_app(space, space.settings.serve), base_url=BASE, client=("127.0.0.1", 5))

    yield make
    for space in opened:
        space.close()


def sign_in(client: TestClient, provider: OidcProvider, then: str = "/", expect: int = 303) -> httpx2.Response:
    """The whole way as a browser goes it."""
    begun = client.get("/login/sso", params={"next": then}, follow_redirects=False)
    assert begun.status_code == 303, begun.text
    ended = client.get(provider.sign_in(begun.headers["location"]), follow_redirects=False)
    assert ended.status_code == expect, ended.text
    return ended


def test_who_signs_in_is_who_the_provider_says_with_their_groups(client: Sign, provider: OidcProvider) -> None:
    browser = client()
    provider.claims["groups"] = ["finance", "all staff"]
    ended = sign_in(browser, provider, "/documents")
    assert ended.headers["location"] == "/documents"
    me = browser.get("/api/me").json()
    assert me == {
        "name": "ann",
        "role": "reader",
        "groups": ["all staff", "finance"],
        "permissions": ["read"],
        "via": "session",
    }


def test_groups_and_role_follow_the_provider_at_each_sign_on(client: Sign, provider: OidcProvider) -> None:
    browser = client('owners = ["admins"]\neditors = ["writers"]')
    for groups, role in ((["admins", "writers"], "owner"), (["writers"], "editor"), ([], "reader")):
        provider.claims["groups"] = groups
        sign_in(browser, provider)
        me = browser.get("/api/me").json()
        assert (me["role"], me["groups"]) == (role, sorted(groups))


def test_a_person_stays_the_same_under_another_name(client: Sign, provider: OidcProvider) -> None:
    browser = client()
    sign_in(browser, provider)
    provider.claims["preferred_username"] = "ann-married"
    sign_in(browser, provider)
    assert browser.get("/api/me").json()["name"] == "ann"


def test_the_name_of_somebody_else_is_not_taken_over(client: Sign, provider: OidcProvider, home: Path) -> None:
    browser = client()
    provider.claims["preferred_username"] = "Root"
    refused = sign_in(browser, provider, expect=422)
    assert "somebody called 'Root' already" in refused.json()["detail"]
    with Workspace.open(home) as space:
        [failed] = entries(space.catalogue, 1)
    assert (failed.body["code"], "root" in str(failed.body).casefold()) == ("invalid", False)
    assert browser.get("/api/me").status_code == 401


def test_only_the_groups_that_may_come_in_do(client: Sign, provider: OidcProvider) -> None:
    browser = client('groups = ["staff"]')
    assert "none of the groups" in sign_in(browser, provider, expect=403).json()["detail"]
    provider.claims["groups"] = ["staff"]
    sign_in(browser, provider)


def test_without_create_only_the_known_come_in(client: Sign, provider: OidcProvider) -> None:
    browser = client("create = false")
    assert "Nobody here is known" in sign_in(browser, provider, expect=403).json()["detail"]


def test_an_inactive_person_stays_out(client: Sign, provider: OidcProvider, home: Path) -> None:
    browser = client()
    sign_in(browser, provider)
    with Workspace.open(home) as space:
        space.people.change("ann", active=False)
    assert browser.get("/api/me").status_code == 401
    sign_in(browser, provider, expect=403)


def test_claims_that_the_token_lacks_come_from_the_user_info(client: Sign, provider: OidcProvider) -> None:
    browser = client()
    del provider.claims["groups"]
    provider.told["groups"] = ["finance"]
    sign_in(browser, provider)
    assert browser.get("/api/me").json()["groups"] == ["finance"]


def test_groups_that_would_be_grants_or_break_a_rule_are_left_out(client: Sign, provider: OidcProvider) -> None:
    browser = client()
    provider.claims["groups"] = ["finance", "everyone", "owner", "a,b", "user:root", "", 7, None]
    sign_in(browser, provider)
    assert browser.get("/api/me").json()["groups"] == ["finance"]


LIES = (
    "audience",
    "two audiences",
    "issuer",
    "expired",
    "future",
    "nonce",
    "access token",
    "nobody",
    "unsigned",
    "public key as secret",
    "another key",
    "two people",
)


@pytest.mark.parametrize("bad", LIES)
def test_a_word_that_does_not_hold_lets_nobody_in(client: Sign, provider: OidcProvider, bad: str) -> None:
    browser = client()
    del provider.claims["groups"]
    provider.bad = bad
    refused = sign_in(browser, provider, expect=403)
    assert refused.json()["detail"].startswith("Single sign-on failed")
    assert browser.get("/api/me").status_code == 401
    space = browser.app.state.service.workspace
    assert [each.name for each in space.people.list()] == ["root"]
    assert entries(space.catalogue, 1)[0].kind == "login failed"


@pytest.mark.parametrize("bad", ["description", "no description", "redirect", "huge"])
def test_a_provider_that_is_none_is_said_in_words(client: Sign, provider: OidcProvider, bad: str) -> None:
    provider.bad = bad
    refused = client().get("/login/sso", follow_redirects=False)
    assert refused.status_code == 502
    assert provider.issuer in refused.json()["detail"]


def test_an_address_of_the_provider_in_the_clear_is_refused(client: Sign, provider: OidcProvider) -> None:
    provider.bad = "plain endpoint"
    refused = client().get("/login/sso", follow_redirects=False)
    assert refused.status_code == 422
    assert "is not encrypted" in refused.json()["detail"]


def test_a_token_that_is_missing_names_the_setting(client: Sign, provider: OidcProvider) -> None:
    browser = client()
    provider.bad = "no token"
    assert "[oidc] scopes" in sign_in(browser, provider, expect=502).json()["detail"]


def test_keys_that_change_are_fetched_again(client: Sign, provider: OidcProvider) -> None:
    browser = client()
    sign_in(browser, provider)
    provider.rotate()
    sign_in(browser, provider)
    sign_in(browser, provider)
    assert provider.asked.count("/keys") == 2
    assert provider.asked.count("/.well-known/openid-configuration") == 1


def test_a_link_back_without_this_browsers_beginning_signs_nobody_in(client: Sign, provider: OidcProvider) -> None:
    browser, other = client(), client()
    begun = browser.get("/login/sso", follow_redirects=False)
    back = provider.sign_in(begun.headers["location"])
    assert other.get(back, follow_redirects=False).status_code == 403
    other.get("/login/sso", follow_redirects=False)
    assert other.get(back, follow_redirects=False).status_code == 403  # a beginning, but another one
    assert browser.get(back, follow_redirects=False).status_code == 303
    assert browser.get(back, follow_redirects=False).status_code == 403  # once only


def test_links_back_that_anybody_can_make_up_do_not_fill_the_audit_log(
    client: Sign, provider: OidcProvider, home: Path
) -> None:
    browser = client()
    for query in ("", "?state=x&code=y", "?error=access_denied"):
        assert browser.get(f"/login/callback{query}", follow_redirects=False).status_code == 403
    with Workspace.open(home) as space:
        assert [each for each in entries(space.catalogue) if each.kind == "login failed"] == []


def test_a_person_who_says_no_at_the_provider_stays_out(client: Sign, provider: OidcProvider) -> None:
    browser = client()
    begun = browser.get("/login/sso", follow_redirects=False)
    state = provider.sign_in(begun.headers["location"]).partition("state=")[2]
    refused = browser.get(f"/login/callback?error=access_denied&state={state}", follow_redirects=False)
    assert refused.status_code == 403


@pytest.mark.parametrize("then", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_afterwards(client: Sign, provider: OidcProvider, then: str) -> None:
    assert sign_in(client(), provider, then).headers["location"] == "/"


def test_without_an_issuer_there_is_no_single_sign_on(tmp_path: Path) -> None:
    with Workspace.create(tmp_path) as space:
        browser = TestClient(create_app(space, space.settings.serve), base_url=BASE, client=("127.0.0.1", 5))
        assert browser.get("/login/sso", follow_redirects=False).status_code == 404


# -- A provider program ---------------------------------------------------------------------------


class _Form(HTMLParser):
    """The first form of a page: where it goes."""

    action: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form" and self.action is None:
            self.action = dict(attrs).get("action") or ""


@pytest.fixture
def program(loopback: None) -> Iterator[str]:
    """oidc-provider-mock, as a process of its own; its address."""
    command = shutil.which("oidc-provider-mock", path=str(Path(sys.executable).parent))
    assert command is not None
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    user = '{"sub": "7f3", "preferred_username": "bea", "email": "bea@example.org", "groups": ["finance"]}'
    started = subprocess.Popen(
        [command, "--port", str(port), "--require-nonce", "true", "--user-claims", user],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                httpx2.get(f"{address}/.well-known/openid-configuration")
                break
            except httpx2.TransportError:
                assert started.poll() is None
                time.sleep(0.1)
        yield address
    finally:
        started.kill()
        started.wait()


def test_a_provider_that_is_not_ours_signs_people_in(home: Path, program: str) -> None:
    configure(home, httpx2.get(f"{program}/.well-known/openid-configuration").json()["issuer"], 'owners = ["finance"]')
    with Workspace.open(home) as space, httpx2.Client() as web:
        browser = TestClient(create_app(space, space.settings.serve), base_url=BASE, client=("127.0.0.1", 5))
        begun = browser.get("/login/sso", follow_redirects=False)
        address = begun.headers["location"]
        form = _Form()
        form.feed(web.get(address).text)
        sent = web.post(urljoin(address, form.action or address), data={"sub": "7f3"})
        assert sent.status_code == 302, sent.text
        ended = browser.get(sent.headers["location"], follow_redirects=False)
        assert ended.status_code == 303, ended.text
        me = browser.get("/api/me").json()
        assert (me["name"], me["groups"], me["role"]) == ("bea", ["finance"], "owner")


def test_a_provider_that_does_not_answer_is_not_asked_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who come meanwhile would each wait ten seconds for the same silence, one after the other."""
    asked: list[str] = []

    def silent(self: Provider, client: object, address: str, *, signed: bool = False) -> dict[str, Any]:
        asked.append(address)
        raise RemoteError("It cannot be asked.")

    monkeypatch.setattr(Provider, "_json", silent)
    provider = Provider(OidcSettings(issuer="https://silent.example", client_id="homeground"))
    attempt = Attempt("state", "nonce", "verifier", "https://here.example/login/callback")
    for _ in range(3):
        with pytest.raises(RemoteError, match="cannot be asked"):
            provider.address(attempt)
    assert len(asked) == 1
    monkeypatch.setattr(oidc_client, "_FAILED_S", 0.0)
    with pytest.raises(RemoteError):
        provider.address(attempt)
    assert len(asked) == 2


def test_whoever_waits_for_the_provider_keeps_no_password_waiting(client: Sign) -> None:
    service = client().app.state.service
    with ExitStack() as waiting:
        for _ in range(MOST_SIGNING_IN):
            waiting.enter_context(service.signing_on())
        with pytest.raises(BusyError), service.signing_on():
            pass
        with service.signing_in():
            pass
