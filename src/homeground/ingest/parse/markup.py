"""XML of no known kind, and feeds: the text of each element on a line, after the element's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from homeground.errors import ReadError
from homeground.ingest.parse.clean import good_title, one_line
from homeground.ingest.parse.decode import decode
from homeground.ingest.parse.draft import Draft
from homeground.ingest.parse.file import File
from homeground.ingest.parse.package import local, parse_xml
from homeground.ingest.parse.plain import add_text
from homeground.ingest.parse.web import add_html, declared
from homeground.types import ParsedDocument

_TITLES = frozenset({"title", "name"})
_DEEPEST = 200
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")


def read(file: File) -> ParsedDocument:
    """An XML file; one that is not well formed is read as plain text, which is reported."""
    draft, decoded = Draft(), decode(file.data, declared(file.data))
    try:
        # The declaration goes: it may name another encoding than the one that the bytes are in.
        root = parse_xml(_DECLARATION.sub("", decoded.text).encode())
    except ReadError as error:
        if "entities" in str(error):
            raise
        add_text(draft, decoded.text)
        return ParsedDocument(file.stem, "", draft.pages(), problems=(f"{error}; read as plain text",))
    _add(draft, root, 0)
    title = next((one.text for one in root.iter() if local(one.tag) in _TITLES and one.text), "")
    problems = (decoded.problem,) if decoded.problem else ()
    return ParsedDocument(good_title(title) or file.stem, "", draft.pages(), problems=problems)


def _add(draft: Draft, element: Element, depth: int) -> None:
    """Records, that is elements whose children are mere values, become paragraphs."""
    if depth > _DEEPEST:
        raise ReadError("it is nested too deeply to be read")
    lines = list(_values(element))
    if lines:
        draft.paragraph("\n".join(lines))
    for child in element:
        if len(child):
            _add(draft, child, depth + 1)
        elif child.text and "<" in child.text and ">" in child.text:
            add_html(draft, child.text)


def _values(element: Element) -> Iterator[str]:
    """`name: text` for the attributes, the text and the plain children of an element."""
    words = [f"{local(key)}: {one_line(value)}" for key, value in element.items() if value.strip()]
    text = one_line(element.text or "")
    if words or text:
        yield ", ".join([f"{local(element.tag)}: {text}" if text else local(element.tag), *words])
    for child in element:
        text = one_line(child.text or "")
        if not len(child) and not ("<" in text and ">" in text):
            extra = [f"{local(key)}: {one_line(value)}" for key, value in child.items() if value.strip()]
            if text or extra:
                yield ", ".join([f"{local(child.tag)}: {text}" if text else local(child.tag), *extra])
        if tail := one_line(child.tail or ""):
            yield tail
