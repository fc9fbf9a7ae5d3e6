"""Requests made up from the descriptions of the API and of /v1: whatever comes, the service answers by no fault.

The API answers as it describes itself. /v1 tells errors as OpenAI does, which no description of its own says; it is
fuzzed once as it comes, when most requests name a model that is not there, and once with a model that is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.routing import Mount

from homeground import Workspace
from homeground.access.caller import ROLES, Caller
from homeground.serve import callers
from homeground.serve.app import create_app

EXAMPLES = 4  # of each operation, valid ones and as many invalid ones
STORMS = {"/api/models/swap", "/api/models/swap/back", "/api/models/swap/drop", "/api/sync"}  # begin long work
REPORT = "company/finance/annual-report-2025.pdf"
KNOWN = {  # made-up names find nothing: every other request names what is there
    "/api/document": {"name": REPORT},
    "/api/document/revisions": {"name": REPORT},
    "/api/document/compare": {"name": REPORT},
    "/api/page": {"citation": f"{REPORT}#p5:391-425"},
    "/api/page/picture": {"citation": f"{REPORT}#p5:391-425"},
    "/api/documents": {"source": "company"},
    "/api/source": {"name": "closed"},
    "/api/access": {"target": REPORT},
    "/api/access/explain": {"document": REPORT, "who": "ann,hr"},
}
QUESTION = "How many days of annual leave does a full-time employee have?"
ASKED = {  # for every other request to /v1: made-up messages hold no question
    "/chat/completions": {"messages": [{"role": "user", "content": QUESTION}]},
    "/responses": {"input": QUESTION},
    "/embeddings": {"input": [QUESTION]},
}
KEPT = {"stream", "stream_options", "store", "user"}  # of what is made up, so that those are answered
MORE = KEPT | {"homeground", "tools", "tool_choice", "metadata", "instructions"}  # so that some may be
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def schema(workspace: Workspace) -> Iterator[schemathesis.BaseSchema]:
    """The service's own description, for an owner who stays one, whoever is added or removed on the way."""
    yield schemathesis.openapi.from_asgi("/api/openapi.json", _app(workspace))
    asgi.shutdown_lifespans()


@pytest.fixture
def openai(workspace: Workspace) -> Iterator[schemathesis.BaseSchema]:
    """What /v1 says of itself, for the same owner."""
    yield schemathesis.openapi.from_asgi("/v1/openapi.json", _app(workspace))
    asgi.shutdown_lifespans()


def _app(workspace: Workspace) -> FastAPI:
    serving = replace(workspace.settings.serve, hosts=("testserver",), rate_per_minute=0)
    app, owner = create_app(workspace, serving), Caller(workspace.owner, "owner", ROLES["owner"], "local")
    mounted = next(each.app for each in app.routes if isinstance(each, Mount) and each.path == "/v1")
    for each in (app, mounted):
        each.dependency_overrides[callers.caller_of] = lambda: owner
    return app


def test_what_is_there_is_answered_as_described(schema: schemathesis.BaseSchema) -> None:
    question = {"body": {"question": "How heavy is the Heron 300?"}, "media_type": "application/json"}
    lists: tuple[str, ...] = ("documents", "sources", "models", "status", "conversations", "audit", "people", "jobs")
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "search", question),
        ("POST", "ask", question),
        ("POST", "sync", {}),
        ("GET", "document", {"query": {"name": REPORT}}),
        ("GET", "document/revisions", {"query": {"name": REPORT}}),
        ("GET", "page", {"query": {"citation": f"{REPORT}#p5:391-425"}}),
        *(("GET", path, {}) for path in lists),
    ]
    for method, path, what in asked:
        response = schema[f"/api/{path}"][method].Case(**what).call_and_validate(checks=CHECKS)
        assert response.status_code in (200, 202), path


def test_no_request_of_the_description_makes_the_service_fail(schema: schemathesis.BaseSchema) -> None:
    tried: Counter[str] = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in schemathesis.GenerationMode:
            with suppress(Unsatisfiable):  # a request that takes nothing has nothing wrong to say
                tried[operation.path] += requests_tried(operation, mode)
    assert set(tried) == set(schema.raw_schema["paths"])
    assert {"/api/people", "/api/tokens", "/api/access", "/api/documents/{name}", "/api/audit/erase"} <= set(tried)
    assert tried.total() > 200


@pytest.mark.parametrize("model", [None, "homeground"])
def test_no_request_to_v1_makes_the_service_fail(openai: schemathesis.BaseSchema, model: str | None) -> None:
    answered: dict[str, Counter[int]] = {}
    for found in openai.get_all_operations():
        operation, statuses = found.ok(), Counter[int]()
        for mode in schemathesis.GenerationMode:
            with suppress(Unsatisfiable):
                statuses += _v1_tried(operation, mode, model)
        answered[operation.path] = statuses
    assert set(answered) == {"/models", "/models/{model}", *ASKED}
    assert all(len(each) > 1 for path, each in answered.items() if path in ASKED), answered
    got_in = {path for path, each in answered.items() if each[200]}
    assert got_in == (set(answered) if model else {"/models"}), answered


def _v1_tried(
    operation: schemathesis.APIOperation, mode: schemathesis.GenerationMode, model: str | None
) -> Counter[int]:
    """Sends made-up requests; returns the statuses of their answers, none a fault, each error in OpenAI's form."""
    statuses: Counter[int] = Counter()

    def send(case: schemathesis.Case) -> None:
        if model and "model" in case.path_parameters:
            case.path_parameters["model"] = model
        if model and isinstance(case.body, dict):
            if statuses.total() % 2 and mode is schemathesis.GenerationMode.POSITIVE:
                kept = MORE if statuses.total() % 4 == 3 else KEPT
                case.body = {key: value for key, value in case.body.items() if key in kept} | ASKED[operation.path]
            case.body["model"] = model
        response = case.call_and_validate(checks=[not_a_server_error])
        statuses[response.status_code] += 1
        if response.status_code >= 400 and response.status_code != 405:
            assert set(response.json()["error"]) == {"message", "type", "code", "param"}, response.text

    _each_made_up(operation, mode, 2 * EXAMPLES, send)
    return statuses


def requests_tried(operation: schemathesis.APIOperation, mode: schemathesis.GenerationMode) -> int:
    """Sends made-up requests; returns how many, each answered as described."""
    sent = []

    def send(case: schemathesis.Case) -> None:
        sent.append(case)
        if len(sent) % 2 and mode is schemathesis.GenerationMode.POSITIVE:
            case.query |= KNOWN.get(operation.path, {})
        case.call_and_validate(checks=CHECKS)

    _each_made_up(operation, mode, 2 if operation.path in STORMS else EXAMPLES, send)
    return len(sent)


def _each_made_up(
    operation: schemathesis.APIOperation,
    mode: schemathesis.GenerationMode,
    examples: int,
    send: Callable[[schemathesis.Case], None],
) -> None:
    """Calls ``send`` with so many requests, valid ones or invalid ones, always the same."""

    @seed(4)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def each(case: schemathesis.Case) -> None:
        send(case)

    each()
