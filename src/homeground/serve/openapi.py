"""The description of the API: every error of every route in its one form, the subjects in the order of the guide."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from homeground.serve.api.forms import Problem
from homeground.serve.errors import MEDIA_TYPE

TAGS = (
    ("ask", "Searching and asking"),
    ("documents", "Documents, their pages, and handing in files"),
    ("sources", "Where documents come from"),
    ("access", "Who may read what"),
    ("jobs", "Long work in the background"),
    ("models", "Which models do what"),
    ("conversations", "What was asked before"),
    ("feedback", "What people say of answers"),
    ("people", "People, their tokens and sessions"),
    ("audit", "Who asked what, and what was shown"),
    ("status", "How things are"),
)
ALWAYS = {
    "400": "The request cannot be read.",
    "401": "The request does not say who asks, or what it says does not hold.",
    "403": "The caller may not do this.",
    "404": "What is named is not there, or not readable: the two read the same.",
    "408": "The request came too slowly.",
    "409": "Another process is at it, or the audit log does not verify.",
    "413": "The body is too large.",
    "414": "The address is too long.",
    "421": "The service is not called so.",
    "422": "Something in the request is not as described; `wrong` or `detail` says what.",
    "429": "Too much is asked at once; `Retry-After` says in how many seconds to come back.",
    "431": "The request has too many headers, or too long ones.",
    "500": "A defect of homeground; the service's log says more, under the id of the request.",
    "503": "A model or the workspace cannot be used now.",
    "507": "The disk refused a write.",
}
_OPEN = frozenset({"/api/health", "/api/ready"})  # nobody is asked who they are
_SECURITY: dict[str, Any] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token: `homeground tokens create`, or POST /api/tokens.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "homeground_session",
        "description": "What POST /login sets; whatever changes something needs the header X-CSRF-Token as well.",
    },
}
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
_EXAMPLE = {
    "type": "about:blank",
    "title": "Not Found",
    "status": 404,
    "code": "not_found",
    "detail": "There is no source named 'contracts'. `homeground status` lists the sources.",
    "request": "9f2c0a6b1d3e4f50",
    "wrong": [],
}


def describe(app: FastAPI) -> None:
    """Makes the application describe itself so."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_tags = [{"name": name, "description": text} for name, text in TAGS]
            app.openapi_schema = _with_errors(plain())
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _with_errors(schema: dict[str, Any]) -> dict[str, Any]:
    parts = schema.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    parts |= problem.pop("$defs", {}) | {"Problem": problem}
    for name in ("HTTPValidationError", "ValidationError"):
        parts.pop(name, None)
    schema["components"]["securitySchemes"] = _SECURITY
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if method in _METHODS and path.startswith("/api/"):
                operation["security"] = [{}] if path in _OPEN else [{"token": []}, {"session": []}, {}]
                operation["responses"] |= {status: _problem(text) for status, text in ALWAYS.items()}
    return schema


def _problem(description: str) -> dict[str, Any]:
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": _EXAMPLE}
    return {"description": description, "content": {MEDIA_TYPE: content}}
