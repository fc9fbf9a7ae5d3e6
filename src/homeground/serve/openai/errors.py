"""Errors as OpenAI tells them: ``{"error": {"message": …, "type": …, "code": …, "param": …}}``."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from homeground.errors import HomegroundError
from homeground.serve.errors import BusyError, UnauthenticatedError, status_of, words
from homeground.serve.work import GoneError

DEFECT = "This is a defect of homeground. The service's log says more, under the id of the request."
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
_log = logging.getLogger("homeground.serve")


class UnsupportedError(HomegroundError):
    """The request asks for what is not done here; ``param`` is what asks for it."""

    def __init__(self, message: str, param: str, code: str = "unsupported_value") -> None:
        super().__init__(message)
        self.param, self.code = param, code


class UnknownModelError(HomegroundError):
    """No model of this name."""


def tell_errors(app: FastAPI) -> None:
    """Lets every error of the application be told in this form."""
    for kind in (HomegroundError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _tell)
    app.add_exception_handler(GoneError, _gone)


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=499)  # nobody hears of it


async def _tell(request: Request, error: Exception) -> Response:
    status, body = told(error, getattr(request.state, "id", ""))
    response = JSONResponse(body, status)
    if isinstance(error, BusyError):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, UnauthenticatedError):
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, HTTPException):
        response.headers.update(error.headers or {})
    return response


def told(error: BaseException, request: str) -> tuple[int, dict[str, Any]]:
    """The status of an error, and what tells it. Of what was not foreseen it says nothing but the request's id."""
    if isinstance(error, UnsupportedError):
        return 400, form(400, str(error), error.code, error.param)
    if isinstance(error, UnknownModelError):
        return 404, form(404, str(error), "model_not_found", "model")
    if isinstance(error, HomegroundError):
        status, code = status_of(error)
        status = 400 if status == 422 else status
        return status, form(status, words(error, request), _CODES.get(status, code), None)
    if isinstance(error, RequestValidationError):
        return 400, _invalid(error)
    if isinstance(error, HTTPException):
        return error.status_code, form(error.status_code, str(error.detail), None, None)
    _log.error("Request %s failed.", request, exc_info=error)
    return 500, form(500, f"{DEFECT} {request}".strip(), "defect", None)


def form(status: int, message: str, code: str | None, param: str | None) -> dict[str, Any]:
    """An error; no text in it can break its encoding."""
    kind = _TYPES.get(status) or ("invalid_request_error" if status < 500 else "server_error")
    plain = message.encode("utf-8", "backslashreplace").decode()
    return {"error": {"message": plain, "type": kind, "code": code, "param": param}}


def _invalid(error: RequestValidationError) -> dict[str, Any]:
    first = error.errors()[0]
    place = ".".join(str(each) for each in first["loc"] if each != "body")
    where = f"{place}: " if place else ""
    return form(400, f"{where}{first['msg']}", "invalid_value", place or None)
