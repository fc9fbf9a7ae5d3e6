"""The page behind a citation: its picture with the quote marked where it is a PDF, and its text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from homeground.answer.address import Address, parse_address
from homeground.errors import NotFoundError
from homeground.serve import shown
from homeground.serve.callers import Here, Reading
from homeground.serve.service import Service
from homeground.serve.web.look import HEADERS, is_part, show
from homeground.serve.work import admitted
from homeground.types import Principal, ShownPage

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class View:
    """A page with its text in three: before the quote, the quote (empty when there is none), and after it.

    ``at`` is its citation; ``earlier`` and ``later`` are those of its neighbours, None at the ends.
    """

    page: ShownPage
    at: str
    before: str
    quote: str
    after: str
    drawn: bool
    earlier: str | None
    later: str | None


@router.get("/page")
def page(request: Request, caller: Reading, here: Here, at: str) -> HTMLResponse:
    """Beside the answer, or as a page of its own."""
    template = "_viewer.html" if is_part(request) else "page.html"
    return show(request, template, caller, view=_view(here, at, caller.principal))


@router.get("/page.png")
async def picture(request: Request, caller: Reading, here: Here, at: str) -> Response:
    """The page of a PDF file, the quote marked."""
    work = partial(shown.picture, here.workspace, at, caller.principal)
    png = await admitted(here, caller, work, request, counted=False, drawn=True)
    return Response(png, media_type="image/png", headers=HEADERS)


def _view(here: Service, at: str, principal: Principal) -> View:
    found = shown.page(here.workspace, at, principal)
    asked = replace(parse_address(at), revision=found.revision)
    return View(
        found,
        _written(asked),
        found.text[: found.start],
        found.text[found.start : found.end],
        found.text[found.end :],
        PurePath(found.document).suffix.lower() == ".pdf",
        _neighbour(here, asked, -1, principal),
        _neighbour(here, asked, 1, principal),
    )


def _neighbour(here: Service, address: Address, step: int, principal: Principal) -> str | None:
    beside = _written(replace(address, page=address.page + step, start=0, end=0))
    try:
        here.workspace.show(beside, principal)
    except NotFoundError:
        return None
    return beside


def _written(address: Address) -> str:
    span = f":{address.start}-{address.end}" if address.end else ""
    return f"{address.document}@{address.revision[:12]}#p{address.page}{span}"
