"""The price list as XLSX, by openpyxl: two sheets, real numbers, a header row that stays."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from sample_src.seal import seal

DATE = datetime(2026, 1, 5, 9, tzinfo=UTC)
Row = tuple[str | float, ...]

PUMPS: tuple[Row, ...] = (
    ("Part number", "Product", "Motor (kW)", "Max. flow (m³/h)", "Max. head (m)", "List price (£)", "Delivery (days)"),
    ("HR-2040-S", "Heron 200, stainless steel", 4.0, 60, 38, 3190, 12),
    ("HR-2075-S", "Heron 200, stainless steel", 7.5, 90, 51, 3980, 12),
    ("HR-2110-C", "Heron 200, cast iron", 11.0, 120, 62, 3745, 12),
    ("HR-3150-S", "Heron 300, stainless steel", 15.0, 110, 82, 6480, 30),
    ("HR-3185-S", "Heron 300, stainless steel", 18.5, 130, 90, 7120, 30),
    ("HR-3220-S", "Heron 300, stainless steel", 22.0, 145, 96, 7850, 30),
    ("BT-3500-C", "Bittern 350, cast iron", 5.5, 140, 18, 4760, 45),
    ("BT-3507-C", "Bittern 350, cast iron", 7.5, 165, 24, 5315, 45),
    ("BT-3511-X", "Bittern 350, duplex steel, explosion-proof", 11.0, 190, 31, 8940, 60),
    ("EG-5100-P", "Egret 510, PVDF head, 12 l/h", 0.09, 0.012, 100, 865, 8),
    ("EG-5130-P", "Egret 510, PVDF head, 30 l/h", 0.09, 0.03, 70, 985, 8),
    ("EG-5130-S", "Egret 510, stainless head, 30 l/h", 0.12, 0.03, 120, 1340, 8),
)
PARTS: tuple[Row, ...] = (
    ("Part number", "Description", "Fits", "Price (£)", "Price from 10 (£)"),
    ("SK-118-V", "Seal kit, FKM", "Heron 200", 96, 86),
    ("SK-118-E", "Seal kit, EPDM", "Heron 200", 84, 75),
    ("SK-350-N", "Seal kit, NBR", "Bittern 350", 132, 119),
    ("SC-300-V", "Seal cartridge, FKM", "Heron 300", 248, 225),
    ("DK-515", "Diaphragm kit", "Egret 510", 54, 48),
    ("DR-90", "Dry-run guard", "Heron 200, Heron 300", 189, 172),
    ("IM-204-S", "Impeller, 4 kW", "Heron 200", 295, 268),
    ("IM-207-S", "Impeller, 7.5 kW", "Heron 200", 342, 310),
    ("BE-6306", "Ball bearing 6306", "Heron 200", 19, 16.5),
    ("VS-12", "Vibration sensor", "Heron 300", 164, 149),
)
TERMS = (
    "Prices without VAT, from the works in Harrowick, valid from 1 January 2026.",
    "Discount for partners: 12 % from £10,000 and 18 % from £50,000 of orders a year. Payment within 30 days.",
)


def write(path: Path) -> None:
    """Write the price list to `path`."""
    book = Workbook()
    pumps = book.active
    assert isinstance(pumps, Worksheet)
    pumps.title = "Pumps"
    _fill(pumps, PUMPS, "£#,##0", 6, (14, 42, 12, 17, 14, 15, 16))
    _fill(book.create_sheet("Spare parts"), PARTS, "£#,##0.00", 4, (14, 26, 24, 12, 18))
    facts = book.properties
    facts.title, facts.creator, facts.created = "Price list 2026", "Sales", DATE.replace(tzinfo=None)
    book.save(path)
    seal(path, DATE)


def _fill(sheet: Worksheet, rows: tuple[Row, ...], money: str, first_price: int, widths: tuple[int, ...]) -> None:
    for row in rows:
        sheet.append(row)
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="0B5D6B")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    last_price = first_price if sheet.title == "Pumps" else first_price + 1
    for line in sheet.iter_rows(2, len(rows), first_price, last_price):
        for cell in line:
            cell.number_format = money
    for column, width in zip(sheet.columns, widths, strict=True):
        sheet.column_dimensions[column[0].column_letter].width = width
    sheet.freeze_panes = "A2"
    for number, words in enumerate(TERMS if sheet.title == "Pumps" else TERMS[:1], len(rows) + 2):
        sheet.cell(number, 1, words)
