"""ODT: headings, paragraphs, lists and tables; pages where the program that saved it noted page breaks."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from homeground.ingest.parse.clean import good_title
from homeground.ingest.parse.dates import parse_date
from homeground.ingest.parse.draft import Draft
from homeground.ingest.parse.file import File
from homeground.ingest.parse.package import Package, attribute, local
from homeground.types import ParsedDocument

_SKIPPED = frozenset(
    {"tracked-changes", "forms", "sequence-decls", "table-of-content-source", "event-listeners", "desc"}
)
_BREAK = "\f"
_SIGNS = {"tab": " ", "line-break": "\n", "soft-page-break": _BREAK}
_MOST_REPEATS = 100


def read(file: File) -> ParsedDocument:
    """An OpenDocument text."""
    package = Package(file.data, 4 * file.settings.max_file_mb)
    root = package.xml("content.xml")
    broken = {
        attribute(style, "name")
        for style in root.iter()
        if local(style.tag) == "style" and any(attribute(one, "break-before") == "page" for one in style)
    }
    writer = _Writer(broken)
    body = next((one for one in root.iter() if local(one.tag) == "text" and "office" in one.tag), root)
    writer.blocks(body)
    facts = _facts(package)
    pages = writer.draft.pages()
    first = next((one.text for page in pages for one in page.headings), "")
    date = parse_date(facts.get("date")) or parse_date(facts.get("creation-date"))
    return ParsedDocument(good_title(facts.get("title")) or good_title(first) or file.stem, "", pages, date)


def _facts(package: Package) -> dict[str, str]:
    root = package.optional("meta.xml")
    return {} if root is None else {local(one.tag): one.text for one in root.iter() if one.text and one.text.strip()}


class _Writer:
    """Writes blocks of the body into a draft; `broken` are the styles that begin a page."""

    def __init__(self, broken: set[str | None]) -> None:
        self.draft, self._broken = Draft(), broken

    def blocks(self, parent: Element) -> None:
        for one in parent:
            name = local(one.tag)
            if name in ("p", "h"):
                level = int(attribute(one, "outline-level") or 1) if name == "h" else 0
                self._paragraph(one, level)
            elif name == "list":
                self._list(one, 0)
            elif name == "table":
                self.draft.table([list(_cells(row)) for row in _rows(one)], None)
            elif name == "soft-page-break":
                self._break()
            elif name not in _SKIPPED:
                self.blocks(one)

    def _paragraph(self, element: Element, level: int, lead: str = "", gap: str = "\n\n") -> None:
        if attribute(element, "style-name") in self._broken:
            self._break()
        for number, part in enumerate(_text(element).split(_BREAK)):
            if number:
                self._break()
            if not part.strip():
                continue
            if level and len(part) < 300:
                self.draft.heading(part, level)
            else:
                self.draft.paragraph(f"{lead}{part.strip()}", gap)

    def _list(self, element: Element, depth: int) -> None:
        first = depth == 0
        for item in element:
            for one in item:
                name = local(one.tag)
                if name == "h":
                    self._paragraph(one, int(attribute(one, "outline-level") or 1))
                elif name == "p":
                    self._paragraph(one, 0, f"{'  ' * depth}- ", "\n\n" if first else "\n")
                    first = False
                elif name == "list" and depth < 50:
                    self._list(one, depth + 1)

    def _break(self) -> None:
        if not self.draft.empty:
            self.draft.page()


def _rows(table: Element) -> Iterator[Element]:
    for one in table:
        if local(one.tag) == "table-row":
            yield one
        elif local(one.tag) in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _rows(one)


def _cells(row: Element) -> Iterator[str]:
    for one in row:
        if local(one.tag) in ("table-cell", "covered-table-cell"):
            text = " ".join(_text(one).split())
            count = attribute(one, "number-columns-repeated") or "1"
            yield from [text] * (min(int(count), _MOST_REPEATS) if count.isdigit() else 1)


def _text(element: Element) -> str:
    return "".join(_runs(element))


def _runs(element: Element) -> Iterator[str]:
    yield element.text or ""
    for one in element:
        name = local(one.tag)
        if name == "s":
            yield " "
        elif name in _SIGNS:
            yield _SIGNS[name]
        elif name == "annotation":
            yield f" (Comment: {' '.join(_text(one).split())}) "
        elif name not in _SKIPPED:
            yield from _runs(one)
            if name in ("p", "h"):
                yield "\n"
        yield one.tail or ""
