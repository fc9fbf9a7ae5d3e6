"""What goes wrong, as a page for people; the API keeps its own form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from homeground.access.caller import Caller
from homeground.errors import HomegroundError
from homeground.serve.callers import caller_of
from homeground.serve.errors import BusyError, UnauthenticatedError, status_of, words
from homeground.serve.web.look import is_part, show

Handler = Callable[[Request, Any], Awaitable[Response]]
_PROGRAMS = ("/api", "/v1", "/mcp", "/metrics", "/health", "/static")


def wants_page(request: Request) -> bool:
    """Whether a person with a browser asks, and not a program."""
    path = request.url.path
    for_programs = any(path == each or path.startswith(f"{each}/") for each in _PROGRAMS)
    return not for_programs and "text/html" in request.headers.get("accept", "")


def tell_people(app: FastAPI) -> None:
    """Puts pages in front of the handlers that the application has: those keep answering programs."""
    for kind in (HomegroundError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _for_people(app.exception_handlers.get(kind)))


def _for_people(otherwise: Any) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        if wants_page(request):
            return _page(request, error)
        if otherwise is None:
            raise error
        response: Response = await otherwise(request, error)
        return response

    return handle


def _page(request: Request, error: Exception) -> Response:
    if isinstance(error, UnauthenticatedError) and request.url.path != "/login":
        return _to_login(request)
    status, detail, headers = _told(request, error)
    if request.url.path == "/login" and status < 500:
        back = local(request.query_params.get("next", "/"))
        return show(request, "login.html", http_status=status, headers=headers, error=detail, next=back)
    return error_page(request, status, detail, headers)


def error_page(request: Request, status: int, detail: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """A whole page, or a notice where a part of a page was asked for."""
    told = dict(headers or {})
    if is_part(request):
        told |= {"HX-Retarget": "#notices", "HX-Reswap": "innerHTML"}
        return show(request, "_notice.html", http_status=status, headers=told, text=detail, code=status)
    return show(request, "error.html", _known(request), http_status=status, headers=told, code=status, detail=detail)


def _told(request: Request, error: Exception) -> tuple[int, str, dict[str, str]]:
    """Status, words and headers. Of what was not foreseen, and of what only a program could mend, no words."""
    if isinstance(error, BusyError):
        return 429, str(error), {"Retry-After": str(error.retry_after)}
    if isinstance(error, HomegroundError):
        return status_of(error)[0], words(error, request.state.id), {}
    if isinstance(error, HTTPException):
        return error.status_code, "", dict(error.headers or {})
    return (422, "", {}) if isinstance(error, RequestValidationError) else (500, "", {})


def _known(request: Request) -> Caller | None:
    try:
        return caller_of(request)
    except HomegroundError:
        return None


# -- To the login and back ----------------------------------------------------------------------


def _to_login(request: Request) -> Response:
    if is_part(request) or request.method != "GET":
        at = urlsplit(request.headers.get("hx-current-url", ""))
        back = local(f"{at.path}?{at.query}" if at.query else at.path)
        if is_part(request):
            return Response(status_code=401, headers={"HX-Redirect": f"/login?{urlencode({'next': back})}"})
    else:
        back = local(f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path)
    return RedirectResponse(f"/login?{urlencode({'next': back})}", 303)


def local(address: str) -> str:
    """An address on this service; the first page for any other, so that nobody is sent elsewhere."""
    plain = address.isprintable() and "\\" not in address
    return address if plain and address.startswith("/") and not address.startswith("//") else "/"
