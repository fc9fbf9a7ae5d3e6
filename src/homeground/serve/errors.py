"""Every error of the native API in one form: application/problem+json (RFC 9457) with a code and the request's id.

{"type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found", "detail": "…", "request": "…"}
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse

from homeground import errors
from homeground.errors import HomegroundError
from homeground.pathless import pathless


class UnauthenticatedError(HomegroundError):
    """The request does not say who asks, or what it says does not hold."""


class ForbiddenError(HomegroundError):
    """The caller may not do this."""


class BusyError(HomegroundError):
    """Too much is asked at once; ``retry_after`` says in how many seconds to come back."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


_log = logging.getLogger("homeground.serve")

MEDIA_TYPE = "application/problem+json"
# The first class that fits, from the special to the general, gives the status and the code.
STATUS: tuple[tuple[type[HomegroundError], int, str], ...] = (
    (UnauthenticatedError, 401, "unauthenticated"),
    (ForbiddenError, 403, "forbidden"),
    (errors.DeniedError, 403, "forbidden"),
    (BusyError, 429, "busy"),
    (errors.NotFoundError, 404, "not_found"),
    (errors.ConfigError, 422, "invalid"),
    (errors.LockedError, 409, "locked"),
    (errors.ReadError, 422, "unreadable"),
    (errors.BudgetError, 402, "budget"),
    (errors.EgressError, 403, "egress"),
    (errors.RemoteError, 502, "remote"),
    (errors.ModelError, 503, "model"),
    (errors.StorageError, 507, "storage"),
    (errors.AuditError, 409, "audit"),
    (errors.WorkspaceError, 503, "workspace"),
)


def status_of(error: HomegroundError) -> tuple[int, str]:
    """The HTTP status and the code of an error."""
    return next(((status, code) for kind, status, code in STATUS if isinstance(error, kind)), (400, "error"))


# What the framework and the routes refuse by its status alone.
_CODES = {
    400: "malformed",
    404: "not_found",
    405: "method",
    408: "slow",
    413: "too_large",
    415: "media_type",
}


def code_of(status: int) -> str:
    """The code of an error that is known by its HTTP status alone."""
    return _CODES.get(status, "http")


def problem(status: int, code: str, detail: str, request: str, **more: Any) -> JSONResponse:
    """The response that tells an error."""
    return JSONResponse(body_of(status, code, detail, request) | more, status, media_type=MEDIA_TYPE)


def body_of(status: int, code: str, detail: str, request: str) -> dict[str, Any]:
    """What tells an error, as JSON; no text in it can break its encoding."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code}
    return body | {"detail": detail.encode("utf-8", "backslashreplace").decode(), "request": request}


def words(error: HomegroundError, request: str = "") -> str:
    """What an error says over the network; what it says beside goes into the service's log."""
    text = pathless(error)
    if text != str(error):
        _log.warning("Request %s: %s", request, error)
    return text


def told(error: HomegroundError, request: str) -> JSONResponse:
    """The response for an error of homeground's own."""
    status, code = status_of(error)
    response = problem(status, code, words(error, request), request)
    if isinstance(error, BusyError):
        response.headers["Retry-After"] = str(error.retry_after)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
