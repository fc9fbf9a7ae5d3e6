"""A source as PDF, by reportlab: A4, one column, headers and footers, tables with ruled totals."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    ListFlowable,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from sample_src.source import Block, Source

INK, BRAND, RULE, SHADE = HexColor("#1d2730"), HexColor("#0b5d6b"), HexColor("#b9c4c9"), HexColor("#eef4f5")
BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=14.5, textColor=INK, spaceAfter=7)
CELL = ParagraphStyle("cell", parent=BODY, fontSize=9.2, leading=12, spaceAfter=0)
FIGURE = ParagraphStyle("figure", parent=CELL, alignment=2)
H1 = ParagraphStyle(
    "h1", parent=BODY, fontName="Helvetica-Bold", fontSize=16, leading=20, textColor=BRAND, spaceBefore=8
)
H2 = ParagraphStyle(
    "h2", parent=BODY, fontName="Helvetica-Bold", fontSize=11.5, leading=15, spaceBefore=7, spaceAfter=4
)
TITLE = ParagraphStyle("title", parent=H1, fontSize=26, leading=31, spaceAfter=2)
SUBTITLE = ParagraphStyle(
    "subtitle", parent=BODY, fontSize=12, leading=16, textColor=HexColor("#55646d"), spaceAfter=14
)
TOTALS = re.compile(
    r"(Gross profit|Operating profit|Profit before tax|Profit for the year|Total|Non-current (assets|liabilities)"
    r"|Current (assets|liabilities)|Net cash|Increase in cash|Cash at the end|Staff costs)"
)
WIDTH = A4[0] - 46 * mm


def write(source: Source, path: Path, cover: bool = False) -> None:
    """Write `source` to `path`; `cover` puts the title on a page of its own."""
    template = BaseDocTemplate(
        str(path), pagesize=A4, invariant=1, title=source.title, author=source.author, subject=source.subtitle
    )
    frame = Frame(23 * mm, 22 * mm, WIDTH, A4[1] - 46 * mm, leftPadding=0, rightPadding=0)
    template.addPageTemplates(PageTemplate(frames=[frame], onPage=lambda canvas, _: _furniture(canvas, source, cover)))
    opening = [Paragraph(source.title, TITLE), Paragraph(f"{source.subtitle} \u00b7 {source.date:%-d %B %Y}", SUBTITLE)]
    story = [Spacer(1, 70 * mm), *opening, PageBreak()] if cover else opening
    with mock.patch("reportlab.rl_config.invariant", 1):
        template.build(story + [part for block in _together(source.blocks) for part in block])
    _date(path, source.date)


def _together(blocks: tuple[Block, ...]) -> list[list[Flowable]]:
    """The flowables block by block; a heading stays with what follows it."""
    groups: list[list[Flowable]] = []
    waiting: list[Flowable] = []
    for block in blocks:
        parts = _flowables(block)
        if block.kind in ("h1", "h2"):
            waiting += parts
        else:
            groups.append([KeepTogether(waiting + parts)] if waiting else parts)
            waiting = []
    return groups


def _flowables(block: Block) -> list[Flowable]:
    if block.kind == "page":
        return [PageBreak()]
    if block.kind == "bullets":
        items = [Paragraph(row[0], BODY) for row in block.rows]
        return [ListFlowable(items, bulletType="bullet", start="\u2022", leftIndent=12, bulletFontSize=9), Spacer(1, 4)]
    if block.kind == "table":
        return [_table(block.rows), Spacer(1, 11)]
    return [Paragraph(block.text, {"h1": H1, "h2": H2}.get(block.kind, BODY))]


def _table(rows: tuple[tuple[str, ...], ...]) -> Table:
    figures = all(re.fullmatch(r"[(£\d][\d,. %)]*", cell) for row in rows[1:] for cell in row[1:])
    style = FIGURE if figures else CELL
    cells: list[list[Any]] = []
    rules: list[Any] = [
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, BRAND),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, RULE),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 2.6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3.4),
    ]
    for number, row in enumerate(rows):
        bold = number == 0 or (figures and TOTALS.match(row[0]) is not None)
        shown = [f"<b>{cell}</b>" if bold else cell for cell in row]
        cells.append([Paragraph(shown[0], CELL), *(Paragraph(cell, style) for cell in shown[1:])])
        if bold and number:
            rules.append(("LINEABOVE", (0, number), (-1, number), 0.6, INK))
    first = WIDTH * (0.52 if figures else 0.36 if len(rows[0]) < 4 else 0.28)
    rest = (WIDTH - first) / (len(rows[0]) - 1)
    return Table(cells, colWidths=[first] + [rest] * (len(rows[0]) - 1), style=TableStyle(rules), repeatRows=1)


def _furniture(canvas: Any, source: Source, cover: bool) -> None:
    """The header line, the footer, and the page number."""
    canvas.saveState()
    if cover and canvas.getPageNumber() == 1:
        canvas.setFillColor(BRAND)
        canvas.rect(0, A4[1] - 62 * mm, A4[0], 62 * mm, stroke=0, fill=1)
        canvas.setFillColor(HexColor("#ffffff"))
        canvas.setFont("Helvetica-Bold", 22)
        canvas.drawString(23 * mm, A4[1] - 36 * mm, "Quillmere Pumps")
    else:
        canvas.setStrokeColor(BRAND)
        canvas.line(23 * mm, A4[1] - 18 * mm, A4[0] - 23 * mm, A4[1] - 18 * mm)
        canvas.setFillColor(HexColor("#55646d"))
        canvas.setFont("Helvetica", 8)
        canvas.drawString(23 * mm, A4[1] - 16 * mm, "Quillmere Pumps plc")
        canvas.drawRightString(A4[0] - 23 * mm, A4[1] - 16 * mm, source.title)
        canvas.drawRightString(A4[0] - 23 * mm, 13 * mm, f"{canvas.getPageNumber()}")
    canvas.restoreState()


def _date(path: Path, date: datetime) -> None:
    """Put the document's own date in place of reportlab's fixed one: same length, so that no offset moves."""
    stamp = f"D:{date:%Y%m%d%H%M%S}+00'00'".encode()
    path.write_bytes(re.sub(rb"D:20000101000000\+00'00'", stamp, path.read_bytes()))
