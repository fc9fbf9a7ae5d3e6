"""HTML: what a reader sees, as headings, paragraphs, lists and tables; scripts, styles and navigation left out."""

from __future__ import annotations

import re

from homeground.ingest.parse.clean import good_title
from homeground.ingest.parse.dates import parse_date
from homeground.ingest.parse.decode import decode
from homeground.ingest.parse.draft import Draft
from homeground.ingest.parse.file import File
from homeground.ingest.parse.tags import Tags
from homeground.types import ParsedDocument

_CHARSET = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)|<\?xml[^>]*encoding=[\"']([A-Za-z0-9_-]+)", re.IGNORECASE
)


def read(file: File) -> ParsedDocument:
    """A web page."""
    decoded = decode(file.data, declared(file.data))
    draft = Draft()
    tags = add_html(draft, decoded.text)
    pages = draft.pages()
    first = next((one.text for page in pages for one in page.headings if one.level == 1), "")
    problems = (decoded.problem,) if decoded.problem else ()
    title = good_title(tags.title) or good_title(first) or file.stem
    return ParsedDocument(title, "text/html", pages, parse_date(tags.date), problems)


def declared(data: bytes) -> str | None:
    """The encoding that a page names for itself."""
    match = _CHARSET.search(data[:4096])
    return (match[1] or match[2]).decode("ascii") if match else None


def add_html(draft: Draft, text: str) -> Tags:
    """Add what a page shows to the draft; title and date are in what is returned."""
    tags = Tags(draft)
    tags.feed(text)
    tags.close()
    if draft.empty and tags.skipped_text:  # a page that is all navigation: better that than nothing
        tags = Tags(draft, everything=True)
        tags.feed(text)
        tags.close()
    return tags
