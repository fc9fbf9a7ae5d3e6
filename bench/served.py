"""A service of homeground in a process of its own, and what calls it: for bench/serve.py."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Served:
    """A service in a process of its own, and what calls it."""

    folder: Path
    process: subprocess.Popen[str]
    url: str
    tokens: Sequence[str] = ()
    errors: int = 0

    def call(self, method: str, path: str, body: Any = None, timeout: float = 120) -> tuple[int, Any]:
        """Status and JSON of a request of the owner."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {self.tokens[0]}"} if self.tokens else {}
        )
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def memory_mb(self) -> float:
        """What its process has in memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def cpu_s(self) -> float:
        """The processor time that its process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def clients(self, count: int, requests: Sequence[Any], *, endless: bool = False) -> Any:
        """Starts a process of clients; ``taken`` waits for it, and tells endless ones to stop."""
        asked = {"url": self.url, "tokens": list(self.tokens), "requests": list(requests), "clients": count}
        command = [sys.executable, str(ROOT / "bench" / "clients.py")]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin
        process.stdin.write(json.dumps(asked | {"endless": endless}) + "\n")
        process.stdin.flush()
        return process

    def taken(self, process: Any) -> list[tuple[float, float, int]]:
        """What its requests took; errors are counted."""
        process.stdin.close()
        found = json.load(process.stdout)
        process.wait()
        wrong = [each[2] for each in found["taken"] if each[2] not in (200, 429)]
        self.errors += len(wrong) + len(found["failed"])
        for each in sorted(set(map(str, [*wrong, *found["failed"]]))):
            print(f"  wrong: {each}", flush=True)
        return [tuple(each) for each in found["taken"]]


def start(folder: Path, tokens: Sequence[str] = ()) -> Served:
    """Starts the service; returns when it says its address."""
    command = [sys.executable, "-m", "homeground", "serve", "--port", "0", "--workspace", str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    said = process.stderr.readline()
    found = re.search(r"http://\S+", said)
    if found is None:
        raise RuntimeError(said + process.stderr.read())
    threading.Thread(target=process.stderr.read, daemon=True).start()
    return Served(folder, process, found[0], tokens)


def until_ready(served: Served) -> None:
    """Returns when questions are answered."""
    for _ in range(6000):
        try:
            if served.call("GET", "/api/ready", timeout=5)[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise RuntimeError("never ready")
