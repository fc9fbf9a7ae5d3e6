"""Documents: which there are and in what state, one of them with all that is known of it, and its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from homeground.access.caller import Caller
from homeground.access.rules import AccessRule, speaking_of
from homeground.catalogue.kept import KeptFile, kept_file
from homeground.errors import NotFoundError
from homeground.serve import tasks
from homeground.serve.callers import Administering, Here, Reading, Writing
from homeground.serve.service import Service
from homeground.serve.web.look import is_part, listed, show
from homeground.types import Document

router = APIRouter(include_in_schema=False)
AT_ONCE = 50


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
    known = here.workspace.documents(caller.principal)
    found = _narrowed(known, wanted)
    template = "_documents.html" if is_part(request) else "documents.html"
    sources = sorted({each.source for each in known})
    limit = here.settings.body_mb
    return show(request, template, caller, found=found, wanted=wanted, total=len(known), sources=sources, body_mb=limit)


def state_of(document: Document) -> str:
    """Read, partly (some pages were not), or unread."""
    if document.problem:
        return "unread"
    return "partly" if document.unread_pages else "read"


def _narrowed(known: Sequence[Document], wanted: Wanted) -> Found:
    words = wanted.q.casefold().split()
    fitting = [
        each
        for each in known
        if (not wanted.source or each.source == wanted.source)
        and (not wanted.state or wanted.state == state_of(each) or (wanted.state == "flagged" and bool(each.flags)))
        and all(word in f"{each.name} {each.title}".casefold() for word in words)
    ]
    start = (wanted.page - 1) * AT_ONCE
    return Found(tuple(fitting[start : start + AT_ONCE]), len(fitting), max(1, ceil(len(fitting) / AT_ONCE)))


# -- One document ---------------------------------------------------------------------------------


@router.get("/documents/one")
def document(request: Request, caller: Reading, here: Here, name: str) -> HTMLResponse:
    """All that is known of one document."""
    found = _found(here, caller, name)
    return show(
        request,
        "document.html",
        caller,
        document=found,
        state=state_of(found),
        source=next(
            (each for each in here.workspace.status(caller.principal).sources if each.name == found.source), None
        ),
        kept=_kept(here, found),
        rules=_rules(here, caller, found.name),
        revisions=here.workspace.revisions(found.name, caller.principal),
        keep=here.workspace.settings.revisions.keep,
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
    found = next((each for each in here.workspace.documents(caller.principal) if each.name == name), None)
    if found is None:
        raise NotFoundError(f"There is no document {name!r}.")
    return found
