"""Images: their text by OCR, a page per picture."""

from __future__ import annotations

from homeground.errors import ReadError
from homeground.ingest.parse import ocr
from homeground.ingest.parse.file import File
from homeground.types import Page, ParsedDocument


def read(file: File) -> ParsedDocument:
    """A picture, or a TIFF file of several."""
    found = ocr.read_image(file.data, file.settings, ocr.seconds(file.settings))
    if len(found) == 1 and found[0][1]:
        raise ReadError(found[0][1])
    pages = tuple(Page(number, text, problem=problem) for number, (text, problem) in enumerate(found, 1))
    return ParsedDocument(file.stem, "", pages)
