"""Documents: what there is, its pages as text and as pictures, and taking documents out."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from homeground.ingest.uploads import FOLDER
from homeground.serve import shown, tasks
from homeground.serve.api import forms
from homeground.serve.api.cursors import Cursor, cursor_of, place_of
from homeground.serve.api.jobs import job_form
from homeground.serve.callers import Here, Reading, Writing
from homeground.serve.work import admitted
from homeground.types import Document, DocumentFilter, DocumentState

router = APIRouter(tags=["documents"])
NameQuery = Annotated[forms.Name, Query(description="The document's name, as the list has it.")]
CitationQuery = Annotated[
    forms.CitationText, Query(description="A citation: DOCUMENT, DOCUMENT#pPAGE, or DOCUMENT@REVISION#pPAGE:START-END.")
]


@router.get("/documents", response_model=forms.Documents)
def documents(
    caller: Reading,
    here: Here,
    name: Annotated[forms.Word | None, Query(description="What the name or the title contains.")] = None,
    source: Annotated[forms.Name | None, Query(description="Only documents of this source.")] = None,
    state: Annotated[DocumentState | None, Query(description="Only documents in this state.")] = None,
    flagged: Annotated[bool | None, Query(description="Only documents with (or without) flags.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """The documents that the caller may read, by name."""
    wanted = DocumentFilter((name,) if name else (), source, state, flagged)
    found = here.workspace.find_documents(caller.principal, wanted, after=place_of(cursor) or "", limit=limit)
    return {
        "documents": [document_form(each) for each in found.documents],
        "next": cursor_of(found.documents[-1].name) if found.more else None,
    }


@router.get("/document", response_model=forms.DocumentPages)
def document(name: NameQuery, caller: Reading, here: Here) -> dict[str, Any]:
    """One document with its pages, and what of it was not read."""
    found, pages = here.workspace.document(name, caller.principal)
    told = [{"number": page.number, "label": page.label, "problem": page.problem} for page in pages]
    return document_form(found) | {"page_list": told}


@router.delete("/document", response_model=forms.Removed)
def remove(name: NameQuery, caller: Writing, here: Here) -> dict[str, Any]:
    """Take a document out, in force at once: the file of an upload is deleted, any other file stays where it is."""
    workspace = here.workspace
    if workspace.withdraw(name, caller.principal):
        job = here.jobs.submit(tasks.SYNC, caller.principal.key)
        return {"document": name, "job": job_form(job, caller)}
    workspace.remove_document(name, caller.principal)
    return {"document": name, "job": None}


@router.get("/page", response_model=forms.ShownPage)
def page(citation: CitationQuery, caller: Reading, here: Here) -> dict[str, Any]:
    """The text of the page that a citation names, and where the quote stands in it."""
    found = shown.page(here.workspace, citation, caller.principal)
    return {key: getattr(found, key) for key in forms.ShownPage.model_fields}


@router.get(
    "/page/picture",
    response_class=Response,
    responses={200: {"description": "The page, with the quote marked.", "content": {"image/png": {}}}},
)
async def picture(citation: CitationQuery, request: Request, caller: Reading, here: Here) -> Response:
    """The cited page of a PDF as a picture, with the quote marked; other files give an error, code `unreadable`."""
    work = partial(shown.picture, here.workspace, citation, caller.principal)
    png = await admitted(here, caller, work, request, counted=False, drawn=True)
    return Response(png, media_type="image/png", headers={"Cache-Control": "no-store"})


def document_form(found: Document) -> dict[str, Any]:
    """A document as the API sends it."""
    told = {key: getattr(found, key) for key in ("name", "title", "source", "revision", "media_type", "date")}
    told |= {"pages": found.pages, "passages": found.passages, "state": found.state, "problem": found.problem}
    told["unread_pages"] = [{"page": number, "problem": problem} for number, problem in found.unread_pages]
    told["flags"] = [
        {"page": flag.page, "start": flag.start, "end": flag.end, "kind": flag.kind} for flag in found.flags
    ]
    return told | {"uploaded": found.source == FOLDER}
