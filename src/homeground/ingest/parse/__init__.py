"""One file → its pages as text, with headings, tables, title and date.

parse(path, settings)              read a file in this process
parse_bytes(data, name, settings)  the same for bytes that were read before

The file's bytes decide how it is read; its name only decides between kinds of text.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

from homeground.errors import ReadError
from homeground.ingest.parse.file import File, load
from homeground.ingest.parse.sniff import IMAGES, kind_of
from homeground.settings import IngestSettings
from homeground.types import ParsedDocument

# The module of this package that reads each kind; loaded when the first file of the kind comes.
_READERS = {
    "pdf": "pdf",
    "docx": "docx",
    "pptx": "pptx",
    "xlsx": "convert",
    "xlsb": "convert",
    "xls": "convert",
    "ods": "convert",
    "doc": "convert",
    "ppt": "convert",
    "odt": "odt",
    "odp": "convert",
    "rtf": "convert",
    "rst": "convert",
    "org": "convert",
    "msg": "convert",
    "epub": "epub",
    "html": "web",
    "xml": "markup",
    "eml": "mail",
    "markdown": "markdown",
    "csv": "delimited",
    "tsv": "delimited",
    "json": "records",
    "ndjson": "records",
    "ipynb": "notebook",
    "text": "plain",
} | dict.fromkeys(IMAGES, "picture")


def parse(path: Path, settings: IngestSettings) -> ParsedDocument:
    """Read one file.

    Raises:
        ReadError: why nothing of it could be read, in words.
    """
    return parse_bytes(load(path, settings), path.name, settings)


def parse_bytes(data: bytes, name: str, settings: IngestSettings) -> ParsedDocument:
    """Read the bytes of a file; `name` is its name, for the extension and the title of last resort.

    Raises:
        ReadError: why nothing of it could be read, in words.
    """
    if not data.strip(b"\0 \t\r\n\f\xef\xbb\xbf"):
        raise ReadError("it is empty" if not data else "it holds nothing but blanks")
    kind = kind_of(data, name)
    reader = import_module(f"{__name__}.{_READERS[kind.name]}")
    file = File(data, name, settings)
    try:
        document: ParsedDocument = reader.read(file)
    except RecursionError:
        raise ReadError("it is nested too deeply to be read") from None
    notes = (kind.note,) if kind.note else ()
    return replace(document, media_type=kind.media_type, problems=notes + document.problems)
