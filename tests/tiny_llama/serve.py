"""The tiny model behind an OpenAI-compatible endpoint, on loopback: serve.py FOLDER. Prints its address, then serves.

POST /v1/chat/completions (streamed or whole) and GET /v1/models, answered by homeground's own local engine, so that a
test can ask a real model over real HTTP in another process.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from homeground.errors import HomegroundError
from homeground.models.generator import Generation, Message, Sampling
from homeground.models.local import LocalGenerator, load_generator
from homeground.settings import LocalSettings


class WrongRequestError(Exception):
    """A request that cannot be answered: status, code, words."""


def sampling_of(body: dict[str, Any]) -> Sampling:
    stop = body.get("stop") or []
    kind = body.get("response_format") or {}
    return Sampling(
        max_tokens=int(body.get("max_completion_tokens") or body.get("max_tokens") or 128),
        temperature=float(body.get("temperature") or 0.0),
        stop=tuple([stop] if isinstance(stop, str) else stop),
        seed=body.get("seed"),
        schema=kind["json_schema"]["schema"] if kind.get("type") == "json_schema" else None,
    )


class Handler(BaseHTTPRequestHandler):
    generator: LocalGenerator
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            model = {"id": self.generator.name, "object": "model", "created": 0, "owned_by": "homeground"}
            self._json(200, {"object": "list", "data": [model]})
        else:
            self._error(404, "not_found", f"There is no {self.path}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            self._answer(json.loads(body))
        except WrongRequestError as wrong:
            self._error(*wrong.args)
        except (ValueError, KeyError, TypeError) as error:
            self._error(400, "invalid_request", f"The request is not understood: {error}")
        except ConnectionError:
            self.close_connection = True

    def _answer(self, body: dict[str, Any]) -> None:
        if self.path != "/v1/chat/completions":
            raise WrongRequestError(404, "not_found", f"There is no {self.path}")
        if body["model"] != self.generator.name:
            raise WrongRequestError(404, "model_not_found", f"The model {body['model']!r} does not exist.")
        messages = [Message(each["role"], _text(each["content"])) for each in body["messages"]]
        try:
            generation = self.generator.generate(messages, sampling_of(body))
        except HomegroundError as error:
            raise WrongRequestError(400, "context_length_exceeded", str(error)) from None
        try:
            self._stream(body, generation) if body.get("stream") else self._whole(body, generation)
        finally:
            generation.cancel()  # the client may have gone

    def _whole(self, body: dict[str, Any], generation: Generation) -> None:
        message = {"role": "assistant", "content": "".join(generation)}
        choice = {"index": 0, "message": message, "finish_reason": generation.finish}
        self._json(200, _frame(body, "chat.completion") | {"choices": [choice], "usage": _usage(generation)})

    def _stream(self, body: dict[str, Any], generation: Generation) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for data in (*self._chunks(body, generation), "[DONE]"):
            line = f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()
            self._chunk(line)
        self._chunk(b"")

    def _chunks(self, body: dict[str, Any], generation: Generation) -> Iterator[dict[str, Any]]:
        frame = _frame(body, "chat.completion.chunk")
        for piece in generation:
            yield frame | {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}
        yield frame | {"choices": [{"index": 0, "delta": {}, "finish_reason": generation.finish}]}
        if (body.get("stream_options") or {}).get("include_usage"):
            yield frame | {"choices": [], "usage": _usage(generation)}

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _error(self, status: int, code: str, words: str) -> None:
        self._json(status, {"error": {"message": words, "type": "invalid_request_error", "code": code}})

    def _json(self, status: int, value: dict[str, Any]) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def _frame(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-tiny", "object": kind, "created": int(time.time()), "model": body["model"]}


def _usage(generation: Generation) -> dict[str, Any]:
    read, written = generation.usage.input_tokens, generation.usage.output_tokens
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def main(folder: str) -> None:
    Handler.generator = load_generator(folder, LocalSettings())
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        print(f"http://127.0.0.1:{server.server_address[1]}/v1#{Handler.generator.name}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
