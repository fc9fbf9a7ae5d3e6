"""The product presentation as PPTX, by python-pptx: wide slides, a title bar, bullets, one table, speaker's notes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Cm, Pt

from sample_src.seal import seal

DATE = datetime(2025, 11, 20, 9, tzinfo=UTC)
BRAND, INK, WHITE = RGBColor(0x0B, 0x5D, 0x6B), RGBColor(0x1D, 0x27, 0x30), RGBColor(0xFF, 0xFF, 0xFF)

SLIDES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "Why a Heron 300",
        (
            "Customers with long pipelines need more head than the 62 metres of the Heron 200.",
            "In 2024 we lost 38 tenders worth £2.9 million because the head was too low.",
            "Competing pumps reach 90 metres but need 15 % more energy at the same duty point.",
        ),
        "Tender losses are taken from the sales database, January to December 2024.",
    ),
    (
        "Schedule",
        (
            "Endurance test of 8,000 hours: finished in December 2025.",
            "Certification for drinking water: February 2026.",
            "Production of the Heron 300 starts on 4 May 2026.",
            "First deliveries to customers: June 2026.",
        ),
        "Gareth Tull presents this slide at the sales conference.",
    ),
    (
        "Price and target",
        (
            "List price of the Heron 300 in the 15 kW version: £6,480.",
            "Target for the first full year: 260 pumps.",
            "Gross margin of 41 % from the second year.",
            "Eleven customers have ordered in advance.",
        ),
        "Prices for the 18.5 kW and 22 kW versions follow in January.",
    ),
    (
        "What customers gain",
        (
            "Energy costs fall by £1,900 a year at 6,000 hours of operation and 24 pence a kilowatt-hour.",
            "The seal cartridge is changed in 45 minutes instead of three hours, without removing the motor.",
            "A vibration sensor warns about two weeks before a bearing fails.",
        ),
        "The comparison is with the Heron 200 at 40 cubic metres an hour.",
    ),
)
TABLE = (
    ("", "Heron 200", "Heron 300"),
    ("Maximum head", "62 m", "96 m"),
    ("Maximum flow", "120 m³/h", "145 m³/h"),
    ("Motor", "4 to 11 kW", "15 to 22 kW"),
    ("Efficiency at best point", "74 %", "81 %"),
    ("Weight with motor", "118 kg", "176 kg"),
    ("Noise at 1 metre", "71 dB", "68 dB"),
    ("Liquid temperature", "-10 to 110 °C", "-20 to 130 °C"),
)


def write(path: Path) -> None:
    """Write the presentation to `path`."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Cm(33.87), Cm(19.05)
    _cover(deck)
    for title, bullets, notes in SLIDES[:1]:
        _bullets(deck, title, bullets, notes)
    _table(deck)
    for title, bullets, notes in SLIDES[1:]:
        _bullets(deck, title, bullets, notes)
    facts = deck.core_properties
    facts.title, facts.author, facts.last_modified_by = "Heron 300: launch presentation", "Sales", "Sales"
    facts.created = facts.modified = DATE
    deck.save(str(path))
    seal(path, DATE)


def _cover(deck: Any) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    bar = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, 0, 0, deck.slide_width, deck.slide_height)
    bar.fill.solid()
    bar.fill.fore_color.rgb = BRAND
    bar.line.fill.background()
    _text(slide, (2.5, 6.2, 28, 3), ("Heron 300: more head, less energy",), 44, WHITE, bold=True)
    _text(slide, (2.5, 9.6, 28, 2), ("Launch presentation for sales partners, 20 November 2025",), 22, WHITE)


def _titled(deck: Any, title: str) -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    shape = slide.shapes.title
    shape.left, shape.top, shape.width, shape.height = Cm(2), Cm(1), Cm(30), Cm(2.4)
    shape.text = title
    font = shape.text_frame.paragraphs[0].font
    font.size, font.bold, font.color.rgb = Pt(34), True, BRAND
    shape.text_frame.paragraphs[0].alignment = 1
    return slide


def _bullets(deck: Any, title: str, bullets: tuple[str, ...], notes: str) -> None:
    slide = _titled(deck, title)
    _text(slide, (2, 4.2, 30, 13), tuple(f"\u2022 {bullet}" for bullet in bullets), 24, INK)
    slide.notes_slide.notes_text_frame.text = notes


def _table(deck: Any) -> None:
    slide = _titled(deck, "Technical data")
    table = slide.shapes.add_table(len(TABLE), 3, Cm(2), Cm(4), Cm(29), Cm(12)).table
    for row, cells in enumerate(TABLE):
        for column, text in enumerate(cells):
            cell = table.cell(row, column)
            cell.text = text
            cell.text_frame.paragraphs[0].font.size = Pt(20)
            if row == 0:
                cell.fill.solid()
                cell.fill.fore_color.rgb = BRAND


def _text(
    slide: Any, box: tuple[float, ...], lines: tuple[str, ...], size: int, colour: Any, bold: bool = False
) -> None:
    frame = slide.shapes.add_textbox(*(Cm(side) for side in box)).text_frame
    frame.word_wrap = True
    for number, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text, paragraph.space_after = line, Pt(14)
        paragraph.font.size, paragraph.font.bold, paragraph.font.color.rgb = Pt(size), bold, colour
