"""Requests made up from the description of the API: whatever comes, the service answers as described, by no fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

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
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def schema(workspace: Workspace) -> Iterator[schemathesis.BaseSchema]:
    """The service's own description, for an owner who stays one, whoever is added or removed on the way."""
    serving = replace(workspace.settings.serve, hosts=("testserver",), rate_per_minute=0)
    app, owner = create_app(workspace, serving), Caller(workspace.owner, "owner", ROLES["owner"], "local")
    app.dependency_overrides[callers.caller_of] = lambda: owner
    yield schemathesis.openapi.from_asgi("/api/openapi.json", app)
    asgi.shutdown_lifespans()


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


def requests_tried(operation: schemathesis.APIOperation, mode: schemathesis.GenerationMode) -> int:
    """Sends made-up requests; returns how many, each answered as described."""
    sent = []

    @seed(4)
    @settings(
        max_examples=2 if operation.path in STORMS else EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def each(case: schemathesis.Case) -> None:
        sent.append(case)
        if len(sent) % 2 and mode is schemathesis.GenerationMode.POSITIVE:
            case.query |= KNOWN.get(operation.path, {})
        case.call_and_validate(checks=CHECKS)

    each()
    return len(sent)
