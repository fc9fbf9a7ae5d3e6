"""A provider on loopback: speaks a provider's protocol, streams, and misbehaves on demand.

with Served(OpenAI()) as served:
    served.next("rate:1", "answer")      # what it does with the coming requests; after those it answers
    served.seen                          # what it was asked
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from homeground.settings import RemoteSettings

from .protocols import Asked, Fault, Told

WINDOW = 20_000  # words that a prompt may have
ONCE = {"connect_s": 20.0, "first_token_s": 20.0, "pause_s": 20.0, "timeout_s": 60.0, "retries": 0}


def name_of(served: Served) -> str:
    """How the settings name its model."""
    protocol = served.protocol
    return f"{served.address}/v1#{protocol.model}" if protocol.name == "server" else f"{protocol.name}:{protocol.model}"


def settings_of(served: Served, **more: Any) -> RemoteSettings:
    """Settings that lead to it, and try once."""
    name = served.protocol.name
    address = f"{name}={served.address}{'/v1' if name == 'openai' else ''}"
    return RemoteSettings(**{"addresses": () if name == "server" else (address,), **ONCE, **more})


@dataclass
class Seen:
    """A request as it came over the wire, headers in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes
    asked: Asked | None


@dataclass
class Served:
    """The server. ``answer`` is what it says; None: it says how many messages it got, and the last of them."""

    protocol: Any
    answer: str | None = None
    cached: int = 0
    tls: ssl.SSLContext | None = None
    seen: list[Seen] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    broken: threading.Event = field(default_factory=threading.Event)  # set when a client closed in the middle
    _script: deque[str] = field(default_factory=deque)

    def next(self, *behaviours: str) -> None:
        self._script.extend(behaviours)

    def behaviour(self) -> str:
        return self._script.popleft() if self._script else "answer"

    @property
    def address(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self._http.server_address[1]}"

    @property
    def destination(self) -> str:
        return self.address.partition("://")[2]

    def __enter__(self) -> Served:
        served = self

        class Handler(_Handler):
            owner = served

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        if self.tls:
            self._http.socket = self.tls.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self._http.block_on_close = False
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.released.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def told(self, asked: Asked) -> Told:
        """What the model says: words are its tokens."""
        last = asked.messages[-1][1]
        text = self.answer if self.answer is not None else f"I got {len(asked.messages)} messages. The last: {last}"
        if asked.schema is not None:
            text = json.dumps(dict.fromkeys(asked.schema["properties"], "yes"))
        cuts = [at for stop in asked.stop if (at := text.find(stop)) >= 0]
        text = text[: min(cuts)] if cuts else text
        pieces = re.findall(r"\s*\S+|\s+$", text)
        limit = asked.max_tokens or len(pieces)
        end = "length" if len(pieces) > limit else "stop"
        read = sum(len(words.split()) for _, words in asked.messages)
        return Told(pieces[:limit], end, read, len(pieces[:limit]), self.cached)


class _Handler(BaseHTTPRequestHandler):
    owner: Served
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, ssl.SSLError):
            self.owner.broken.set()

    def do_POST(self) -> None:
        owner, protocol = self.owner, self.owner.protocol
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = (
            protocol.understand(url.path, json.loads(body)) if protocol.mine(url.path, self._query(url.query)) else None
        )
        owner.seen.append(Seen(self.path, headers, body, asked))
        if asked is None:
            self._fault(Fault(404, {"error": {"message": f"no such path: {url.path}"}}))
        elif not protocol.authorised(headers):
            self._fault(protocol.fault("key"))
        elif asked.model != protocol.model:
            self._fault(protocol.fault("model", asked))
        elif sum(len(words.split()) for _, words in asked.messages) > WINDOW:
            self._fault(protocol.fault("long"))
        else:
            name, _, detail = owner.behaviour().partition(":")
            getattr(self, f"_{name}", self._faulty)(asked, detail or name)

    def _query(self, text: str) -> dict[str, str]:
        return {"alt": "", **dict(parse_qsl(text))}

    # -- Behaviours -------------------------------------------------------------------------------

    def _answer(self, asked: Asked, _: str) -> None:
        self._stream(self.owner.protocol.stream(asked, self.owner.told(asked)))

    def _faulty(self, asked: Asked, kind: str) -> None:
        self._fault(self.owner.protocol.fault(kind, asked))

    def _rate(self, asked: Asked, after: str) -> None:
        headers = () if after == "rate" else (("Retry-After", after),)
        self._fault(Fault(429, self.owner.protocol.fault("rate").body, headers))

    def _refused(self, asked: Asked, _: str) -> None:
        found = self.owner.protocol.refusal(asked)
        self._fault(found) if isinstance(found, Fault) else self._stream(self.owner.protocol.stream(asked, found))

    def _empty(self, asked: Asked, end: str) -> None:
        told = Told((), "stop" if end == "empty" else end, 9, 0 if end == "empty" else 4)
        self._stream(self.owner.protocol.stream(asked, told))

    def _redirect(self, asked: Asked, place: str) -> None:
        self._fault(Fault(307, {}, (("Location", place.replace("|", ":")),)))

    def _garbage(self, asked: Asked, _: str) -> None:
        self._stream(iter([b'data: {"choices": [{"delta"\n\n', b"data: [DONE]\n\n"]))

    def _page(self, asked: Asked, _: str) -> None:
        text = b"<html><body>Welcome to the hotel's network</body></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _hang(self, asked: Asked, _: str) -> None:
        self.owner.released.wait(30)

    def _silent(self, asked: Asked, _: str) -> None:
        self._head()
        self.owner.released.wait(30)

    def _pause(self, asked: Asked, _: str) -> None:
        self._some(asked)
        self._wait_for_the_end()

    def _drip(self, asked: Asked, _: str) -> None:
        """Never silent for long, never at an end."""
        self._head()
        while not self.owner.released.wait(0.05):
            self._chunk(list(self.owner.protocol.stream(asked, self.owner.told(asked)))[1])

    def _cut(self, asked: Asked, _: str) -> None:
        """Breaks off in the middle of a chunk."""
        self._some(asked)
        self.wfile.write(b"ff\r\ndata: {")
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.connection.shutdown(socket.SHUT_RDWR)

    def _short(self, asked: Asked, _: str) -> None:
        """Ends politely, as HTTP goes, but before the answer has."""
        self._some(asked)
        self._chunk(b"")
        self.close_connection = True

    def _dropped(self, asked: Asked, _: str) -> None:
        """Takes the request, and is gone."""
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    # -- Writing ----------------------------------------------------------------------------------

    def _some(self, asked: Asked) -> None:
        """The beginning of an answer: about half of its chunks."""
        chunks = list(self.owner.protocol.stream(asked, self.owner.told(asked)))
        self._head()
        for chunk in chunks[: len(chunks) // 2]:
            self._chunk(chunk)

    def _wait_for_the_end(self) -> None:
        self.connection.settimeout(0.05)
        while not self.owner.released.is_set():
            try:
                if not self.connection.recv(1):
                    self.owner.broken.set()
                    break
            except TimeoutError:
                continue
        self.close_connection = True

    def _stream(self, chunks: Any) -> None:
        self._head()
        for chunk in chunks:
            self._chunk(chunk)
        self._chunk(b"")

    def _head(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _fault(self, fault: Fault) -> None:
        data = json.dumps(fault.body).encode()
        self.send_response(fault.status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(data))), *fault.headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
