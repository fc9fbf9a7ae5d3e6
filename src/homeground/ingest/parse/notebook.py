"""Jupyter notebooks: the text of the cells, their code, and what the code printed."""

from __future__ import annotations

import json
from typing import Any

from homeground.errors import ReadError
from homeground.ingest.parse.clean import good_title, tidy
from homeground.ingest.parse.decode import decode
from homeground.ingest.parse.draft import Draft
from homeground.ingest.parse.file import File
from homeground.ingest.parse.markdown import add_markdown
from homeground.types import ParsedDocument

_MOST_OUTPUT = 10_000  # characters of one output; more is a log or a picture in disguise


def read(file: File) -> ParsedDocument:
    """A notebook."""
    try:
        notebook = json.loads(decode(file.data).text)
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ReadError(f"it is damaged: not a valid notebook ({error})") from None
    draft = Draft()
    for cell in cells:
        _add_cell(draft, cell)
    pages = draft.pages()
    title = notebook.get("metadata", {}).get("title")
    first = next((one.text for page in pages for one in page.headings), "")
    return ParsedDocument(good_title(title) or good_title(first) or file.stem, "", pages)


def _add_cell(draft: Draft, cell: dict[str, Any]) -> None:
    source = tidy(_joined(cell.get("source", cell.get("input", ""))))
    if cell.get("cell_type") in ("markdown", "heading"):
        add_markdown(draft, source)
        return
    draft.paragraph(source)
    for output in cell.get("outputs", ()):
        text = _joined(output.get("text") or output.get("data", {}).get("text/plain", ""))
        if text.strip() and len(text) <= _MOST_OUTPUT:
            draft.paragraph(text)


def _joined(text: object) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text)
