"""The service as a process of its own, so that it can be told to end, and killed."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

import homeground

PATIENCE_S = 60
SOURCE = Path(homeground.__file__).parents[1]


def lift_loopback() -> None:
    """`make test` cuts the network by a name space of its own, whose loopback is down: root may lift it there."""
    with socket.create_server(("127.0.0.1", 0)) as server, contextlib.suppress(OSError):
        socket.create_connection(server.getsockname(), timeout=2).close()
        return
    try:
        import fcntl

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            fcntl.ioctl(control, 0x8914, struct.pack("16sh", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
    except (OSError, ImportError):
        pytest.skip("this system has no loopback, not even for tests")


def with_settings(folder: Path, **serve: int) -> Path:
    """The workspace, with these settings of [serve]."""
    settings = folder / "homeground.toml"
    lines = "".join(f"{name} = {value}\n" for name, value in serve.items())
    settings.write_text(settings.read_text("utf-8").replace("[serve]\n", f"[serve]\n{lines}"), "utf-8")
    return folder


class Process:
    """A running service; killed at the end, unless it has ended."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "homeground", "serve", "--port", "0", "--workspace", str(folder)]
        environment = os.environ | {"PYTHONPATH": str(SOURCE)}
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        assert self._process.stderr
        self.line = self._process.stderr.readline()
        found = re.match(r"http://127\.0\.0\.1:(\d+)\b", self.line)
        assert found, self.line + self._process.stderr.read()
        self.port = int(found[1])
        self.said: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stderr
        self.said.extend(self._process.stderr)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.kill()

    def signal(self, number: int = signal.SIGTERM) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        self._process.kill()
        self.ended()

    def ended(self) -> int:
        """Its exit code."""
        code = self._process.wait(PATIENCE_S)
        self._listener.join()
        assert self._process.stderr
        self._process.stderr.close()
        return code

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def cpu_s(self) -> float:
        """Processor seconds that it has used so far, all its threads together; 0 where the system does not tell."""
        told = Path(f"/proc/{self._process.pid}/stat")
        if not told.exists():
            return 0.0
        fields = told.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and JSON, or text, of a request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        sent = {"Connection": "close"} | (headers or {})
        if body is not None and not isinstance(body, bytes):
            body, sent = json.dumps(body), {"Content-Type": "application/json"} | sent
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        kind = response.headers.get("content-type", "")
        return response.status, json.loads(text) if "json" in kind and "ndjson" not in kind else text.decode()

    def get(self, path: str) -> Any:
        status, body = self.call("GET", path)
        assert status == 200, body
        return body

    def ask(self, question: str, **more: Any) -> tuple[int, Any]:
        return self.call("POST", "/api/ask", {"question": question} | more)

    def upload(self, name: str, content: bytes) -> tuple[int, Any]:
        edge = "edge-of-a-part"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
        return self.call("POST", "/api/documents", body, {"Content-Type": f"multipart/form-data; boundary={edge}"})

    def until_ready(self) -> None:
        end = time.monotonic() + PATIENCE_S
        while self.call("GET", "/api/ready")[0] != 200:
            assert time.monotonic() < end, self.said
            time.sleep(0.05)

    def done(self, job: str) -> Any:
        """A job once it has ended."""
        end = time.monotonic() + PATIENCE_S
        while (now := self.get(f"/api/jobs/{job}"))["state"] in ("queued", "running"):
            assert time.monotonic() < end, now
            time.sleep(0.05)
        return now

    def raw(self, data: bytes) -> socket.socket:
        """A connection on which so much was sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        connection.sendall(data)
        return connection
