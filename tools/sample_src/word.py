"""A source as DOCX, by python-docx: real heading styles, tables, and a page break where the source has one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.text import WD_BREAK
from docx.shared import Cm, Pt, RGBColor

from sample_src.seal import seal
from sample_src.source import Block, Source

BRAND = RGBColor(0x0B, 0x5D, 0x6B)


def write(source: Source, path: Path) -> None:
    """Write `source` to `path`."""
    document = Document()
    _style(document)
    document.add_heading(source.title, 0)
    document.add_paragraph(source.subtitle, style="Subtitle")
    for block in source.blocks:
        _add(document, block)
    facts = document.core_properties
    facts.title, facts.author, facts.created, facts.modified = source.title, source.author, source.date, source.date
    facts.comments, facts.last_modified_by = "", source.author
    document.save(str(path))
    seal(path, source.date)


def _style(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.4)
    section.footer.paragraphs[0].text = "Quillmere Pumps plc \u00b7 Employee Handbook \u00b7 Internal"
    document.styles["Normal"].font.name, document.styles["Normal"].font.size = "Calibri", Pt(11)
    for name in ("Title", "Heading 1", "Heading 2"):
        document.styles[name].font.color.rgb = BRAND
        document.styles[name].font.name = "Calibri"


def _add(document: Any, block: Block) -> None:
    if block.kind == "page":
        document.paragraphs[-1].add_run().add_break(WD_BREAK.PAGE)
    elif block.kind in ("h1", "h2"):
        document.add_heading(block.text, int(block.kind[1]))
    elif block.kind == "bullets":
        for row in block.rows:
            document.add_paragraph(row[0], style="List Bullet")
    elif block.kind == "table":
        _table(document, block)
    else:
        document.add_paragraph(block.text)


def _table(document: Any, block: Block) -> None:
    table = document.add_table(len(block.rows), len(block.rows[0]), style="Light Grid Accent 5")
    for row, cells in zip(table.rows, block.rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.add_paragraph()
