"""Small files of each format, made by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from homeground.ingest.parse import parse_bytes
from homeground.settings import IngestSettings
from homeground.types import ParsedDocument

from ...pdf import pdf

Read = Callable[..., ParsedDocument]
MakePdf = Callable[..., bytes]
MakeZip = Callable[[dict[str, str | bytes]], bytes]


@pytest.fixture
def read() -> Read:
    """Parse bytes under a name, with settings by keyword."""

    def parsed(data: bytes | str, name: str, **settings: object) -> ParsedDocument:
        raw = data.encode() if isinstance(data, str) else data
        return parse_bytes(raw, name, IngestSettings(**settings))  # type: ignore[arg-type]

    return parsed


@pytest.fixture
def make_zip() -> MakeZip:
    """A zip file of these parts."""

    def made(parts: dict[str, str | bytes]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    return made


@pytest.fixture
def make_pdf() -> MakePdf:
    """A PDF file, as `pdf` makes it."""
    return pdf
