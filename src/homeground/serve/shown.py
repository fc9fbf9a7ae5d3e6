"""What people are shown through the service, beside answers: each search and each page goes into the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homeground.access.audit import pages_of
from homeground.types import Document, Hit, Principal, SearchFilter, ShownPage

if TYPE_CHECKING:
    from homeground.comparing import Comparison
    from homeground.workspace import Workspace

SEARCH, SHOW = "search", "show"


def search(
    workspace: Workspace, question: str, principal: Principal, limit: int | None, within: SearchFilter
) -> list[Hit]:
    """Searches, and records what was found."""
    hits = workspace.search(question, principal, limit=limit, within=within)
    told = {"question": question, "revisions": {hit.document: hit.revision for hit in hits}, "hits": len(hits)}
    workspace.log.record(SEARCH, principal, told | {"shown": pages_of(hits)})
    return hits


def page(workspace: Workspace, citation: str, principal: Principal) -> ShownPage:
    """The page that a citation names, and a record that it was shown."""
    shown = workspace.show(citation, principal)
    _record(workspace, principal, shown, "text")
    return shown


def record_document(workspace: Workspace, principal: Principal, document: Document, pages: int) -> None:
    """Records that so many pages of a document were shown as text."""
    told = {"what": document.name, "document": document.name, "revision": document.revision}
    workspace.log.record(SHOW, principal, told | {"pages": pages, "form": "text"})


def picture(workspace: Workspace, citation: str, principal: Principal) -> bytes:
    """The cited page of a PDF as PNG with its span marked, and a record that it was shown."""
    png = workspace.render(citation, principal)
    shown = workspace.show(citation, principal)
    _record(workspace, principal, shown, "picture")
    return png


def comparison(workspace: Workspace, name: str, former: str, principal: Principal, part: int) -> Comparison:
    """A former revision beside the current one, and a record that both were shown."""
    found = workspace.compare(name, former, principal, part=part)
    told = {"what": found.document, "document": found.document, "revision": found.current.revision}
    pages = [page.page for page in found.pages if page.page is not None]
    more = {"former": found.former.revision, "pages": pages, "form": "comparison"}
    workspace.log.record(SHOW, principal, told | more)
    return found


def _record(workspace: Workspace, principal: Principal, shown: ShownPage, form: str) -> None:
    told = {"what": f"{shown.document} page {shown.page}", "document": shown.document, "revision": shown.revision}
    workspace.log.record(SHOW, principal, told | {"page": shown.page, "form": form})
