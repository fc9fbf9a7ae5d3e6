"""What requests may be, and what every response carries."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from homeground.serve.hosts import Hosts
from homeground.serve.limits import MOST_BODY, Limits
from homeground.serve.run import _listen
from homeground.settings import ServeSettings


def pieces(size: int, piece: bytes = b" " * 50_000) -> Iterator[bytes]:
    for _ in range(size // len(piece)):
        yield piece


JSON = {"Content-Type": "application/json"}


def test_a_large_body_is_refused_by_its_length_and_by_its_chunks(reading):
    told = reading("POST", "/ask", 413, content=b" " * (MOST_BODY + 1), headers=JSON)
    assert told["code"] == "too_large"
    assert "1 MB" in told["detail"]
    chunked = reading.client.post("/api/ask", content=pieces(MOST_BODY * 2), headers=JSON)
    assert chunked.status_code == 413
    assert chunked.headers["connection"] == "close"
    page = reading.client.post("/ask", content=pieces(MOST_BODY * 2), headers={"Content-Type": "text/plain"})
    assert page.status_code in (413, 422)


def test_an_upload_may_be_larger_than_other_bodies(api):
    assert api.upload("large.txt", b"word " * 400_000)["new"]


def test_a_length_that_is_no_number_is_refused(reading):
    assert reading("POST", "/ask", 400, content=b"{}", headers=JSON | {"Content-Length": "-1"})["status"] == 400


def test_a_long_address_and_many_headers_are_refused(reading):
    assert reading("GET", "/documents?name=" + "a" * 20_000, 414)["code"] == "too_long"
    assert reading("GET", "/documents", 431, headers={f"X-{at}": "a" for at in range(120)})["code"] == "headers"
    assert reading("GET", "/documents", 431, headers={"X-Long": "a" * 40_000})["code"] == "headers"


def test_a_body_that_comes_too_slowly_is_given_up():
    async def scene() -> list[Any]:
        sent: list[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            from starlette.exceptions import HTTPException

            try:
                while (await receive())["more_body"]:
                    pass
            except HTTPException as error:
                sent.append(error.status_code)

        async def receive() -> Any:
            await asyncio.sleep(0.2)
            return {"type": "http.request", "body": b"x", "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"host", b"localhost"), (b"transfer-encoding", b"chunked")]
        scope = {"type": "http", "method": "POST", "path": "/api/ask", "raw_path": b"/api/ask", "query_string": b""}
        settings = ServeSettings(slow_s=1)
        await Limits(app, settings)({**scope, "headers": headers, "state": {"id": "1"}}, receive, send)
        return sent

    assert asyncio.run(asyncio.wait_for(scene(), 20)) == [408]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8420", "localhost.evil.example", "", "127.0.0.1@evil"])
def test_a_foreign_name_does_not_reach_a_service_on_loopback(reading, host):
    told = reading("GET", "/health", 421, headers={"Host": host})
    assert told["code"] == "host"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8420", "[::1]:8420", "LOCALHOST", "127.3.2.1"])
def test_names_of_this_machine_do(reading, host):
    assert reading("GET", "/health", headers={"Host": host})["status"] == "live"


def test_names_of_the_settings_count_and_without_any_an_outside_service_takes_all():
    assert "kb.example.org:443" in Hosts(ServeSettings(hosts=("KB.example.org",)))
    assert "kb.example.org" not in Hosts(ServeSettings())
    named = Hosts(ServeSettings(host="192.0.2.7", hosts=("kb.example.org",)))
    assert "kb.example.org" in named
    assert "192.0.2.7:8420" in named
    assert "other.example.org" not in named
    assert "other.example.org" in Hosts(ServeSettings(host="192.0.2.7"))
    assert "kb.example.org" in Hosts(ServeSettings(behind_proxy=True))


# -- Headers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/api/health", "/", "/api/documents", "/nowhere", "/api/docs", "/static/1/app.js", "/login", "/metrics"]
)
def test_every_response_carries_what_browsers_must_know(reading, path):
    headers = reading.client.get(path, headers={"Accept": "text/html"}).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy or "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "server" not in headers
    assert "strict-transport-security" not in headers
    assert path.startswith("/static") or headers["cache-control"] == "no-store"


def test_the_pages_hold_nothing_that_their_policy_forbids(reading):
    for path in ("/", "/documents", "/models", "/audit", "/status", "/login", "/api/docs"):
        page = reading.client.get(path, headers={"Accept": "text/html"})
        assert page.status_code == 200, path
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|javascript:", page.text), path
        assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page.text), path


def test_the_id_of_a_request_is_made_here(reading):
    brought = reading.client.get("/api/health", headers={"X-Request-Id": "evil\tid"}).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{16}", brought)
    assert reading("GET", "/jobs/none", 404)["request"] != brought


def test_over_tls_browsers_are_told_to_stay_there(reading):
    from starlette.testclient import TestClient

    secure = TestClient(reading.client.app, base_url="https://127.0.0.1", client=("127.0.0.1", 50_000))
    assert "max-age" in secure.get("/api/health").headers["strict-transport-security"]


def test_the_socket_says_that_it_is_tcp_so_that_asyncio_sends_without_delay():
    with _listen(ServeSettings(port=0)) as listening:
        assert listening.proto == socket.IPPROTO_TCP
