"""Uploads: a file on the disk before it is acknowledged, and read by a job after."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from homeground.access.caller import Caller
from homeground.access.policy import check_grants
from homeground.catalogue import upload_rows
from homeground.errors import ConfigError
from homeground.ingest.uploads import Upload, document_name
from homeground.serve import tasks
from homeground.serve.api import forms
from homeground.serve.api.jobs import job_form
from homeground.serve.callers import Here, Writing
from homeground.serve.multipart import Received, receive, too_large
from homeground.serve.ruled import ruled
from homeground.serve.service import Service

router = APIRouter(tags=["documents"])
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Any text of your own. The same request again under the same key, within a day, changes nothing.",
    ),
]
_SLACK = 1 << 16  # of a body around its file
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "name": {"type": "string", "description": "What to call it; the file's own name otherwise."},
                        "allow": {
                            "type": "string",
                            "description": "Who may read it, as grants with commas between: group:legal, user:ines. "
                            "Everybody who may read the uploads otherwise.",
                        },
                    },
                }
            }
        },
    }
}


@router.post(
    "/documents",
    response_model=forms.Uploaded,
    status_code=201,
    responses={200: {"model": forms.Uploaded, "description": "The same bytes were there under this name already."}},
    openapi_extra=_BODY,
)
async def upload(request: Request, response: Response, caller: Writing, here: Here, key: Key = None) -> Any:
    """Hand in a file. When this answers it is on the disk; a job reads it. A file of the same name is replaced."""
    most = here.settings.body_mb * 1_000_000
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:18]) > most + _SLACK:
        raise too_large(most)
    begin = here.workspace.uploads.begin
    received = await receive(request.headers.get("content-type", ""), request.stream(), begin, most)
    try:
        kept = await run_in_threadpool(_kept, here, caller, received, key)
    finally:
        await run_in_threadpool(received.discard)
    job = await run_in_threadpool(here.jobs.submit, tasks.SYNC, caller.principal.name)
    response.status_code = 201 if kept.new else 200
    told = {key: getattr(kept, key) for key in ("document", "revision", "bytes", "new")}
    return told | {"job": job_form(job, caller)}


def _kept(here: Service, caller: Caller, received: Received, key: str | None) -> Upload:
    """The file at its place, or what was acknowledged for the same request before."""
    assert received.file is not None  # receive() sees to it
    name, person, catalogue = received.fields.get("name") or received.name, caller.principal, here.workspace.catalogue
    document, digest, size = document_name(name), received.file.sha256, received.file.size
    if key is not None:
        with catalogue.reading() as connection:
            before = upload_rows.acknowledged(connection, person.name, key)
        if before == (document, digest):
            return Upload(document, digest, size, False)
        if before is not None:
            raise ConfigError("This Idempotency-Key was used for another file. Use a new key for a new file.")
    _restrict(here, document, received.fields.get("allow", ""), caller)
    kept = here.workspace.upload(name, received.file, person)
    if key is not None:
        with catalogue.writing() as connection:
            upload_rows.acknowledge(connection, person.name, key, document, digest, size)
    return kept


def _restrict(here: Service, document: str, allow: str, caller: Caller) -> None:
    """Says who may read the document, before there is anything to read."""
    wanted = [each.strip() for each in allow.split(",") if each.strip()]
    if wanted:
        here.workspace.check_upload(document, caller.principal)
        grants = sorted(check_grants(wanted))
        ruled(here.workspace).set_access(document, allow=grants, principal=caller.principal)
