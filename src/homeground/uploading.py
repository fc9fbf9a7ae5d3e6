"""Handing files in and taking them out again, with what that is in the audit log.

Owners put files into the uploads folder itself, everybody else into a folder of their own in it: so that no name that
somebody tries can tell them what is there that they may not read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO

from homeground import looking
from homeground.access.audit import append
from homeground.access.rules import restrict_new
from homeground.catalogue import people_rows
from homeground.errors import ConfigError, NotFoundError
from homeground.ingest.uploads import FOLDER, Arriving, Upload, document_name

if TYPE_CHECKING:
    from homeground.catalogue import Source
    from homeground.parts import Parts
    from homeground.types import Principal


def upload(
    parts: Parts,
    name: str,
    content: BinaryIO | Arriving,
    principal: Principal,
    *,
    replaces: str | None = None,
    allow: Iterable[str] | None = None,
) -> Upload:
    """Keeps a file; on the disk when this returns. The arguments are those of ``Workspace.upload``."""
    document = target(parts, name, principal, replaces)
    arriving = content if isinstance(content, Arriving) else parts.uploads.read(content)
    try:
        if allow is not None:
            restrict(parts, document, allow, principal, replaces)
        kept = parts.uploads.keep(arriving, document)
    finally:
        arriving.discard()
    if kept.new:
        told = {"document": kept.document, "sha256": kept.revision, "bytes": kept.bytes}
        append(parts.catalogue, "upload", principal, {"what": kept.document} | told)
    return kept


def target(parts: Parts, name: str, principal: Principal, replaces: str | None = None) -> str:
    """The document that a file of this name becomes when this principal hands it in.

    ConfigError when nothing is left of the name once it is safe, or what it replaces was not handed in; NotFoundError
    when that is not there, or not readable, which read the same.
    """
    if replaces is None:
        return document_name(name, "" if principal.owner else principal.name, _mark(parts, principal))
    found, _ = looking.document(parts, replaces, principal)
    if parts.uploads.path_of(found.name) is None:
        raise ConfigError(f"{replaces} was not handed in: change its file where it lies, then sync.")
    return found.name


def _mark(parts: Parts, principal: Principal) -> str:
    if not principal.person:
        return ""
    with parts.catalogue.reading() as connection:
        mark = people_rows.mark_of(connection, principal.person)
    if mark is None:
        raise NotFoundError(f"There is nobody called {principal.name!r} any more.")
    return mark


def restrict(parts: Parts, document: str, allow: Iterable[str], principal: Principal, replaces: str | None) -> None:
    """Says who may read the document, before there is anything to read. DeniedError when that was said already, unless
    an owner asks."""
    if replaces is not None:
        raise ConfigError("What replaces a document is read by whoever could read that. Leave `allow` out.")
    restrict_new(parts.catalogue, make_source(parts), os.fsencode(document.partition("/")[2]), allow, principal)
    parts.moving().finish()


def make_source(parts: Parts) -> Source:
    """The uploads as a source: made, where they are none yet. LockedError when another process is writing then."""
    from homeground.ingest.sources import add_source

    folder = parts.uploads.make_folder()
    known = next((each for each in parts.catalogue.sources() if each.root == folder), None)
    return known or add_source(parts.catalogue, parts.home, str(folder), name=FOLDER, prefix=FOLDER)


def withdraw(parts: Parts, document: str, principal: Principal) -> bool:
    """Deletes an uploaded document for good; False when it was not uploaded."""
    found, _ = looking.document(parts, document, principal)
    path = parts.uploads.path_of(document)
    if path is None:
        return False
    parts.catalogue.withhold([found.id])
    parts.uploads.remove(path)
    told = {"what": document, "document": document, "revision": found.revision}
    append(parts.catalogue, "delete", principal, told)
    return True
