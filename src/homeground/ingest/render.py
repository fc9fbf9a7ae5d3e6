"""A PDF page as a picture, with the words of a citation marked.

The text of a page is mended when it is read (see ``parse.pdf``), so a span of it is found again on the page by counting
the letters before it: mending changes blanks, hyphens and accents, but never the order and number of base letters.
"""

from __future__ import annotations

import ctypes
import hashlib
import struct
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeground.errors import NotFoundError, ReadError
from homeground.ingest.parse.clean import tidy
from homeground.ingest.parse.pdf import mend, open_pdf

if TYPE_CHECKING:
    import pypdfium2 as pdfium

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels

_RESOLUTION = 144  # dots per inch
_MOST_PIXELS = 6_000  # a side
_YELLOW = (255, 226, 92)


def render_page(path: Path, revision: str, page: int, span: tuple[int, int] | None = None) -> bytes:
    """The PNG picture of a page of a PDF file, with a `span` (start, end) of its text marked in yellow.

    For one thread, which PDFium is made for, and without a limit of time: ``drawing`` calls it in a process of its own.

    `revision` is the SHA-256 (hex) of the bytes whose page is meant; `page` counts from 1. A span that is empty, or
    that stands nowhere on the page (text that OCR found), marks nothing.

    Errors do not name the path, which whoever may read the document need not know.

    Raises:
        ReadError: when the file has changed since, is not a PDF that can be opened, or the page is damaged.
        NotFoundError: when there is no such page.
    """
    return _png(_drawn(_bytes(path, revision), page, span or (0, 0)))


def _drawn(data: bytes, page: int, span: tuple[int, int]) -> Pixels:
    import pypdfium2 as pdfium

    document = open_pdf(data)
    try:
        if not 1 <= page <= len(document):
            raise NotFoundError(f"There is no page {page}: the file has {len(document)}")
        return _draw(document[page - 1], *span)
    except pdfium.PdfiumError:
        raise ReadError(f"Page {page} is damaged and cannot be drawn.") from None
    finally:
        document.close()


def _bytes(path: Path, revision: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReadError(f"The file cannot be opened: {error.strerror}.") from None
    if hashlib.sha256(data).hexdigest() != revision:
        raise ReadError("The file has changed since it was read; run `homeground sync`, then ask for the page again.")
    if b"%PDF-" not in data[:1024]:
        raise ReadError("The file is not a PDF file; only pages of PDF files can be drawn.")
    return data


def _draw(page: pdfium.PdfPage, start: int, end: int) -> Pixels:
    scale = min(_RESOLUTION / 72, _MOST_PIXELS / max(*page.get_size(), 1))
    bitmap = page.render(scale=scale, rev_byteorder=True)
    pixels: Pixels = np.array(bitmap.to_numpy()[:, :, :3], dtype=np.uint8)
    bitmap.close()
    for box in _boxes(page, start, end, pixels.shape[1], pixels.shape[0]):
        _mark(pixels, box)
    return pixels


def _mark(pixels: Pixels, box: Box) -> None:
    """Lay yellow under a part of the picture, as a marker pen does: dark letters stay dark."""
    left, top, right, bottom = box
    part = pixels[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    part[:] = (part.astype(np.uint16) * np.array(_YELLOW, dtype=np.uint16) // 255).astype(np.uint8)


# -- From a span to boxes -----------------------------------------------------------------------


def _boxes(page: pdfium.PdfPage, start: int, end: int, width: int, height: int) -> list[Box]:
    """A box around the marked characters of each line."""
    text_page = page.get_textpage()
    try:
        raw = text_page.get_text_range(errors="replace")
        first, last = _letters(raw, start, end)
        boxes = [_box(page, text_page, index, width, height) for index in _indexes(text_page, raw, first, last)]
    finally:
        text_page.close()
    return _joined([box for box in boxes if box])


def _letters(raw: str, start: int, end: int) -> tuple[int, int]:
    """The numbers (from 0, end excluded) of the base letters that a span of the mended text covers."""
    text = mend(raw)
    before = sum(map(_weight, text[:start]))
    return before, before + sum(map(_weight, text[start:end]))


def _weight(character: str) -> int:
    """How many base letters a character holds: none for blanks, hyphens and accents, which mending may change."""
    if character in "-\ufffe":
        return 0
    decomposed = unicodedata.normalize("NFD", tidy(character))
    return sum(not (one.isspace() or one == "-" or unicodedata.combining(one)) for one in decomposed)


def _indexes(text_page: pdfium.PdfTextPage, raw: str, first: int, last: int) -> Iterator[int]:
    """PDFium's numbers of the characters that hold the base letters from `first` to before `last`."""
    import pypdfium2.raw as pdfium_c

    letter = unit = 0
    for character in raw:
        weight = _weight(character)
        if weight and first <= letter < last:
            index = pdfium_c.FPDFText_GetCharIndexFromTextIndex(text_page, unit)
            if index >= 0:
                yield index
        letter += weight
        unit += 1 + (ord(character) > 0xFFFF)  # PDFium counts UTF-16 units


def _box(page: pdfium.PdfPage, text_page: pdfium.PdfTextPage, index: int, width: int, height: int) -> Box | None:
    """Where a character stands in the picture; None for one that takes no room."""
    left, bottom, right, top = text_page.get_charbox(index, loose=True)
    if right <= left or top <= bottom:
        return None
    one, two = _pixel(page, left, top, width, height), _pixel(page, right, bottom, width, height)
    (x1, x2), (y1, y2) = sorted((one[0], two[0])), sorted((one[1], two[1]))
    return x1, y1, x2, y2


def _pixel(page: pdfium.PdfPage, x: float, y: float, width: int, height: int) -> tuple[int, int]:
    """A point of the page (in points, from the lower left) as a pixel; PDFium knows about rotation and cropping."""
    import pypdfium2.raw as pdfium_c

    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium_c.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, ctypes.byref(across), ctypes.byref(down))
    return across.value, down.value


def _joined(boxes: Sequence[Box]) -> list[Box]:
    """Boxes of neighbours on a line as one, so that the marking has no gaps and nothing is marked twice."""
    lines: list[Box] = []
    for box in boxes:
        if lines and _beside(lines[-1], box):
            last = lines[-1]
            lines[-1] = min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3])
        else:
            lines.append(box)
    return lines


def _beside(line: Box, box: Box) -> bool:
    overlap = min(line[3], box[3]) - max(line[1], box[1])
    tall = min(line[3] - line[1], box[3] - box[1])
    return overlap * 2 > tall and line[0] - tall <= box[0] <= line[2] + 3 * max(tall, 1)


# -- PNG ----------------------------------------------------------------------------------------


def _png(pixels: Pixels) -> bytes:
    """An array (height, width, 3) as a PNG file (RFC 2083): one filter byte in front of each row."""
    height, width = pixels.shape[:2]
    rows = np.zeros((height, 1 + width * 3), dtype=np.uint8)
    rows[:, 1:] = pixels.reshape(height, width * 3)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
