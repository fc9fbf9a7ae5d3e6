"""DOCX: paragraphs, headings by style, tables row by row, notes and comments; pages where Word left page breaks.

Word notes where its last layout broke pages. Files of other programs hold breaks by hand at most: they begin a page
too, but what lies between two of them is cut into nominal pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from homeground.ingest.parse.clean import good_title
from homeground.ingest.parse.dates import parse_date
from homeground.ingest.parse.draft import Draft
from homeground.ingest.parse.file import File
from homeground.ingest.parse.package import Package, attribute, core_facts, local
from homeground.types import ParsedDocument

_SKIPPED = frozenset({"del", "moveFrom", "Fallback", "instrText", "delText", "rPr", "pPr", "sectPr", "tblPr"})
_SIGNS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": " "}
_BREAK = "\f"
_HEADING = re.compile(r"heading\s*([1-9])", re.IGNORECASE)
_NOTES = (("footnotes", "Footnote"), ("endnotes", "Endnote"), ("comments", "Comment"))


def read(file: File) -> ParsedDocument:
    """A Word document."""
    package = Package(file.data, 4 * file.settings.max_file_mb)
    main = next(
        (part for kind, part in package.relations("").values() if kind == "officeDocument" and part in package.names),
        "word/document.xml",
    )
    levels = _levels(package.optional(_beside(main, "styles.xml")))
    writer, body = _Writer(Draft(), levels), package.xml(main)
    writer.blocks(body)
    writer.draft.broken = any(local(one.tag) == "lastRenderedPageBreak" for one in body.iter())
    _add_notes(package, main, writer.draft)
    facts = core_facts(package)
    pages = writer.draft.pages()
    first = next((one.text for page in pages for one in page.headings), "")
    date = parse_date(facts.get("modified")) or parse_date(facts.get("created"))
    return ParsedDocument(
        good_title(facts.get("title")) or writer.title or good_title(first) or file.stem, "", pages, date
    )


def _beside(part: str, name: str) -> str:
    return f"{part.rsplit('/', 1)[0]}/{name}" if "/" in part else name


def _levels(styles: Element | None) -> dict[str, int]:
    """Style id → heading level; the title's is 0."""
    if styles is None:
        return {}
    found: dict[str, int] = {}
    parents: dict[str, str] = {}
    for style in styles:
        key = attribute(style, "styleId")
        if local(style.tag) != "style" or not key:
            continue
        for one in style.iter():
            value = attribute(one, "val") or ""
            if local(one.tag) == "name" and (match := _HEADING.fullmatch(value.strip())):
                found[key] = int(match[1])
            elif local(one.tag) == "name" and value.lower() == "title":
                found[key] = 0
            elif local(one.tag) == "outlineLvl" and value.isdigit() and int(value) < 9:
                found.setdefault(key, int(value) + 1)
            elif local(one.tag) == "basedOn":
                parents[key] = value
    return {key: level for key in found.keys() | parents.keys() if (level := _level(key, parents, found)) is not None}


def _level(key: str, parents: dict[str, str], found: dict[str, int]) -> int | None:
    """The level of a style, or of the nearest style that it is based on."""
    seen: set[str] = set()
    while key not in found and key in parents and key not in seen:
        seen.add(key)
        key = parents[key]
    return found.get(key)


class _Writer:
    """Writes blocks of the body into a draft."""

    def __init__(self, draft: Draft, levels: dict[str, int]) -> None:
        self.draft, self._levels = draft, levels
        self.title = ""
        self._in_list = False

    def blocks(self, parent: Element) -> None:
        for one in parent:
            name = local(one.tag)
            if name == "p":
                self._paragraph(one)
            elif name == "tbl":
                self._table(one)
            elif name not in _SKIPPED:
                self.blocks(one)  # content controls, insertions, alternatives

    def _paragraph(self, element: Element) -> None:
        style, outline, listed, breaks_before = _properties(element)
        if breaks_before:
            self._break()
        parts = _text(element).split(_BREAK)
        level = outline if outline is not None else self._levels.get(style)
        for number, part in enumerate(parts):
            if number:
                self._break()
            if part.strip():
                self._write(part, level, listed)

    def _write(self, part: str, level: int | None, listed: bool) -> None:
        if level is not None and len(part) < 300:
            self.draft.heading(part, level or 1)
            self.title = self.title or (good_title(part) if level == 0 else "")
        else:
            near = listed and self._in_list
            self.draft.paragraph(f"- {part.strip()}" if listed else part.strip(), "\n" if near else "\n\n")
        self._in_list = listed and level is None

    def _break(self) -> None:
        if not self.draft.empty:
            self.draft.page()
            self._in_list = False

    def _table(self, element: Element) -> None:
        rows, named = [], None
        for row in _rows(element):
            rows.append([" ".join(_text(cell).split()) for cell in row if local(cell.tag) in ("tc", "sdt")])
            named = named or any(local(one.tag) == "tblHeader" for one in row.iter()) or None
        if len(rows) == 1 or all(len(row) == 1 for row in rows):
            for cells in rows:  # a frame around text, not a table
                self.draft.paragraph("\n".join(cells))
        else:
            self.draft.table(rows, named)
        self._in_list = False


def _rows(table: Element) -> Iterator[Element]:
    for one in table:
        if local(one.tag) == "tr":
            yield one
        elif local(one.tag) not in _SKIPPED:
            yield from _rows(one)


def _properties(paragraph: Element) -> tuple[str, int | None, bool, bool]:
    """Style, heading level set by hand, whether it is a list item, whether a page begins with it."""
    style, outline, listed, before = "", None, False, False
    properties = next((one for one in paragraph if local(one.tag) == "pPr"), None)
    for one in properties if properties is not None else ():
        name, value = local(one.tag), attribute(one, "val") or ""
        if name == "pStyle":
            style = value
        elif name == "outlineLvl" and value.isdigit() and int(value) < 9:
            outline = int(value) + 1
        elif name == "numPr":
            listed = True
        elif name == "pageBreakBefore":
            before = value not in ("0", "false")
    return style, outline, listed, before


def _text(element: Element) -> str:
    return "".join(_runs(element))


def _runs(element: Element) -> Iterator[str]:
    for one in element:
        name = local(one.tag)
        if name == "t":
            yield one.text or ""
        elif name == "lastRenderedPageBreak" or (name == "br" and attribute(one, "type") == "page"):
            yield _BREAK
        elif name in _SIGNS:
            yield _SIGNS[name]
        elif name not in _SKIPPED:
            yield from _runs(one)
            if name in ("p", "tr", "txbxContent"):
                yield "\n"


def _add_notes(package: Package, main: str, draft: Draft) -> None:
    """Footnotes, endnotes and comments after the text that they belong to, then each header and footer once."""
    for part, word in _NOTES:
        root = package.optional(_beside(main, f"{part}.xml"))
        for note in root if root is not None else ():
            text = " ".join(_text(note).split())
            if text and attribute(note, "type") is None:
                author = attribute(note, "author")
                draft.paragraph(f"{word}{f' by {author}' if author else ''}: {text}")
    for margin in dict.fromkeys(_margins(package, main)):
        draft.paragraph(margin)


def _margins(package: Package, main: str) -> Iterator[str]:
    """Headers and footers that say something; a page number alone does not."""
    for kind, part in package.relations(main).values():
        root = package.optional(part) if kind in ("header", "footer") else None
        text = " ".join(_text(root).split()) if root is not None else ""
        if any(character.isalpha() for character in text):
            yield f"{kind.capitalize()}: {text}"
