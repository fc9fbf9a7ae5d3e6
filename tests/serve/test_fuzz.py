"""Requests made up from the description of the API: whatever comes, the service answers, and never with its own fault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.python import asgi

from homeground import Workspace
from homeground.serve.app import create_app

EXAMPLES = 8  # of each operation, valid and invalid ones
STORMS = {"/api/models/swap", "/api/models/swap/back", "/api/sync"}  # begin long work: three of each will do


@pytest.fixture
def schema(workspace: Workspace) -> Iterator[schemathesis.BaseSchema]:
    yield schemathesis.openapi.from_asgi("/api/openapi.json", create_app(workspace, workspace.settings.serve))
    asgi.shutdown_lifespans()


def test_no_request_of_the_description_makes_the_service_fail(schema: schemathesis.BaseSchema) -> None:
    tried: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()
        most = 3 if operation.path in STORMS else EXAMPLES
        for mode in schemathesis.GenerationMode:

            @seed(4)
            @settings(
                max_examples=most,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def each(case: schemathesis.Case) -> None:
                tried.append(operation.path)
                case.call_and_validate(checks=[not_a_server_error])

            with suppress(Unsatisfiable):  # a request that takes nothing has nothing wrong to say
                each()
    assert set(tried) == set(schema.raw_schema["paths"])
    assert len(tried) > 200
