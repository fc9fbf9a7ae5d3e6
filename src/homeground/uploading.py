"""Handing files in and taking them out again, with what that is in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from homeground import looking
from homeground.access.audit import append
from homeground.errors import ConfigError
from homeground.ingest.uploads import FOLDER, Arriving, Upload, document_name

if TYPE_CHECKING:
    from homeground.parts import Parts
    from homeground.types import Principal


def upload(parts: Parts, name: str, content: BinaryIO | Arriving, principal: Principal) -> Upload:
    """Keeps a file; on the disk when this returns."""
    check_upload(parts, document_name(name), principal)
    arriving = content if isinstance(content, Arriving) else parts.uploads.read(content)
    kept = parts.uploads.keep(arriving, name)
    if kept.new:
        told = {"document": kept.document, "sha256": kept.revision, "bytes": kept.bytes}
        append(parts.catalogue, "upload", principal.name, {"what": kept.document} | told)
    return kept


def check_upload(parts: Parts, document: str, principal: Principal) -> None:
    """ConfigError when a file of this name would take the place of a document that the principal may not read."""
    known = any(each.name == document for each in parts.catalogue.known_files())
    if known and not any(each.name == document for each in looking.documents(parts, principal)):
        raise ConfigError(f"The name {document.partition('/')[2]!r} cannot be used here. Choose another one.")


def make_source(parts: Parts) -> None:
    """Makes the uploads a source, where there are any and they are none yet."""
    from homeground.ingest.sources import add_source

    folder = parts.uploads.folder
    if folder.is_dir() and not any(each.root == folder for each in parts.catalogue.sources()):
        add_source(parts.catalogue, parts.home, str(folder), name=FOLDER, prefix=FOLDER)


def withdraw(parts: Parts, document: str, principal: Principal) -> bool:
    """Deletes an uploaded document for good; False when it was not uploaded."""
    found, _ = looking.document(parts, document, principal)
    path = parts.uploads.path_of(document)
    if path is None:
        return False
    parts.catalogue.withhold([found.id])
    parts.uploads.remove(path)
    told = {"what": document, "document": document, "revision": found.revision}
    append(parts.catalogue, "delete", principal.name, told)
    return True
