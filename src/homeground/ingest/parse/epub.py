"""EPUB: a page (or more) per chapter, in the order of the book."""

from __future__ import annotations

import posixpath
import urllib.parse
from xml.etree.ElementTree import Element

from homeground.errors import ReadError
from homeground.ingest.parse.clean import good_title
from homeground.ingest.parse.dates import parse_date
from homeground.ingest.parse.decode import decode
from homeground.ingest.parse.draft import Draft
from homeground.ingest.parse.file import File
from homeground.ingest.parse.package import Package, attribute, local
from homeground.ingest.parse.web import add_html, declared
from homeground.types import ParsedDocument

_CONTAINER = "META-INF/container.xml"


def read(file: File) -> ParsedDocument:
    """An electronic book."""
    package = Package(file.data, 4 * file.settings.max_file_mb)
    if "META-INF/encryption.xml" in package.names and "META-INF/rights.xml" in package.names:
        raise ReadError("it is encrypted (DRM); it cannot be read")
    main = next(
        (attribute(one, "full-path") for one in package.xml(_CONTAINER).iter() if local(one.tag) == "rootfile"), ""
    )
    root = package.xml(main or "")
    draft, problems = Draft(), []
    for part in _spine(root, posixpath.dirname(main or "")):
        try:
            data = package.read(part)
        except ReadError as error:
            problems.append(f"the chapter {part}: {error}")
            continue
        if not draft.empty:
            draft.page()
        add_html(draft, decode(data, declared(data)).text)
    title = good_title(_fact(root, "title")) or file.stem
    return ParsedDocument(title, "", draft.pages(), parse_date(_fact(root, "date")), tuple(problems))


def _spine(root: Element, folder: str) -> list[str]:
    """The parts of the book in reading order."""
    files = {
        one.get("id", ""): posixpath.normpath(posixpath.join(folder, urllib.parse.unquote(one.get("href", ""))))
        for one in root.iter()
        if local(one.tag) == "item"
    }
    listed = [one.get("idref", "") for one in root.iter() if local(one.tag) == "itemref"]
    return [files[key] for key in listed if key in files]


def _fact(root: Element, name: str) -> str:
    return next((one.text or "" for one in root.iter() if local(one.tag) == name), "")
