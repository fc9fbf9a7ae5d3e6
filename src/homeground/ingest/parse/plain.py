"""Plain text, program code, and every other text that has no structure that is known here."""

from __future__ import annotations

from homeground.ingest.parse.clean import tidy
from homeground.ingest.parse.decode import decode
from homeground.ingest.parse.draft import Draft
from homeground.ingest.parse.file import File
from homeground.types import ParsedDocument


def read(file: File) -> ParsedDocument:
    """A text file: a form feed ends a page, otherwise pages are nominal."""
    decoded = decode(file.data)
    draft = Draft()
    add_text(draft, decoded.text)
    problems = (decoded.problem,) if decoded.problem else ()
    return ParsedDocument(file.stem, "text/plain", draft.pages(), problems=problems)


def add_text(draft: Draft, text: str) -> None:
    """Add `text` to the draft; each form feed in it ends a page."""
    parts = tidy(text).split("\f")
    for number, part in enumerate(parts):
        if number:
            draft.page()
        draft.paragraph(part.replace("\f", ""))
