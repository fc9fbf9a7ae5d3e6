"""PPTX: a page per slide, in the order of the show: title, text, tables, charts, then the speaker's notes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from homeground.errors import ReadError
from homeground.ingest.parse.clean import good_title, one_line
from homeground.ingest.parse.dates import parse_date
from homeground.ingest.parse.draft import Draft
from homeground.ingest.parse.file import File
from homeground.ingest.parse.package import Package, attribute, core_facts, local
from homeground.types import ParsedDocument

_MAIN = "ppt/presentation.xml"
_FURNITURE = frozenset({"dt", "ftr", "sldNum", "hdr"})  # date, footer, slide number
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")
_MOST_POINTS = 2_000


def read(file: File) -> ParsedDocument:
    """A presentation."""
    package = Package(file.data, 4 * file.settings.max_file_mb)
    draft = Draft()
    for number, part in enumerate(_slides(package), 1):
        draft.page(f"Slide {number}")
        try:
            _slide(package, part, draft)
        except ReadError as error:
            draft.problem(f"the slide could not be read: {error}")
    pages = draft.pages()
    if not pages:
        raise ReadError("it is damaged: it holds no slides")
    facts = core_facts(package)
    first = next((one.text for page in pages for one in page.headings), "")
    date = parse_date(facts.get("modified")) or parse_date(facts.get("created"))
    return ParsedDocument(good_title(facts.get("title")) or good_title(first) or file.stem, "", pages, date)


def _slides(package: Package) -> list[str]:
    """The parts of the slides in the order of the show; by number where that order is lost."""
    relations = package.relations(_MAIN)
    root = package.optional(_MAIN)
    listed = [
        relations[key][1]
        for one in (root.iter() if root is not None else ())
        if local(one.tag) == "sldId" and (key := _relation(one, "id")) in relations
    ]
    if listed:
        return listed
    found = [match for name in package.names if (match := _SLIDE.fullmatch(name))]
    return [match[0] for match in sorted(found, key=lambda match: int(match[1]))]


def _relation(element: Element, name: str) -> str:
    """The value of an attribute of the relations namespace (a plain `id` may stand beside it)."""
    return next((value for key, value in element.items() if key.endswith(f"/relationships}}{name}")), "")


def _slide(package: Package, part: str, draft: Draft) -> None:
    relations = package.relations(part)
    tree = next((one for one in package.xml(part).iter() if local(one.tag) == "spTree"), None)
    shapes = list(_shapes(tree)) if tree is not None else []
    titles = [shape for shape in shapes if _placeholder(shape) in ("title", "ctrTitle")]
    for shape in titles:
        draft.heading(" ".join(_paragraphs(shape)), 1)
    for shape in _in_order([shape for shape in shapes if shape not in titles]):
        _shape(package, relations, shape, draft)
    for kind, target in relations.values():
        if kind == "notesSlide":
            _notes(package, target, draft)
    if draft.empty and any(local(shape.tag) == "pic" for shape in shapes):
        draft.problem("no text: the slide holds nothing but pictures, which are not read")


def _shapes(tree: Element) -> Iterator[Element]:
    """Shapes, with those of groups in the place of the group; of alternatives, the first."""
    for one in tree:
        name = local(one.tag)
        if name in ("sp", "graphicFrame", "cxnSp", "pic"):
            yield one
        elif name == "grpSp" or name == "Choice":
            yield from _shapes(one)
        elif name == "AlternateContent" and len(one):
            yield from _shapes(one[0])


def _placeholder(shape: Element) -> str | None:
    mark = next((one for one in shape.iter() if local(one.tag) == "ph"), None)
    return None if mark is None else mark.get("type", "body")


def _in_order(shapes: list[Element]) -> list[Element]:
    """From top to bottom where every shape tells where it is; else as they lie in the file."""
    places = [_place(shape) for shape in shapes]
    if None in places:
        return shapes
    keyed = sorted(zip(places, range(len(shapes)), strict=True), key=lambda one: (one[0] or (0, 0), one[1]))
    return [shapes[index] for _, index in keyed]


def _place(shape: Element) -> tuple[int, int] | None:
    """Row (in steps of about a centimetre) and left edge of a shape."""
    for one in shape.iter():
        if local(one.tag) == "off":
            try:
                return int(one.get("y", "")) // 360_000, int(one.get("x", ""))
            except ValueError:
                return None
    return None


def _shape(package: Package, relations: dict[str, tuple[str, str]], shape: Element, draft: Draft) -> None:
    if _placeholder(shape) in _FURNITURE:
        return
    table = next((one for one in shape.iter() if local(one.tag) == "tbl"), None)
    if table is not None:
        rows = [row for row in table if local(row.tag) == "tr"]
        draft.table([[" ".join(_paragraphs(cell)) for cell in row if local(cell.tag) == "tc"] for row in rows])
        return
    if local(shape.tag) == "pic":
        if alternative := _alternative(shape):
            draft.paragraph(f"Picture: {alternative}")
        return
    lines = list(_paragraphs(shape))
    if lines:
        draft.paragraph("\n".join(lines))
    for one in shape.iter():
        if local(one.tag) in ("chart", "relIds"):
            key = _relation(one, "id") or _relation(one, "dm")
            _attached(package, relations.get(key, ("", ""))[1], draft)


def _alternative(shape: Element) -> str:
    """What the author wrote about a picture; a bare file name is nothing."""
    named = next((one for one in shape.iter() if local(one.tag) == "cNvPr"), None)
    text = one_line(named.get("descr", "")) if named is not None else ""
    return "" if posixpath.splitext(text)[1] and " " not in text else text


def _paragraphs(element: Element) -> Iterator[str]:
    """The lines of a text body; bullets of lower levels are indented."""
    for one in element.iter():
        if local(one.tag) != "p":
            continue
        text = "".join(_runs(one)).strip()
        if text:
            properties = next((part for part in one if local(part.tag) == "pPr"), None)
            level = int(properties.get("lvl", "0") or 0) if properties is not None else 0
            yield f"{'  ' * min(level, 8)}{text}" if level else text


def _runs(paragraph: Element) -> Iterator[str]:
    for one in paragraph.iter():
        if local(one.tag) == "t":
            yield one.text or ""
        elif local(one.tag) in ("br", "tab"):
            yield "\n" if local(one.tag) == "br" else " "


def _notes(package: Package, part: str, draft: Draft) -> None:
    root = package.optional(part)
    shapes = (
        [] if root is None else [one for one in root.iter() if local(one.tag) == "sp" and _placeholder(one) == "body"]
    )
    lines = [line for shape in shapes for line in _paragraphs(shape)]
    if lines:
        draft.paragraph("Notes: " + "\n".join(lines))


def _attached(package: Package, part: str, draft: Draft) -> None:
    """A chart as a table of its series, or the texts of a diagram."""
    root = package.optional(part)
    if root is None:
        return
    if local(root.tag) != "chartSpace":
        lines = list(_paragraphs(root))
        if lines:
            draft.paragraph("\n".join(lines))
        return
    title = next((one for one in root.iter() if local(one.tag) == "title"), None)
    if title is not None:
        draft.paragraph("Chart: " + " ".join(_paragraphs(title)))
    series = [one for one in root.iter() if local(one.tag) == "ser"]
    if series:
        columns = [_points(series[0], "cat"), *(_points(one, "val") for one in series)]
        names = ["", *(" ".join(_points(one, "tx").values()) for one in series)]
        places = sorted(set().union(*columns))[:_MOST_POINTS]
        draft.table([names, *([column.get(place, "") for column in columns] for place in places)], header=True)


def _points(series: Element, name: str) -> dict[int, str]:
    """Index → cached value of the names, categories or values of a chart's series."""
    part = next((one for one in series if local(one.tag) == name), None)
    found: dict[int, str] = {}
    for point in part.iter() if part is not None else ():
        if local(point.tag) == "pt":
            value = next((one.text or "" for one in point if local(one.tag) == "v"), "")
            found[int(attribute(point, "idx") or 0)] = value
    return found
