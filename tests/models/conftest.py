"""A model hub on this machine that speaks the hub's protocol, and misbehaves when told to."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from ..loopback import lift as _loopback

COMMIT = "c0ffee" + "0" * 34
REPO = "acme/tiny-instruct"


def safetensors(count: int = 5_000) -> bytes:
    """A real safetensors file: one float32 tensor of `count` numbers."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [count], "data_offsets": [0, 4 * count]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(range(256)) * (4 * count // 256 + 1)


def gguf(*, kind: int = 15, template: bool = True) -> bytes:
    """A real GGUF header: keys of every kind, two tensors of 6 and 8 parameters."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value.encode())) + value.encode()

    def key(name: str, code: int, packed: bytes) -> bytes:
        return text(name) + struct.pack("<I", code) + packed

    keys = [
        key("general.architecture", 8, text("llama")),
        key("general.name", 8, text("Tiny")),
        key("general.license", 8, text("mit")),
        key("general.file_type", 4, struct.pack("<I", kind)),
        key("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 3) + text("a") + text("bc") + text("日本")),
        key("tokenizer.ggml.scores", 9, struct.pack("<IQ", 6, 3) + struct.pack("<3f", 1, 2, 3)),
        key("llama.context_length", 4, struct.pack("<I", 2048)),
        key("llama.rope.freq_base", 6, struct.pack("<f", 10000)),
    ]
    if template:
        keys.append(key("tokenizer.chat_template", 8, text("{{ messages }}")))
    tensors = text("t1") + struct.pack("<I2QIQ", 2, 2, 3, 0, 0) + text("t2") + struct.pack("<I1QIQ", 1, 8, 0, 32)
    return b"GGUF" + struct.pack("<IQQ", 3, 2, len(keys)) + b"".join(keys) + tensors + bytes(64)


FILES = {
    "config.json": json.dumps(
        {"architectures": ["LlamaForCausalLM"], "max_position_embeddings": 2048, "torch_dtype": "float32"}
    ).encode(),
    "tokenizer_config.json": b'{"chat_template": "{{ messages }}"}',
    "tokenizer.json": b'{"a": "' + b"x" * 3000 + b'"}',
    "model.safetensors": safetensors(),
    "README.md": b"# Tiny\n",
    ".gitattributes": b"*.bin filter=lfs\n",
    "pytorch_model.bin": b"PK\x03\x04pickled",
    "modeling_tiny.py": b"print('code')",
    "model.onnx": b"onnx",
}


@dataclass
class FakeHub:
    """What the hub holds and how it behaves; `asked` is every path asked for, with its headers."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    large: set[str] = field(default_factory=lambda: {"model.safetensors", "pytorch_model.bin"})
    commit: str = COMMIT
    revisions: set[str] = field(default_factory=lambda: {"main", "v1"})
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    address: str = ""
    ranges: bool = True
    status: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)  # path → error to answer with
    cut_after: dict[str, int] = field(default_factory=dict)  # path → bytes of an answer after which it breaks
    cuts: int = 10**9  # how many answers are cut
    corrupt: set[str] = field(default_factory=set)
    redirect_to: str = ""  # prefix of the storage's address; "" is this server itself
    on_file: Callable[[str], None] = lambda path: None
    info: Callable[[dict[str, Any]], Any] = lambda found: found

    def listing(self) -> dict[str, Any]:
        """As `/api/models/REPO/revision/REVISION?blobs=true` answers."""
        siblings = []
        for name, content in self.files.items():
            blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            entry: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": blob}
            if name in self.large:
                entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
            siblings.append(entry)
        return {
            "id": REPO,
            "sha": self.commit,
            "siblings": siblings,
            "pipeline_tag": "text-generation",
            "cardData": {"license": "apache-2.0", "language": ["en", "de"]},
            "safetensors": {"parameters": {"F32": 5000}, "total": 5000},
        }


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing: the test's output is the test's."""

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append((self.path, dict(self.headers.items())))
        api = f"/api/models/{REPO}/revision/"
        if path.startswith(api):
            self._list(path.removeprefix(api))
        elif path.startswith(f"/{REPO}/resolve/"):
            self._resolve(*path.removeprefix(f"/{REPO}/resolve/").split("/", 1))
        elif path.startswith("/storage/"):
            self._send_file(path.removeprefix("/storage/"))
        else:
            self._fail(401, {"X-Error-Code": "RepoNotFound"})

    def _list(self, revision: str) -> None:
        if error := self.hub.status.get("list"):
            self._fail(*error)
        elif revision in self.hub.revisions or revision == self.hub.commit:
            self._send(200, json.dumps(self.hub.info(self.hub.listing())).encode(), {})
        else:
            self._fail(404, {"X-Error-Code": "RevisionNotFound"})

    def _resolve(self, commit: str, name: str) -> None:
        self.hub.on_file(name)
        if error := self.hub.status.get(name):
            self._fail(*error)
        elif commit != self.hub.commit or name not in self.hub.files:
            self._fail(404, {"X-Error-Code": "EntryNotFound"})
        elif name in self.hub.large:
            where = self.hub.redirect_to or self.hub.address.replace("127.0.0.1", "localhost")
            self._send(302, b"", {"Location": f"{where}/storage/{name}?X-Signature=secret"})
        else:
            self._send_file(name)

    def _send_file(self, name: str) -> None:
        content = self.hub.files[name]
        if name in self.hub.corrupt:
            content = content[:-1] + bytes([content[-1] ^ 1])
        wanted, status, headers = self.headers.get("Range", ""), 200, {}
        if wanted and self.hub.ranges:
            at = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if at >= len(content):
                self._fail(416, {})
                return
            headers = {"Content-Range": f"bytes {at}-{len(content) - 1}/{len(content)}"}
            content, status = content[at:], 206
        self._send(status, content, headers, cut=self.hub.cut_after.get(name))

    def _fail(self, status: int, headers: dict[str, str]) -> None:
        self._send(status, b"{}", headers)

    def _send(self, status: int, content: bytes, headers: dict[str, str], cut: int | None = None) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(key, value)
        self.end_headers()
        if cut is not None and self.hub.cuts > 0 and cut < len(content):
            self.hub.cuts -= 1
            self.wfile.write(content[:cut])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.wfile.write(content)


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Models and cache of this test alone; nothing from the environment."""
    for variable in ("HF_TOKEN", "HF_TOKEN_PATH", "HOMEGROUND_HUB", "HOMEGROUND_WORKSPACE"):
        monkeypatch.delenv(variable, raising=False)
    for variable in [each for each in os.environ if each.lower().endswith("_proxy")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("HOMEGROUND_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HOMEGROUND_CACHE", str(tmp_path / "cache"))
    return tmp_path / "models"


@pytest.fixture
def hub(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """The hub, running, and named in HOMEGROUND_HUB; a connection that breaks is opened again at once."""
    _loopback()
    fake = FakeHub()
    handler = type("Handler", (_Handler,), {"hub": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("HOMEGROUND_HUB", fake.address)
    monkeypatch.setattr("homeground.models.pull.PAUSE_S", 0.0)
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def make_gguf() -> Callable[..., bytes]:
    """Builds GGUF files."""
    return gguf


@pytest.fixture
def model_files() -> dict[str, bytes]:
    """The files of a small generator, with pickles, code and other things among them."""
    return dict(FILES)
