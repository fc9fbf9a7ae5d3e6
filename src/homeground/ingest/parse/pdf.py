"""PDF by pypdfium2: one page of text per page, bookmarks as headings.

PDFium gives the text in the order in which it is drawn, the cells of a table row on one line (checked on the financial
statements of 37 company filings); what is left to do is to mend line breaks, hyphens and blanks.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from homeground.errors import ReadError
from homeground.ingest.parse import ocr
from homeground.ingest.parse.clean import good_title, one_line, tidy
from homeground.ingest.parse.dates import parse_date
from homeground.ingest.parse.file import File
from homeground.types import Heading, Page, ParsedDocument

if TYPE_CHECKING:
    import pypdfium2 as pdfium

_SPLIT_WORD = re.compile(r"(?<=[^\W\d_])\ufffe\n?(?=[^\W\d_])")
_HYPHEN = re.compile(r"\ufffe")
_PASSWORD = 4  # FPDF_ERR_PASSWORD
_MOST_BOOKMARKS = 10_000
_PATH, _IMAGE = 2, 3  # FPDF_PAGEOBJ_*
_LEAST_PICTURE = 0.05  # share of the page; the scans among real files came to 0.09 and more, logos to 0.01
_MANY_PATHS = 30  # letters drawn as outlines; empty pages of real filings came to four rules at most


def read(file: File) -> ParsedDocument:
    """A PDF file; a page that cannot be read is reported as such and the others are read."""
    document, ends = open_pdf(file.data), time.monotonic() + ocr.seconds(file.settings)
    try:
        marks = _bookmarks(document)
        pages = tuple(_page(document, index, marks.get(index, []), file, ends) for index in range(len(document)))
        facts = document.get_metadata_dict()
    finally:
        document.close()
    date = parse_date(facts.get("CreationDate")) or parse_date(facts.get("ModDate"))
    return ParsedDocument(good_title(facts.get("Title")) or file.stem, "application/pdf", pages, date)


def open_pdf(data: bytes) -> pdfium.PdfDocument:
    """Open a PDF file; ReadError in words when it is encrypted or damaged."""
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD or "password" in str(error).lower():
            raise ReadError("it is encrypted; remove its password to have it read") from None
        raise ReadError("it is damaged or cut short: no PDF reader could open it") from None
    if not len(document):
        document.close()
        raise ReadError("it is damaged or cut short: it holds no pages")
    return document


def _page(document: pdfium.PdfDocument, index: int, marks: list[tuple[int, str]], file: File, ends: float) -> Page:
    import pypdfium2 as pdfium

    try:
        page = document[index]
    except pdfium.PdfiumError:
        return Page(index + 1, "", problem="the page is damaged")
    try:
        text = page_text(page)
        problem = None
        if not text.strip() and _pictured(page):
            text, problem = _scanned(page, file, ends)
    except pdfium.PdfiumError:
        return Page(index + 1, "", problem="the page is damaged")
    finally:
        page.close()
    return Page(index + 1, text, headings=_headings(text, marks), problem=problem)


def page_text(page: pdfium.PdfPage) -> str:
    """The text of a page as it is shown and as spans count it."""
    text_page = page.get_textpage()
    try:
        return mend(text_page.get_text_range(errors="replace"))
    finally:
        text_page.close()


def mend(text: str) -> str:
    """Mend what PDFium writes: its line breaks, words parted at the end of a line, odd blanks and controls."""
    text = text.replace("\r\n", "\n")
    if "\ufffe" in text:  # PDFium's sign for a hyphen at the end of a line
        text = _HYPHEN.sub("-", _SPLIT_WORD.sub("", text))
    return tidy(text).replace("\f", "\n").strip("\n")


def _pictured(page: pdfium.PdfPage) -> bool:
    """Whether a page without text shows some in a picture or in lines: one with a rule or a logo alone is empty."""
    width, height = page.get_size()
    paths = 0
    for drawn in page.get_objects(max_depth=3):
        paths += drawn.type == _PATH
        if drawn.type == _IMAGE:
            left, bottom, right, top = drawn.get_bounds()
            if (right - left) * (top - bottom) > _LEAST_PICTURE * width * height:
                return True
        if paths >= _MANY_PATHS:
            return True
    return False


def _scanned(page: pdfium.PdfPage, file: File, ends: float) -> ocr.Seen:
    """The page's text by OCR, as long as the time for that is not up."""
    if reason := ocr.missing(file.settings):
        return "", reason
    width, height = page.get_size()
    scale = min(ocr.RESOLUTION / 72, ocr.MOST_PIXELS_A_SIDE / max(width, height, 1))
    return ocr.read_gray(page.render(scale=scale, grayscale=True).to_numpy(), file.settings, ends - time.monotonic())


# -- Bookmarks ----------------------------------------------------------------------------------


def _bookmarks(document: pdfium.PdfDocument) -> dict[int, list[tuple[int, str]]]:
    """Level and title of the bookmarks of each page, counted from 0."""
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for index, level, title in _toc(document):
        found[index].append((level, title))
    return found


def _toc(document: pdfium.PdfDocument) -> Iterator[tuple[int, int, str]]:
    import itertools

    import pypdfium2 as pdfium

    try:
        for bookmark in itertools.islice(document.get_toc(max_depth=8), _MOST_BOOKMARKS):
            target = bookmark.get_dest()
            index = target.get_index() if target else None
            title = one_line(bookmark.get_title())
            if index is not None and title:
                yield index, bookmark.level + 1, title
    except (pdfium.PdfiumError, UnicodeDecodeError, ValueError):
        return  # a damaged outline costs the headings, not the text


def _headings(text: str, marks: list[tuple[int, str]]) -> tuple[Heading, ...]:
    """The bookmarks of a page where their words stand in it; those that do not stand there begin with the page."""
    found, place = [], 0
    for level, title in marks:
        pattern = r"\s+".join(map(re.escape, title.split()))
        match = re.compile(pattern, re.IGNORECASE).search(text, place) if text else None
        place = match.start() if match else place
        found.append(Heading(place, level, title))
    return tuple(found)
