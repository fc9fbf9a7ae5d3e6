"""Requests that another site makes a browser send: refused wherever the browser's own word would be enough to act.

A bearer token is never sent by itself, so that none of this concerns it. With a session, a request that changes
something comes from our own page and shows the session's CSRF token; without people, from our own page or no browser.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from fastapi import Request

from homeground.serve.errors import ForbiddenError

SESSION = "homeground_session"
SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_ELSEWHERE = "This request comes from another site, or from a page that is out of date. Load the page again."


def session_cookie(request: Request) -> str:
    """The name of the session's cookie: over TLS one that no other host of the domain can set."""
    return f"__Host-{SESSION}" if request.url.scheme == "https" else SESSION


def token_for(request: Request) -> str:
    """The CSRF token of the request's session, for its pages; empty without a session."""
    secret = request.cookies.get(session_cookie(request), "")
    return _derived(secret) if secret else ""


def _derived(secret: str) -> str:
    return hmac.new(secret.encode("utf-8", "replace"), b"csrf", hashlib.sha256).hexdigest()


def check_site(request: Request) -> None:
    """ForbiddenError when a browser says that another site made it send this."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise ForbiddenError(_ELSEWHERE)
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise ForbiddenError(_ELSEWHERE)


def check_token(request: Request, shown: str | None) -> None:
    """ForbiddenError when what was shown is not the CSRF token of the request's session."""
    wanted = token_for(request)
    if not wanted or not shown or not hmac.compare_digest(wanted, shown.encode("ascii", "replace").decode()):
        raise ForbiddenError(_ELSEWHERE)
