"""Documents: which there are and in what state, one of them with all that is known of it, and its end."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Annotated, Any, cast, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from homeground.access.caller import Caller
from homeground.access.rules import AccessRule, speaking_of
from homeground.catalogue.kept import KeptFile, kept_file
from homeground.ingest.uploads import FOLDER
from homeground.serve import tasks
from homeground.serve.callers import Administering, Here, Reading, Writing
from homeground.serve.service import Service
from homeground.serve.web import viewer
from homeground.serve.web.jobs import under_way
from homeground.serve.web.look import is_part, listed, show
from homeground.serve.web.readers import readers
from homeground.serve.web.sources import card
from homeground.types import Document, DocumentFilter, DocumentState

router = APIRouter(include_in_schema=False)
AT_ONCE = 50
PAGES_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to, and which page of it; ``state`` is read, partly, unread, flagged or all ("")."""

    q: str = ""
    source: str = ""
    state: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """One page of the list. ``total`` documents fit; ``pages`` is how many pages of the list there are."""

    documents: tuple[Document, ...]
    total: int
    pages: int


@router.get("/documents")
def documents(
    request: Request,
    caller: Reading,
    here: Here,
    q: Annotated[str, Query(max_length=500)] = "",
    source: Annotated[str, Query(max_length=1000)] = "",
    state: Annotated[str, Query(max_length=10)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> HTMLResponse:
    """The list, narrowed; or only its rows, while the visitor types."""
    wanted = Wanted(q, source, state, page)
    found = _narrowed(here, caller, wanted)
    known = here.workspace.sources(caller.principal)
    total, sources = sum(each.documents for each in known), [each.name for each in known]
    narrowed: dict[str, Any] = {"found": found, "wanted": wanted, "total": total, "sources": sources}
    if is_part(request):
        return show(request, "_documents.html", caller, **narrowed)
    return show(
        request,
        "documents.html",
        caller,
        **narrowed,
        **card(here, caller),
        body_mb=here.settings.body_mb,
        readers=readers(here, caller) if caller.may("write") else None,
        job=under_way(here, caller),
    )


def _narrowed(here: Service, caller: Caller, wanted: Wanted) -> Found:
    state = cast(DocumentState, wanted.state) if wanted.state in get_args(DocumentState) else None
    flagged = True if wanted.state == "flagged" else None
    fitting = DocumentFilter(tuple(wanted.q.split()), wanted.source or None, state, flagged)
    skip = (wanted.page - 1) * AT_ONCE
    found = here.workspace.find_documents(caller.principal, fitting, skip=skip, limit=AT_ONCE)
    return Found(found.documents, found.total, max(1, ceil(found.total / AT_ONCE)))


# -- One document ---------------------------------------------------------------------------------


@router.get("/documents/one")
def document(
    request: Request,
    caller: Reading,
    here: Here,
    name: str,
    first: Annotated[int, Query(ge=1, le=10_000_000)] = 1,
) -> HTMLResponse:
    """All that is known of one document; or only its list of pages, from the ``first`` on."""
    found = _found(here, caller, name)
    first = min(first, max(1, found.pages))
    shown: dict[str, Any] = {"document": found, "first": first, "last": min(first + PAGES_AT_ONCE - 1, found.pages)}
    if is_part(request):
        return show(request, "_pages.html", caller, **shown, at_once=PAGES_AT_ONCE)
    return show(
        request,
        "document.html",
        caller,
        **shown,
        at_once=PAGES_AT_ONCE,
        state=found.state,
        uploaded=found.source == FOLDER,
        source=next(
            (each for each in here.workspace.status(caller.principal).sources if each.name == found.source), None
        ),
        kept=_kept(here, found),
        rules=_rules(here, caller, found.name),
        revisions=here.workspace.revisions(found.name, caller.principal),
        keep=here.workspace.settings.revisions.keep,
    )


@router.get("/documents/page")
def go_to(
    request: Request, caller: Reading, here: Here, name: str, page: Annotated[int, Query(ge=1, le=10_000_000)]
) -> Response:
    """Opens a page by its number."""
    found = _found(here, caller, name)
    at = f"{found.name}@{found.revision[:12]}#p{page}"
    return (
        viewer.page(request, caller, here, at)
        if is_part(request)
        else RedirectResponse(f"/page?{urlencode({'at': at})}", 303)
    )


@router.post("/documents/rule")
def set_rule(
    request: Request,
    caller: Administering,
    here: Here,
    name: Annotated[str, Form()],
    allow: Annotated[str, Form(max_length=2000)] = "",
    deny: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Says who may read a document; with neither list, what lies above decides."""
    found, space = _found(here, caller, name), here.workspace
    if allow.strip() or deny.strip():
        space.set_access(found.name, allow=listed(allow), deny=listed(deny), principal=caller.principal)
    elif any(each.kind == "document" for each in _rules(here, caller, found.name)):
        space.clear_access(found.name, principal=caller.principal)
    if not is_part(request):
        return RedirectResponse(f"/documents/one?{urlencode({'name': found.name})}", 303)
    return show(request, "_readers.html", caller, document=found, rules=_rules(here, caller, found.name))


def _rules(here: Service, caller: Caller, name: str) -> list[AccessRule]:
    """The rules that speak of the document, for owners."""
    return speaking_of(here.workspace.catalogue, name, caller.principal) if caller.may("admin") else []


@router.post("/documents/access")
def explain(
    request: Request,
    caller: Administering,
    here: Here,
    name: Annotated[str, Form()],
    who: Annotated[str, Form(max_length=500)],
) -> HTMLResponse:
    """Whether somebody may read a document, and why."""
    found = _found(here, caller, name)
    space = here.workspace
    explained = space.explain_access(space.person(who), found.name, caller.principal)
    return show(request, "_explained.html", caller, who=who, explained=explained)


@router.post("/documents/delete")
def delete(request: Request, caller: Writing, here: Here, name: Annotated[str, Form()]) -> Response:
    """Takes a document out: its text is gone when this returns, and no sync brings it back."""
    found = _found(here, caller, name)
    if here.workspace.withdraw(found.name, caller.principal):
        here.jobs.submit(tasks.SYNC, caller.principal.key)
    else:
        here.workspace.remove_document(found.name, caller.principal)
    if is_part(request):
        return Response(headers={"HX-Redirect": "/documents"})
    return RedirectResponse("/documents", 303)


def _kept(here: Service, document: Document) -> KeptFile | None:
    with here.workspace.catalogue.reading() as connection:
        return kept_file(connection, document.id)


def _found(here: Service, caller: Caller, name: str) -> Document:
    """The document, if the visitor may read it; absent and forbidden read the same."""
    return here.workspace.document(name, caller.principal)[0]
