"""Signing in, and the two things that a visitor may choose for themselves."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from homeground.serve.web.errors import local
from homeground.serve.web.look import show
from homeground.serve.web.texts import COOKIE, LANGUAGES

router = APIRouter(include_in_schema=False)
_YEAR = 365 * 86_400


@router.get("/login")
def login(request: Request, next: str = "/") -> HTMLResponse:
    """The form; it goes to POST /login."""
    return show(request, "login.html", error="", next=local(next))


@router.get("/language")
def language(request: Request, to: str, back: str = "/") -> Response:
    """Another language of the pages, kept in a cookie."""
    response = RedirectResponse(local(back), 303)
    if to in LANGUAGES:
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, to, max_age=_YEAR, httponly=True, samesite="lax", secure=secure)
    return response
