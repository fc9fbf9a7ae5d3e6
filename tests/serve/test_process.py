"""The service as a process: it starts with one line, ends in order, and stands clients that misbehave."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .process import PATIENCE_S, Process, lift_loopback, with_settings

QUESTION = "How many days of annual leave does a full-time employee have?"


@pytest.fixture(autouse=True, scope="module")
def _on_loopback() -> None:
    lift_loopback()


# -- Starting and ending ------------------------------------------------------------------------


def test_a_stop_lets_answers_under_way_end_and_its_exit_code_is_zero(folder):
    with Process(with_settings(folder, asks=1)) as served:
        assert served.line.startswith(f"http://127.0.0.1:{served.port} ")
        assert served.get("/api/health") == {"status": "live"}
        served.until_ready()
        given: list[int] = []
        threads = [threading.Thread(target=lambda: given.append(served.ask(QUESTION)[0])) for _ in range(6)]
        for each in threads:
            each.start()
        _until(lambda: _waiting(served) >= 3 or len(given) >= 3)
        served.signal()
        assert served.ended() == 0
        for each in threads:
            each.join()
        assert given == [200] * 6
        assert served.said == []


@pytest.mark.parametrize("delay_s", [0, 0.3, 0.8])
def test_a_stop_while_the_models_are_being_loaded_ends_it_in_order(folder, delay_s):
    with Process(folder) as served:
        time.sleep(delay_s)
        served.signal()
        assert served.ended() == 0
        assert served.said == []


def test_a_second_signal_ends_it_at_once(folder):
    with Process(folder) as served:
        unfinished = b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        with served.raw(unfinished + b"Content-Length: 10\r\n\r\n{"):
            _until(lambda: "homeground_requests_open 2.0" in served.get("/metrics"))
            served.signal(signal.SIGINT)
            time.sleep(0.5)
            assert served.alive
            served.signal()
            assert served.ended() == 128 + signal.SIGTERM


# -- Clients that misbehave, or go ----------------------------------------------------------------


@pytest.fixture(scope="module")
def strict(read_company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A service with little patience and few connections."""
    import shutil

    folder = tmp_path_factory.mktemp("strict") / "work"
    shutil.copytree(read_company, folder)
    with Process(with_settings(folder, slow_s=1, connections=8, asks=1)) as served:
        served.until_ready()
        yield served


def test_headers_that_do_not_come_are_not_waited_for(strict):
    with strict.raw(b"") as silent, strict.raw(b"GET /api/health HTTP/1.1\r\nHost: loc") as slow:
        assert b"408" in slow.recv(1000)
        assert b"408" in silent.recv(1000)
        assert slow.recv(1000) == b""


def test_a_body_that_does_not_come_is_not_waited_for(strict):
    head = b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
    with strict.raw(head) as slow:
        received = _all(slow)
    assert received.startswith(b"HTTP/1.1 408")
    assert b"slow_s" in received


def test_connections_beyond_the_limit_are_turned_away_and_idle_ones_make_room(strict):
    idle = [strict.raw(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n") for _ in range(8)]
    for each in idle:
        assert each.recv(1000).startswith(b"HTTP/1.1 200")
    assert strict.get("/api/health") == {"status": "live"}
    for each in idle:
        each.close()
    _until(lambda: strict.call("GET", "/api/health")[0] == 200)
    busy = [strict.raw(b"GET /api/health HTTP/1.1\r\nHost: l") for _ in range(8)]
    time.sleep(0.3)
    with strict.raw(b"") as beyond:
        assert beyond.recv(1000).startswith(b"HTTP/1.1 503")
    for each in busy:
        each.close()
    _until(lambda: strict.call("GET", "/api/health")[0] == 200)


def test_questions_whose_askers_have_gone_are_dropped(strict):
    body = json.dumps({"question": QUESTION}).encode()
    head = b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
    gone = [strict.raw(head + str(len(body)).encode() + b"\r\n\r\n" + body) for _ in range(6)]
    _until(lambda: _waiting(strict) >= 2)
    for each in gone:
        each.close()
    _until(lambda: _waiting(strict) == 0)
    told = strict.get("/metrics")
    assert _figure(told, 'homeground_questions_unanswered_total{why="dropped"}') >= 1
    assert strict.ask(QUESTION)[0] == 200


def test_what_is_no_http_gets_an_answer_and_does_no_harm(strict):
    for data in (b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 50, b"GET /\x00 HTTP/1.1\r\n\r\n"):
        with strict.raw(data + b"\r\n\r\n") as connection:
            assert _all(connection).startswith(b"HTTP/1.1 4")
    smuggled = b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    with strict.raw(smuggled + b"0\r\n\r\nGET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n") as connection:
        assert _all(connection).count(b'"live"') == 0
    assert strict.alive


# -- Looking --------------------------------------------------------------------------------------


def _until(condition: Any) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def _figure(told: str, name: str) -> float:
    return next(float(line.rpartition(" ")[2]) for line in told.splitlines() if line.startswith(name))


def _waiting(served: Process) -> float:
    return _figure(served.get("/metrics"), "homeground_questions_waiting ")


def _all(connection: Any) -> bytes:
    received = b""
    with contextlib.suppress(OSError):
        while piece := connection.recv(65_536):
            received += piece
    return received
