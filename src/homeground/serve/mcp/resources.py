"""Documents as resources: ``homeground://documents/NAME`` and ``homeground://documents/NAME/pages/NUMBER``.

A name is percent-encoded as a whole, slashes included.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote

from mcp import types as mcp

from homeground.errors import NotFoundError
from homeground.serve import shown
from homeground.serve.api.cursors import cursor_of, place_of
from homeground.serve.mcp.visit import Visit
from homeground.types import Document, DocumentFilter

ROOT = "homeground://documents/"
PER_PAGE = 100
MOST_CHARACTERS = 400_000  # of a document that is read as a whole
_TEXT = "text/plain"
_URI = re.compile(rf"{ROOT}(?P<name>[^/?#]+)(?:/pages/(?P<page>[0-9]{{1,9}}))?")
TEMPLATES = (
    mcp.ResourceTemplate(
        name="document",
        title="A document",
        uri_template=f"{ROOT}{{document}}",
        description="The text of a document in its current revision, page by page.",
        mime_type=_TEXT,
    ),
    mcp.ResourceTemplate(
        name="page",
        title="A page of a document",
        uri_template=f"{ROOT}{{document}}/pages/{{page}}",
        description="The text of one page; pages count from 1.",
        mime_type=_TEXT,
    ),
)


def uri_of(name: str, page: int | None = None) -> str:
    """The address of a document, or of one of its pages."""
    return f"{ROOT}{quote(name, safe='')}" + (f"/pages/{page}" if page else "")


async def listed(visit: Visit, cursor: str | None) -> mcp.ListResourcesResult:
    """A page of the documents that may be read, by name."""
    after, find = place_of(cursor) or "", visit.workspace.find_documents
    found = await visit.admit(lambda: find(visit.principal, DocumentFilter(), after=after, limit=PER_PAGE))
    following = cursor_of(found.documents[-1].name) if found.more else None
    return mcp.ListResourcesResult(resources=[_resource(each) for each in found.documents], next_cursor=following)


def _resource(each: Document) -> mcp.Resource:
    pages = "1 page" if each.pages == 1 else f"{each.pages} pages"
    told = f"{pages}, of {each.source}"
    return mcp.Resource(name=each.name, title=each.title, uri=uri_of(each.name), description=told, mime_type=_TEXT)


async def read(visit: Visit, uri: str) -> mcp.ReadResourceResult:
    """The text behind an address. NotFoundError when it is not there, or not readable, which read the same."""
    found = _URI.fullmatch(uri)
    name = unquote(found["name"], errors="replace") if found else ""
    if found is None or "\0" in name:
        raise NotFoundError(f"{uri[:200]!r} is no document. resources/list and list_documents give their addresses.")
    page = found["page"]
    contents = await visit.admit(lambda: _pages(visit, name, int(page)) if page else _whole(visit, name))
    return mcp.ReadResourceResult(contents=contents)


def _pages(visit: Visit, name: str, number: int) -> list[Any]:
    document, _ = visit.workspace.document(name, visit.principal)
    found = shown.page(visit.workspace, f"{name}@{document.revision}#p{number}", visit.principal)
    return [_content(uri_of(name, number), found.text)]


def _whole(visit: Visit, name: str) -> list[Any]:
    """Page after page, up to a limit; what is left out is named."""
    found, pages = visit.workspace.document(name, visit.principal)
    contents: list[Any] = []
    room = MOST_CHARACTERS
    for page in pages:
        text = visit.workspace.show(f"{name}@{found.revision}#p{page.number}", visit.principal).text
        room -= len(text)
        if room < 0 and contents:
            rest = f"From page {page.number} on it is left out here: read {uri_of(name, page.number)} and so on."
            contents.append(_content(uri_of(name, page.number), rest))
            break
        contents.append(_content(uri_of(name, page.number), text))
    shown.record_document(visit.workspace, visit.principal, found, len(contents))
    return contents


def _content(uri: str, text: str) -> mcp.TextResourceContents:
    return mcp.TextResourceContents(uri=uri, text=text, mime_type=_TEXT)
