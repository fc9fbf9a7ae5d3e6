"""What providers say on the wire: their requests understood, their streams and errors written as they write them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

KEY = "sk-test-8d1f2c7b9a4e"


@dataclass(frozen=True)
class Asked:
    """A request as far as an answer depends on it; messages are (role, text)."""

    model: str
    messages: tuple[tuple[str, str], ...]
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None
    seed: int | None = None
    temperature: float | None = None


@dataclass(frozen=True)
class Told:
    """An answer: pieces of text, how it ends (stop, length, refused, tool), tokens read, written, read from a cache."""

    pieces: Sequence[str]
    end: str
    read: int
    written: int
    cached: int = 0


@dataclass(frozen=True)
class Fault:
    """An error answer: status, body, headers beside the usual."""

    status: int
    body: Any
    headers: tuple[tuple[str, str], ...] = ()


def sse(data: Any, event: str = "") -> bytes:
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()


def flat(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content or ())


class OpenAI:
    """Chat completions."""

    name, model = "openai", "gpt-4o-mini"

    def mine(self, path: str, query: dict[str, str]) -> bool:
        return path == "/v1/chat/completions"

    def authorised(self, headers: dict[str, str]) -> bool:
        return headers.get("authorization") == f"Bearer {KEY}"

    def understand(self, path: str, body: dict[str, Any]) -> Asked:
        assert body["stream"] is True and body["stream_options"] == {"include_usage": True}
        kind = body.get("response_format") or {}
        stop = body.get("stop") or []
        return Asked(
            body["model"],
            tuple((each["role"], flat(each["content"])) for each in body["messages"]),
            body.get("max_completion_tokens") or body.get("max_tokens"),
            tuple([stop] if isinstance(stop, str) else stop),
            kind["json_schema"]["schema"] if kind.get("type") == "json_schema" else None,
            body.get("seed"),
            body.get("temperature"),
        )

    def stream(self, asked: Asked, told: Told) -> Iterator[bytes]:
        ends = {"refused": "content_filter", "tool": "tool_calls"}
        yield self._chunk(asked, {"role": "assistant", "content": "", "refusal": None})
        for piece in told.pieces:
            yield self._chunk(asked, {"content": piece})
        if told.end == "tool":
            yield from (self._chunk(asked, {"tool_calls": [part]}) for part in self._tool())
        yield self._chunk(asked, {}, ends.get(told.end, told.end))
        yield self._usage(asked, told)
        yield sse("[DONE]")

    def _tool(self) -> list[dict[str, Any]]:
        function = {"name": "search", "arguments": ""}
        start = {"index": 0, "id": "call_1", "type": "function", "function": function}
        return [start, *({"index": 0, "function": {"arguments": part}} for part in ('{"query":', '"x"}'))]

    def _chunk(self, asked: Asked, delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return sse(self._frame(asked) | {"choices": [choice], "usage": None})

    def _usage(self, asked: Asked, told: Told) -> bytes:
        total = {
            "prompt_tokens": told.read,
            "completion_tokens": told.written,
            "total_tokens": told.read + told.written,
        }
        details = {"prompt_tokens_details": {"cached_tokens": told.cached, "audio_tokens": 0}}
        return sse(self._frame(asked) | {"choices": [], "usage": total | details})

    def _frame(self, asked: Asked) -> dict[str, Any]:
        known = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1790000000}
        return known | {"model": asked.model, "system_fingerprint": "fp_1"}

    def fault(self, kind: str, asked: Asked | None = None) -> Fault:
        code, words, sort = {
            "key": ("invalid_api_key", f"Incorrect API key provided: {KEY}.", "invalid_request_error"),
            "forbidden": ("unsupported_country", "Not available to you.", "request_forbidden"),
            "model": (
                "model_not_found",
                "The model does not exist or you do not have access.",
                "invalid_request_error",
            ),
            "long": (
                "context_length_exceeded",
                "This model's maximum context length is 8192.",
                "invalid_request_error",
            ),
            "rate": ("rate_limit_exceeded", "Rate limit reached for requests", "requests"),
            "quota": ("insufficient_quota", "You exceeded your current quota.", "insufficient_quota"),
            "server": (None, "The server had an error while processing your request.", "server_error"),
            "overloaded": (None, "The engine is currently overloaded.", "server_error"),
            "bad": ("unsupported_value", f"'temperature' does not support 0 ({KEY}).", "invalid_request_error"),
        }[kind]
        return Fault(STATUS[kind], {"error": {"message": words, "type": sort, "param": None, "code": code}})

    def refusal(self, asked: Asked) -> Fault | Told:
        return Told((), "refused", 9, 0)


class Azure(OpenAI):
    """The same below a deployment's path, with an api-version and a header of its own; filters answer with 400."""

    name, model = "azure", "gpt-4o-mini"

    def mine(self, path: str, query: dict[str, str]) -> bool:
        old = path == f"/openai/deployments/{self.model}/chat/completions" and query.get("api-version") == "2024-10-21"
        return old or path == "/openai/v1/chat/completions"

    def authorised(self, headers: dict[str, str]) -> bool:
        return headers.get("api-key") == KEY and "authorization" not in headers

    def fault(self, kind: str, asked: Asked | None = None) -> Fault:
        code, words = {
            "key": ("401", "Access denied due to invalid subscription key or wrong API endpoint."),
            "model": ("DeploymentNotFound", "The API deployment for this resource does not exist."),
            "rate": ("429", "Requests have exceeded the call rate limit."),
        }.get(kind, ("", ""))
        return Fault(STATUS[kind], {"error": {"code": code, "message": words}}) if code else super().fault(kind)

    def refusal(self, asked: Asked) -> Fault | Told:
        hate = {"hate": {"filtered": True, "severity": "high"}}
        inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": hate}
        words = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."
        return Fault(400, {"error": {"code": "content_filter", "message": words, "status": 400, "innererror": inner}})


