"""Clients of a service, in a process of their own: so many threads that ask, each over one connection that stays open.

Reads one JSON object from the first line of standard input and prints one:
{"url": …, "tokens": […], "requests": [[method, path, body], …], "clients": 8, "endless": false}
→ {"taken": [[began, ms, status], …], "failed": […]}; ``began`` by the clock of ``time.time``.

Each request is sent once; with ``endless``, from the beginning again until standard input ends. After a 429 a client
waits as long as it was told, a second at most.
"""

from __future__ import annotations

import http.client
import itertools
import json
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit


class Clients:
    """What all threads share."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.address = urlsplit(asked["url"]).netloc
        self.tokens, every = asked["tokens"], asked["requests"]
        self._left: Iterator[list[Any]] = itertools.cycle(every) if asked["endless"] else iter(every)
        self._lock = threading.Lock()
        self.taken: list[tuple[float, float, int]] = []
        self.failed: list[str] = []
        self.enough = False

    def next(self) -> list[Any] | None:
        """The next request; None when there is no more."""
        with self._lock:
            return None if self.enough else next(self._left, None)

    def run(self, number: int) -> None:
        """One client, from its first request to its last."""
        connection = http.client.HTTPConnection(self.address, timeout=120)
        headers = {"Content-Type": "application/json"}
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens[number % len(self.tokens)]}"
        while (request := self.next()) is not None:
            method, path, body = request
            began, at = time.time(), time.perf_counter()
            try:
                connection.request(method, path, None if body is None else json.dumps(body), headers)
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(f"{type(error).__name__}: {error}")
                connection.close()
                continue
            self.taken.append((began, (time.perf_counter() - at) * 1000, response.status))
            if response.status == 429:
                time.sleep(min(1.0, float(response.headers["Retry-After"])))
        connection.close()


def main() -> None:
    """All clients at once."""
    asked = json.loads(sys.stdin.readline())
    clients = Clients(asked)
    threads = [threading.Thread(target=clients.run, args=(number,)) for number in range(asked["clients"])]
    for each in threads:
        each.start()
    if asked["endless"]:
        sys.stdin.read()
        clients.enough = True
    for each in threads:
        each.join()
    json.dump({"taken": clients.taken, "failed": clients.failed}, sys.stdout)


if __name__ == "__main__":
    main()
