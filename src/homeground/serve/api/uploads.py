"""Uploads: a file on the disk before it is acknowledged, and read by a job after."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from homeground import uploading
from homeground.access.caller import Caller
from homeground.access.policy import check_grants
from homeground.catalogue import upload_rows
from homeground.errors import ConfigError
from homeground.ingest.uploads import Arriving, Upload
from homeground.serve import tasks
from homeground.serve.api import forms
from homeground.serve.api.jobs import job_form
from homeground.serve.callers import Here, Writing
from homeground.serve.multipart import WRITE_AT, broken_off, receive, too_large
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
_ALLOW = (
    "Who may read it, as grants with commas between: group:legal, user:ines. Whoever may read the uploads otherwise."
)
_REPLACES = "The uploaded document whose place the file takes, instead of one of its own name."
_SLACK = 1 << 16  # of a body around its file
_TEXT, _FILE = {"type": "string"}, {"type": "string", "format": "binary"}
_FIELDS = {
    "file": _FILE,
    "name": _TEXT | {"description": "What to call it; the file's own name otherwise."},
    "allow": _TEXT | {"description": _ALLOW},
    "replaces": _TEXT | {"description": _REPLACES},
}
_FORM = {"type": "object", "required": ["file"], "properties": _FIELDS}
_THERE: dict[int | str, dict[str, Any]] = {
    200: {"model": forms.Uploaded, "description": "The same bytes were there under this name already."}
}


@router.post(
    "/documents",
    response_model=forms.Uploaded,
    status_code=201,
    responses=_THERE,
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
async def upload(request: Request, response: Response, caller: Writing, here: Here, key: Key = None) -> Any:
    """Hand in a file, as a form. When this answers it is on the disk; a job reads it.

    Owners hand in at the top of `uploads`, others in a folder of their own; an earlier file of that name there is
    replaced.
    """
    most = _most(request, here)
    received = await receive(
        request.headers.get("content-type", ""), request.stream(), here.workspace.uploads.begin, most
    )
    assert received.file is not None  # receive() sees to it
    fields = received.fields
    handed = _Handed(fields.get("name") or received.name, fields.get("replaces"), fields.get("allow"))
    return await _answer(response, caller, here, handed, received.file, key)


@router.put(
    "/documents/{name}",
    response_model=forms.Uploaded,
    status_code=201,
    responses=_THERE,
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": _FILE}}}},
)
async def put(
    request: Request,
    response: Response,
    caller: Writing,
    here: Here,
    name: Annotated[str, Path(max_length=1000, description="What to call it.")],
    allow: Annotated[str | None, Query(max_length=forms.MOST_NAME, description=_ALLOW)] = None,
    replaces: Annotated[forms.Name | None, Query(description=_REPLACES)] = None,
    key: Key = None,
) -> Any:
    """Hand in a file, as the body itself; otherwise as above."""
    file = await _read(request.stream(), here, _most(request, here))
    return await _answer(response, caller, here, _Handed(name, replaces, allow), file, key)


class _Handed:
    """What was said of a file: its name, the document that it replaces, and who may read it."""

    def __init__(self, name: str, replaces: str | None, allow: str | None) -> None:
        self.name, self.replaces = name, replaces or None
        self.allow = [each.strip() for each in (allow or "").split(",") if each.strip()] or None


def _most(request: Request, here: Service) -> int:
    """How many bytes a file may have; refused at once where the request says that it has more."""
    most = here.settings.body_mb * 1_000_000
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:18]) > most + _SLACK:
        raise too_large(most)
    return most


async def _read(body: AsyncIterator[bytes], here: Service, most: int) -> Arriving:
    """The body as a file that nobody sees yet; nothing is left of one that breaks off or is too large."""
    arriving, waiting = await run_in_threadpool(here.workspace.uploads.begin), bytearray()
    try:
        async for chunk in body:
            waiting += chunk
            if arriving.size + len(waiting) > most:
                raise too_large(most)
            if len(waiting) >= WRITE_AT:
                await run_in_threadpool(arriving.write, bytes(waiting))
                waiting.clear()
        await run_in_threadpool(arriving.write, bytes(waiting))
    except ClientDisconnect:
        arriving.discard()
        raise broken_off() from None
    except BaseException:
        arriving.discard()
        raise
    return arriving


async def _answer(
    response: Response, caller: Caller, here: Service, handed: _Handed, file: Arriving, key: str | None
) -> dict[str, Any]:
    try:
        kept = await run_in_threadpool(_kept, here, caller, handed, file, key)
    finally:
        await run_in_threadpool(file.discard)
    job = await run_in_threadpool(here.jobs.submit, tasks.SYNC, caller.principal.key)
    response.status_code = 201 if kept.new else 200
    told = {key: getattr(kept, key) for key in ("document", "revision", "bytes", "new")}
    return told | {"job": job_form(job, caller)}


def _kept(here: Service, caller: Caller, handed: _Handed, file: Arriving, key: str | None) -> Upload:
    """The file at its place, or what was acknowledged for the same request before."""
    person, workspace = caller.principal, here.workspace
    if handed.allow is not None:
        check_grants(handed.allow)
    document = uploading.target(workspace.parts, handed.name, person, handed.replaces)
    digest, size = file.sha256, file.size
    if key is not None:
        with workspace.catalogue.reading() as connection:
            before = upload_rows.acknowledged(connection, person.key, key)
        if before == (document, digest):
            return Upload(document, digest, size, False)
        if before is not None:
            raise ConfigError("This Idempotency-Key was used for another file. Use a new key for a new file.")
    if handed.allow is not None:  # an owner's token without admin changes no rule that there is
        uploading.restrict(workspace.parts, document, handed.allow, caller.acting, handed.replaces)
    kept = workspace.upload(handed.name, file, person, replaces=handed.replaces)
    if key is not None:
        with workspace.catalogue.writing() as connection:
            upload_rows.acknowledge(connection, person.key, key, document, digest, size)
    return kept