class Server(OpenAI):
    """A server without keys, as Ollama or vLLM."""

    name, model = "server", "qwen3:4b"

    def authorised(self, headers: dict[str, str]) -> bool:
        return "authorization" not in headers


class Anthropic:
    """Messages."""

    name, model = "anthropic", "claude-haiku-4-5"

    def mine(self, path: str, query: dict[str, str]) -> bool:
        return path == "/v1/messages"

    def authorised(self, headers: dict[str, str]) -> bool:
        return headers.get("x-api-key") == KEY and bool(
            re.fullmatch(r"\d{4}-\d\d-\d\d", headers.get("anthropic-version", ""))
        )

    def understand(self, path: str, body: dict[str, Any]) -> Asked:
        assert body["stream"] is True
        system = [("system", flat(body["system"]))] if body.get("system") else []
        shape = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
        return Asked(
            body["model"],
            (*system, *((each["role"], flat(each["content"])) for each in body["messages"])),
            body["max_tokens"],
            tuple(body.get("stop_sequences") or ()),
            shape.get("schema"),
            None,
            body.get("temperature"),
        )

    def stream(self, asked: Asked, told: Told) -> Iterator[bytes]:
        fresh = told.read - told.cached
        used = {"input_tokens": fresh, "cache_creation_input_tokens": 0, "cache_read_input_tokens": told.cached}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": asked.model, "content": []}
        ending = {"stop_reason": None, "stop_sequence": None, "usage": used | {"output_tokens": 1}}
        yield self._event("message_start", message=message | ending)
        yield self._event("content_block_start", index=0, content_block={"type": "text", "text": ""})
        yield self._event("ping")
        for piece in told.pieces:
            yield self._event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
        yield self._event("content_block_stop", index=0)
        if told.end == "tool":
            tool = {"type": "tool_use", "id": "toolu_1", "name": "search", "input": {}}
            yield self._event("content_block_start", index=1, content_block=tool)
            part = {"type": "input_json_delta", "partial_json": '{"query": "x"}'}
            yield self._event("content_block_delta", index=1, delta=part)
            yield self._event("content_block_stop", index=1)
        ends = {"stop": "end_turn", "length": "max_tokens", "refused": "refusal", "tool": "tool_use"}
        delta = {"stop_reason": ends[told.end], "stop_sequence": None}
        yield self._event("message_delta", delta=delta, usage={"output_tokens": told.written})
        yield self._event("message_stop")

    def _event(self, kind: str, **fields: Any) -> bytes:
        return sse({"type": kind} | fields, kind)

    def fault(self, kind: str, asked: Asked | None = None) -> Fault:
        sort, words = {
            "key": ("authentication_error", "invalid x-api-key"),
            "forbidden": ("permission_error", "Your API key does not have permission to use this."),
            "model": ("not_found_error", f"model: {asked.model if asked else self.model}"),
            "long": ("invalid_request_error", "prompt is too long: 9000 tokens > 8192 maximum"),
            "rate": ("rate_limit_error", "This request would exceed your rate limit."),
            "quota": ("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
            "server": ("api_error", "Internal server error"),
            "overloaded": ("overloaded_error", "Overloaded"),
            "bad": ("invalid_request_error", f"temperature: not allowed ({KEY})"),
        }[kind]
        status = {"overloaded": 529, "quota": 400}.get(kind, STATUS[kind])
        return Fault(status, {"type": "error", "error": {"type": sort, "message": words}, "request_id": "req_1"})

    def refusal(self, asked: Asked) -> Fault | Told:
        return Told((), "refused", 9, 0)


class Google:
    """streamGenerateContent."""

    name, model = "google", "gemini-2.5-flash"

    def mine(self, path: str, query: dict[str, str]) -> bool:
        return path.startswith("/v1beta/models/") and path.endswith(":streamGenerateContent") and query["alt"] == "sse"

    def authorised(self, headers: dict[str, str]) -> bool:
        return headers.get("x-goog-api-key") == KEY

    def understand(self, path: str, body: dict[str, Any]) -> Asked:
        system = [("system", flat(body["systemInstruction"]["parts"]))] if body.get("systemInstruction") else []
        roles = {"model": "assistant"}
        said = [(roles.get(each["role"], each["role"]), flat(each["parts"])) for each in body["contents"]]
        how = body.get("generationConfig") or {}
        return Asked(
            path.rpartition("/")[2].partition(":")[0],
            (*system, *said),
            how.get("maxOutputTokens"),
            tuple(how.get("stopSequences") or ()),
            how.get("responseJsonSchema") or how.get("responseSchema"),
            how.get("seed"),
            how.get("temperature"),
        )

    def stream(self, asked: Asked, told: Told) -> Iterator[bytes]:
        for piece in told.pieces:
            yield self._chunk(asked, [{"text": piece}])
        tool = [{"functionCall": {"name": "search", "args": {"query": "x"}}}] if told.end == "tool" else [{"text": ""}]
        ends = {"stop": "STOP", "length": "MAX_TOKENS", "refused": "SAFETY", "tool": "STOP"}
        used = {"promptTokenCount": told.read, "candidatesTokenCount": told.written}
        used |= {"totalTokenCount": told.read + told.written} | (
            {"cachedContentTokenCount": told.cached} if told.cached else {}
        )
        yield self._chunk(asked, tool, finishReason=ends[told.end], usage=used)

    def _chunk(self, asked: Asked, parts: list[Any], usage: Any = None, **more: Any) -> bytes:
        candidate = {"content": {"parts": parts, "role": "model"}, "index": 0} | more
        extra = {"usageMetadata": usage} if usage else {}
        return sse({"candidates": [candidate], "modelVersion": asked.model, "responseId": "r1"} | extra)

    def fault(self, kind: str, asked: Asked | None = None) -> Fault:
        status, words = {
            "key": ("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
            "forbidden": ("PERMISSION_DENIED", "Generative Language API has not been used in this project."),
            "model": ("NOT_FOUND", "models/tiny is not found for API version v1beta."),
            "long": ("INVALID_ARGUMENT", "The input token count (9000) exceeds the maximum number of tokens allowed."),
            "rate": ("RESOURCE_EXHAUSTED", "You exceeded your current quota per minute."),
            "quota": ("RESOURCE_EXHAUSTED", "You exceeded your current quota."),
            "server": ("INTERNAL", "An internal error has occurred."),
            "overloaded": ("UNAVAILABLE", "The model is overloaded. Please try again later."),
            "bad": ("INVALID_ARGUMENT", f"temperature is out of range ({KEY})"),
        }[kind]
        number = {"key": 400}.get(kind, STATUS[kind])
        google = "type.googleapis.com/google.rpc."
        details = {
            "key": [{"@type": f"{google}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}],
            "quota": [
                {"@type": f"{google}QuotaFailure", "violations": [{"quotaId": "GenerateRequestsPerDayPerProject"}]}
            ],
        }.get(kind, [])
        return Fault(number, {"error": {"code": number, "message": words, "status": status, "details": details}})

    def refusal(self, asked: Asked) -> Fault | Told:
        return Told((), "refused", 9, 0)


STATUS = {
    "key": 401, "forbidden": 403, "model": 404, "long": 400, "rate": 429, "quota": 429, "server": 500,
    "overloaded": 503, "bad": 400,
}  # fmt: skip
PROTOCOLS = (OpenAI, Azure, Anthropic, Google, Server)
