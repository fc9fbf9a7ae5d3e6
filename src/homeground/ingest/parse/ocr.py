"""Text of scans through the `tesseract` program, where it is installed. Nothing is ever fetched.

missing(settings)                       why scans are not read here, if they are not
read_gray(pixels, settings, seconds)    a rendered page
read_image(data, settings, seconds)     an image file; more than one text for a TIFF of several pages
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from homeground.ingest.parse.clean import tidy
from homeground.settings import IngestSettings

MOST_PIXELS_A_SIDE = 5_000
RESOLUTION = 300  # dots per inch, what Tesseract's models were made for
NOT_INSTALLED = "no text: it is a scan or a picture, and OCR (Tesseract) is not installed"
SWITCHED_OFF = "no text: it is a scan or a picture, and OCR is switched off (ocr)"
OUT_OF_TIME = "no text: a scan, and the time for OCR of this file was up (timeout_s)"
NOTHING_SEEN = "no text: OCR found none in the picture"

_LEAST_CONFIDENCE = 40  # pictures in the language asked for came to 55 and more, those in others to 25 and less

Seen = tuple[str, str | None]  # text, and the problem when there is none


def seconds(settings: IngestSettings) -> float:
    """The part of a file's time limit that OCR may use: the rest is for reading, so that what was read is not lost."""
    return 0.8 * settings.timeout_s


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


def read_gray(pixels: Any, settings: IngestSettings, seconds: float) -> Seen:
    """Text and problem of a page rendered as gray `pixels`, an array (height, width) or (height, width, 1) of bytes."""
    height, width = pixels.shape[:2]
    seen = read_image(b"P5 %d %d 255\n" % (width, height) + pixels.tobytes(), settings, seconds)
    return seen[0] if seen else ("", NOTHING_SEEN)


def read_image(data: bytes, settings: IngestSettings, seconds: float) -> list[Seen]:
    """Text and problem of each page of an image file, for which Tesseract gets `seconds`."""
    if reason := missing(settings):
        return [("", reason)]
    if seconds <= 0:
        return [("", OUT_OF_TIME)]
    with tempfile.TemporaryDirectory(prefix="homeground-ocr-") as folder:
        out = Path(folder, "out")
        command = ["tesseract", "stdin", str(out), "-l", settings.ocr_languages, "--dpi", str(RESOLUTION), "txt", "tsv"]
        try:
            subprocess.run(command, input=data, capture_output=True, timeout=seconds, check=True)  # noqa: S603
            texts = out.with_suffix(".txt").read_text("utf-8", "replace").removesuffix("\f").split("\f")
            sure = _confidence(out.with_suffix(".tsv").read_text("utf-8", "replace"))
        except subprocess.TimeoutExpired:
            return [("", OUT_OF_TIME)]
        except (subprocess.CalledProcessError, OSError):
            return [("", "no text: OCR failed; the picture is damaged or of a form that Tesseract does not read")]
    return [_seen(text, sure.get(number, 0.0), settings) for number, text in enumerate(texts, 1)]


def _seen(text: str, confidence: float, settings: IngestSettings) -> Seen:
    clean = tidy(text).strip()
    if not clean:
        return "", NOTHING_SEEN
    if confidence < _LEAST_CONFIDENCE:
        return (
            "",
            f"no text: OCR could not make it out; is it in the language {settings.ocr_languages} (ocr_languages)?",
        )
    return clean, None


def _confidence(table: str) -> dict[int, float]:
    """Page → the mean confidence (0 to 100) of its characters, from Tesseract's table of words."""
    totals: dict[int, tuple[float, int]] = {}
    for line in table.split("\n"):
        cells = line.split("\t")
        if len(cells) == 12 and cells[0] == "5" and (length := len(cells[11].strip())):
            total, count = totals.get(int(cells[1]), (0.0, 0))
            totals[int(cells[1])] = total + length * float(cells[10]), count + length
    return {page: total / count for page, (total, count) in totals.items()}


@functools.cache
def _languages() -> frozenset[str]:
    done = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=False)  # noqa: S607
    return frozenset((done.stdout or done.stderr).split())
