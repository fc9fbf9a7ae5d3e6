"""The picture of a page with the cited words marked."""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from homeground.errors import NotFoundError, ReadError
from homeground.ingest.parse import parse
from homeground.ingest.render import render_page
from homeground.settings import IngestSettings

WORDS = [(40, 240, "Revenue rose to 12 million."), (40, 200, "Costs fell to 3 million."), (40, 160, "A third line.")]


def pixels_of(png: bytes) -> np.ndarray:
    width, height = struct.unpack(">II", png[16:24])
    data = png[png.index(b"IDAT") + 4 : png.rindex(b"IEND") - 8]
    rows = np.frombuffer(zlib.decompress(data), dtype=np.uint8).reshape(height, 1 + width * 3)
    return rows[:, 1:].reshape(height, width, 3)


def marked(pixels: np.ndarray) -> tuple[float, float, float, float]:
    """The box of what is yellow, in points from the upper left: left, top, right, bottom."""
    yellow = (pixels[:, :, 2] < 120) & (pixels[:, :, 0] > 200)
    down, across = np.nonzero(yellow)
    return tuple(float(value) / 2 for value in (across.min(), down.min(), across.max(), down.max()))  # type: ignore[return-value]


@pytest.fixture
def file(tmp_path: Path, make_pdf) -> tuple[Path, str]:
    path = tmp_path / "report.pdf"
    path.write_bytes(make_pdf(WORDS))
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_quoted_words_are_marked_and_no_others(file: tuple[Path, str]) -> None:
    path, revision = file
    text = parse(path, IngestSettings()).pages[0].text
    start = text.index("Costs")
    left, top, right, bottom = marked(pixels_of(render_page(path, revision, 1, (start, start + len("Costs fell")))))
    assert 38 <= left <= 42
    assert 80 <= right <= 105
    assert 85 <= top < bottom <= 106  # the line stands at 300 - 200 points from the top


def test_a_span_over_two_lines_marks_both(file: tuple[Path, str]) -> None:
    path, revision = file
    text = parse(path, IngestSettings()).pages[0].text
    _, top, _, bottom = marked(pixels_of(render_page(path, revision, 1, (0, text.index("A third")))))
    assert top < 62
    assert bottom > 98


def test_without_a_span_nothing_is_marked(file: tuple[Path, str]) -> None:
    path, revision = file
    pixels = pixels_of(render_page(path, revision, 1))
    assert pixels.shape == (600, 800, 3)
    assert (pixels.min(axis=2) == pixels.max(axis=2)).all()


def test_what_cannot_be_drawn_is_said(file: tuple[Path, str], tmp_path: Path) -> None:
    path, revision = file
    with pytest.raises(NotFoundError, match="no page 2: the file has 1"):
        render_page(path, revision, 2)
    with pytest.raises(ReadError, match="has changed since it was read"):
        render_page(path, "0" * 64, 1)
    other = tmp_path / "a.txt"
    other.write_text("words")
    with pytest.raises(ReadError, match="not a PDF"):
        render_page(other, hashlib.sha256(b"words").hexdigest(), 1)
