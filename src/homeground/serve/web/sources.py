"""Sources: where documents come from, read now, added and taken out; and documents of them that syncs leave out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from homeground.access.caller import Caller
from homeground.catalogue.kept import last_reads
from homeground.errors import ConfigError
from homeground.serve import tasks
from homeground.serve.api import forms
from homeground.serve.api import jobs as api_jobs
from homeground.serve.api import sources as api
from homeground.serve.callers import Administering, Here, Writing
from homeground.serve.service import Service
from homeground.serve.web.look import is_part, listed, show

router = APIRouter(include_in_schema=False)
Field = Annotated[str, Form(max_length=4096)]


@dataclass(frozen=True, slots=True)
class Listed:
    """A source as its owners see it. ``read_at``: when a file of it was read last; ``uploads``: what people hand in,
    which has no end while there are files."""

    name: str
    root: str
    allow: tuple[str, ...]
    deny: tuple[str, ...]
    permissions: str
    documents: int
    read_at: datetime | None
    uploads: bool


@router.get("/sources")
def sources(request: Request, caller: Administering, here: Here) -> Response:
    """The list anew, for the page that shows it."""
    if not is_part(request):
        return RedirectResponse("/documents#source-list", 303)
    return show(request, "_sources.html", caller, **card(here, caller))


def card(here: Service, caller: Caller) -> dict[str, Any]:
    """What the card of the sources shows; nothing of it to whoever is no owner."""
    if not caller.may("admin"):
        return {"listed": [], "left_out": [], "looked_at": None}
    space = here.workspace
    synced = space.catalogue.facts("synced_at").get("synced_at")
    return {
        "listed": _listed(here, caller),
        "left_out": space.removed_documents(caller.principal),
        "looked_at": datetime.fromisoformat(synced).astimezone(UTC) if synced else None,
    }


def _listed(here: Service, caller: Caller) -> list[Listed]:
    space = here.workspace
    known = {each.name: each for each in space.catalogue.sources()}
    with space.catalogue.reading() as connection:
        read = last_reads(connection)
    return [
        Listed(
            each.name,
            each.root,
            tuple(sorted(source.grants)),
            tuple(sorted(source.deny)),
            source.permissions,
            each.documents,
            read.get(source.id),
            source.root == space.uploads.folder,
        )
        for each in space.sources(caller.principal)
        if (source := known.get(each.name))
    ]


# -- Work in the background -----------------------------------------------------------------------


@router.post("/sources/read")
def read_now(request: Request, caller: Writing, here: Here) -> Response:
    """Reads what is new or changed."""
    return _follow(request, caller, api_jobs.sync(caller, here))


@router.post("/sources/add")
def add(request: Request, caller: Administering, here: Here, path: Field, access: Field, name: Field = "") -> Response:
    """Adds a folder, file or pattern of the server's machine, and reads it."""
    try:
        wanted = forms.NewSource(path=path.strip(), name=name.strip() or None, access=listed(access), label=None)
    except ValidationError as error:
        raise ConfigError("; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors())) from None
    return _follow(request, caller, api.add(wanted, caller, here))


@router.post("/sources/remove")
def remove(request: Request, caller: Administering, here: Here, name: Field) -> Response:
    """Takes a source out; its files stay."""
    return _follow(request, caller, api.remove(name, caller, here))


@router.post("/sources/restore")
def restore(request: Request, caller: Administering, here: Here, name: Field) -> Response:
    """Takes a document back that was taken out, and reads it."""
    here.workspace.restore_document(name, caller.principal)
    return _follow(request, caller, api_jobs.job_form(here.jobs.submit(tasks.SYNC, caller.principal.key), caller))


def _follow(request: Request, caller: Caller, job: dict[str, Any]) -> Response:
    """The job, which goes on telling how far it is; a whole page shows it as long as it runs."""
    if not is_part(request):
        return RedirectResponse("/documents", 303)
    return show(request, "_job.html", caller, job=job)
