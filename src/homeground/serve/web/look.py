"""From values to a page: the templates, and what all of them may use.

Everything is escaped (autoescape is on for every template and nothing is marked as safe), no template holds a script or
a style, and the policy that goes with each page lets the browser run nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from homeground.access.caller import Caller, Permission
from homeground.serve import csrf
from homeground.serve.service import service_of
from homeground.serve.web.packing import VARY, packed
from homeground.serve.web.static import address
from homeground.serve.web.texts import LANGUAGES, Texts, texts_for
from homeground.types import Citation

# See serve/headers.py for what every response carries.
HEADERS = {"Vary": f"HX-Request, Cookie, Accept-Language, {VARY}"}


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds every page: who looks at it, from where, and what the service offers them."""

    request: Request
    texts: Texts
    caller: Caller | None

    @property
    def path(self) -> str:
        """The path of the page."""
        return str(self.request.url.path)

    @property
    def here(self) -> str:
        """The page with its query, to come back to."""
        query = self.request.url.query
        return f"{self.path}?{query}" if query else self.path

    @property
    def csrf(self) -> str:
        """The token that a form must carry; empty when none is needed."""
        return csrf.token_for(self.request)

    @property
    def sso(self) -> bool:
        """Whether people may sign in with their company's account."""
        return service_of(self.request).sso is not None

    def may(self, permission: Permission) -> bool:
        """Whether the visitor may do such things."""
        return self.caller is not None and self.caller.may(permission)


def show(
    request: Request,
    template: str,
    caller: Caller | None = None,
    *,
    http_status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """A page, or a part of one, as the template makes it."""
    body, how = packed(request, piece(request, template, caller, **values))
    return HTMLResponse(body, http_status, headers=HEADERS | how | dict(headers or {}))


def piece(request: Request, template: str, caller: Caller | None = None, **values: Any) -> str:
    """The HTML of a template."""
    texts = texts_for(request)
    frame = Frame(request, texts, caller)
    shared = {"frame": frame, "_": texts, "count": texts.count, "day": texts.day, "moment": texts.moment}
    return environment().get_template(template).render(**shared, **values)


def is_part(request: Request) -> bool:
    """Whether the page asks for a part of itself rather than for a whole page."""
    return request.headers.get("hx-request") == "true"


def listed(field: str) -> list[str]:
    """What a field of a form lists, with commas between."""
    return [each for each in (part.strip() for part in field.split(",")) if each]


@cache
def environment() -> Environment:
    """The templates, read and compiled once."""
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "size": size,
        "number": "{:,}".format,
        "query": urlencode,
        "address": cite_address,
        "kind": kind,
    }
    found.filters |= filters
    found.globals |= {"static": address, "languages": LANGUAGES}
    return found


def size(value: float) -> str:
    """So many bytes, in words."""
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:,.0f} {unit}" if unit == "bytes" or value >= 10 else f"{value:,.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} GB"


_KINDS = {
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
    "message/rfc822": "E-mail",
    "text/html": "HTML",
    "text/markdown": "Markdown",
    "text/plain": "Text",
    "text/csv": "CSV",
}


def kind(media_type: str) -> str:
    """What people call a media type; the type itself where they do not."""
    return _KINDS.get(media_type, media_type)


def cite_address(citation: Citation) -> str:
    """The query that opens the page behind a citation."""
    return urlencode({"at": str(citation)})
