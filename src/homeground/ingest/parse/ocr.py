"""Text of scans through the `tesseract` program, where it is installed. Nothing is ever fetched.

available()                    whether there is one
read_gray(pixels, settings)    a rendered page
read_image(data, settings)     an image file; more than one text for a TIFF of several pages
"""

from __future__ import annotations

import functools
import shutil
import subprocess
from typing import Any

from homeground.config import IngestSettings
from homeground.ingest.parse.clean import tidy

MOST_PIXELS_A_SIDE = 5_000
RESOLUTION = 300  # dots per inch, what Tesseract's models were made for
NOT_INSTALLED = "no text: it is a scan or a picture, and OCR (Tesseract) is not installed"
SWITCHED_OFF = "no text: it is a scan or a picture, and OCR is switched off (ocr)"
NOTHING_SEEN = "no text: OCR found none in the picture"


@functools.cache
def available() -> bool:
    """Whether Tesseract is installed."""
    return shutil.which("tesseract") is not None


def missing(settings: IngestSettings) -> str | None:
    """Why scans are not read here, in words; None when they are."""
    if settings.ocr == "off":
        return SWITCHED_OFF
    if not available():
        return NOT_INSTALLED
    absent = [one for one in settings.ocr_languages.split("+") if one not in _languages()]
    if absent:
        return f"no text: a scan, and Tesseract lacks the language {', '.join(absent)} (ocr_languages)"
    return None


def read_gray(pixels: Any, settings: IngestSettings) -> tuple[str, str | None]:
    """Text and problem of a page rendered as gray `pixels`, an array (height, width) or (height, width, 1) of bytes."""
    height, width = pixels.shape[:2]
    return _first(read_image(b"P5 %d %d 255\n" % (width, height) + pixels.tobytes(), settings))


def read_image(data: bytes, settings: IngestSettings) -> list[tuple[str, str | None]]:
    """Text and problem of each page of an image file."""
    if reason := missing(settings):
        return [("", reason)]
    command = ["tesseract", "stdin", "stdout", "-l", settings.ocr_languages, "--dpi", str(RESOLUTION)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=settings.timeout_s, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return [("", f"no text: OCR took longer than the limit of {settings.timeout_s} s (timeout_s)")]
    if done.returncode:
        return [("", "no text: OCR failed; the picture is damaged or of a form that Tesseract does not read")]
    texts = done.stdout.decode("utf-8", "replace").removesuffix("\f").split("\f")
    return [(clean, None) if (clean := tidy(text).strip()) else ("", NOTHING_SEEN) for text in texts]


def _first(pages: list[tuple[str, str | None]]) -> tuple[str, str | None]:
    return pages[0] if pages else ("", NOTHING_SEEN)


@functools.cache
def _languages() -> frozenset[str]:
    done = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=False)  # noqa: S607
    return frozenset((done.stdout or done.stderr).split())
