"""What a workspace shows of itself: its documents, their pages as text and picture, and its state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from homeground.access.policy import find_source, visible_to
from homeground.answer.address import parse_address
from homeground.catalogue import listing
from homeground.catalogue.migrations import FORMAT
from homeground.catalogue.paging import pages_of
from homeground.errors import NotFoundError
from homeground.types import Document, DocumentFilter, DocumentsFound, Principal, ShownPage, SourceStatus, Status

if TYPE_CHECKING:
    from homeground.parts import Parts
    from homeground.types import PageStatus


def documents(parts: Parts, principal: Principal, source: str | None = None) -> list[Document]:
    """The documents that the principal may read, by name; of one source, where that is given."""
    return list(find_documents(parts, principal, DocumentFilter(source=source), limit=None).documents)


def find_documents(
    parts: Parts,
    principal: Principal,
    wanted: DocumentFilter,
    *,
    after: str = "",
    skip: int = 0,
    limit: int | None = 100,
) -> DocumentsFound:
    """Those of the documents that the principal may read that fit: so many, from the first whose name is ``after``."""
    with parts.catalogue.steady():
        visible = visible_to(principal, parts.catalogue)
        if wanted.source is not None:
            find_source(parts.catalogue, visible, wanted.source)
        with parts.catalogue.reading() as connection:
            fitting = listing.fitting(connection, visible, wanted)
            rest = [number for number, name in fitting.items() if name > after][skip:]
            part = rest if limit is None else rest[:limit]
            found = listing.listing(connection, visible, part)
    return DocumentsFound(tuple(found), len(fitting), len(rest) > len(part))


def document(parts: Parts, name: str, principal: Principal) -> tuple[Document, tuple[PageStatus, ...]]:
    """One document and its pages. NotFoundError when it is not there, or not readable, which read the same."""
    with parts.catalogue.steady():
        visible = visible_to(principal, parts.catalogue)
        with parts.catalogue.reading() as connection:
            number = listing.id_of(connection, visible, name)
            if number is None:
                raise NotFoundError(f"There is no document {name!r} here. `homeground documents` lists what there is.")
            found = listing.listing(connection, visible, [number])[0]
            return found, pages_of(connection, found.id, found.revision)


def show(parts: Parts, citation: str, principal: Principal) -> ShownPage:
    """The page that a citation names, with its span."""
    address = parse_address(citation)
    page = parts.cited(address.document, address.revision, address.page, principal)
    if address.end > len(page.text):
        raise NotFoundError(f"{citation}: the page has {len(page.text)} characters only")
    return ShownPage(page.name, page.title, page.revision, page.page, page.label, page.text, address.start, address.end)


def render(parts: Parts, citation: str, principal: Principal) -> bytes:
    """The cited PDF page as a PNG, with the span highlighted."""
    address = parse_address(citation)
    page = parts.cited(address.document, address.revision, address.page, principal)
    return parts.drawer.draw(page.name, page.path, page.revision, page.page, (address.start, address.end))


# -- State ----------------------------------------------------------------------------------------


def status(parts: Parts, principal: Principal) -> Status:
    """What the workspace holds, as far as the principal may see it."""
    from homeground.swap import embedders

    visible = visible_to(principal, parts.catalogue)
    counts = parts.catalogue.counts(visible)
    used = embedders(parts)
    return Status(
        path=str(parts.home.parent),
        format=FORMAT,
        embedder=used.name,
        embedder_digest=used.digest,
        next_embedder=used.next,
        beside=used.beside if principal.owner else None,
        documents=counts.documents,
        pages=counts.pages,
        passages=counts.passages,
        unread=counts.unread,
        disk_mb=_size(parts.home) / 1e6 if principal.owner else 0.0,  # it would tell of what is hidden
        sources=tuple(_sources(parts, visible)),
        flagged=counts.flagged,
    )


def sources(parts: Parts, principal: Principal) -> list[SourceStatus]:
    """The sources of which the principal may read something, or will when there is something."""
    return list(_sources(parts, visible_to(principal, parts.catalogue)))


def _sources(parts: Parts, visible: frozenset[int]) -> Iterator[SourceStatus]:
    open_to = parts.catalogue.open_sources(visible)
    for source in parts.catalogue.sources():
        if source.id in open_to:
            counts = parts.catalogue.counts(visible, source.name)
            root = str(source.root / source.pattern) if source.pattern else str(source.root)
            grants = tuple(sorted(source.grants)) if source.access in visible else ()
            label = source.label or parts.settings.egress.default_label
            yield SourceStatus(source.name, root, grants, counts.documents, counts.passages, label)


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # a sync is at work
            continue
    return total
