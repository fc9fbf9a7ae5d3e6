"""Sources: where documents come from. Owners add and remove them: paths of the server's machine, never URLs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query

from homeground.access.caller import Caller
from homeground.access.egress import check_label
from homeground.access.policy import check_grants
from homeground.errors import ConfigError
from homeground.serve import tasks
from homeground.serve.api import forms
from homeground.serve.api.jobs import job_form
from homeground.serve.callers import Administering, Here, Reading
from homeground.types import SourceStatus

router = APIRouter(tags=["sources"])
_URL = re.compile(r"[a-z][a-z0-9+.-]*:[/\\]{2}", re.I)
_MAGIC = re.compile(r"[*?\[]")
_PREFIX = re.compile(r"[^/\\]+(/[^/\\]+)*")


@router.get("/sources", response_model=forms.Sources)
def sources(caller: Reading, here: Here) -> dict[str, Any]:
    """The sources that the caller may read."""
    return {"sources": [source_form(each, caller) for each in here.workspace.sources(caller.principal)]}


@router.post("/sources", response_model=forms.Job, status_code=202)
def add(wanted: forms.NewSource, caller: Administering, here: Here) -> dict[str, Any]:
    """Add a folder, a file or a glob of the server's machine, and read it, in the background."""
    check_path(wanted.path)
    if wanted.name is not None and (not _PREFIX.fullmatch(wanted.name) or {".", ".."} & set(wanted.name.split("/"))):
        raise ConfigError(f"{wanted.name!r} cannot begin the names of documents. Use letters and digits.")
    if wanted.access is not None:
        check_grants(wanted.access)
    if wanted.label is not None:
        check_label(wanted.label, here.workspace.settings.egress)
    job = here.jobs.submit(tasks.ADD, caller.principal.key, wanted.model_dump())
    return job_form(job, caller)


@router.delete("/source", response_model=forms.Job, status_code=202)
def remove(
    name: Annotated[forms.Name, Query(description="The source's name.")], caller: Administering, here: Here
) -> dict[str, Any]:
    """Take a source out, in the background. Its files stay where they are."""
    from homeground.access.policy import find_source, visible_to

    catalogue = here.workspace.catalogue
    found = find_source(catalogue, visible_to(caller.principal, catalogue), name)
    return job_form(here.jobs.submit(tasks.REMOVE, caller.principal.key, {"name": found.name}), caller)


def check_path(given: str) -> None:
    """ConfigError when this is no path of the server's machine that a source can have."""
    if _URL.match(given):
        raise ConfigError(
            "A source is a path of the server's machine, not a URL. Fetch the files, and add their folder."
        )
    path = Path(given)
    if not path.is_absolute():
        raise ConfigError("Give the whole path of the folder, from the root on.")
    solid = Path(*path.parts[: next((at for at, part in enumerate(path.parts) if _MAGIC.search(part)), None)])
    try:
        there = path.exists() or (solid != path and solid.is_dir())
    except OSError as error:
        raise ConfigError(f"The path cannot be used: {error.strerror}.") from None
    if not there:
        raise ConfigError("There is no file or folder at this path of the server's machine.")


def source_form(source: SourceStatus, caller: Caller) -> dict[str, Any]:
    """A source as its caller may see it."""
    told = {key: getattr(source, key) for key in ("name", "documents", "passages", "label")}
    owner = caller.may("admin")
    return told | {"access": list(source.grants) if owner else None, "root": source.root if owner else None}
