"""A scanned service report: a page rendered to a picture, turned a little, with noise, in a PDF without text."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

DATE = datetime(2026, 2, 18, 14, tzinfo=UTC)
SIZE = (1240, 1754)  # A4 at 150 dots per inch
LINES = (
    (46, "Quillmere Pumps plc"),
    (26, "Service centre Stanmoor"),
    (0, ""),
    (38, "Service report 4471"),
    (0, ""),
    (27, "Customer: Marlowe Bridge Water Works"),
    (27, "Date of visit: 18 February 2026"),
    (27, "Technician: Piet Ramsden"),
    (27, "Pump: Bittern 350, serial number BT25330087"),
    (27, "Hours of operation: 3,112"),
    (0, ""),
    (27, "Complaint: the pump switches off after about ten minutes."),
    (27, "Finding: the O-ring of the cable entry was leaking and water"),
    (27, "had reached the motor winding. Insulation: 0.4 megohm."),
    (27, "Work: winding dried, O-ring replaced by OR-5521-V,"),
    (27, "cable entry sealed anew, test run of 90 minutes."),
    (0, ""),
    (27, "Working time: 5.5 hours. Travel time: 2 hours."),
    (27, "Charged: nothing, warranty. Return number RMA 26-0318."),
    (0, ""),
    (27, "Recommendation: check the cable entry of the second pump"),
    (27, "at the next service, due in August 2026."),
)


def write(path: Path) -> None:
    """Write the scan to `path`."""
    page = Image.new("L", SIZE, 252)
    draw, height = ImageDraw.Draw(page), 150
    for size, words in LINES:
        if words:
            draw.text((150, height), words, 40, ImageFont.load_default(size))
        height += int(size * 1.75) or 34
    draw.line((150, 290, 1090, 290), 90, 3)
    draw.line((150, height + 120, 520, height + 120), 90, 2)
    draw.text((150, height + 130), "Signature", 90, ImageFont.load_default(20))
    _sign(draw, height + 95)
    turned = page.rotate(0.9, Image.Resampling.BICUBIC, fillcolor=247).filter(ImageFilter.GaussianBlur(0.6))
    noise = np.random.default_rng(4471).normal(0, 5, (SIZE[1], SIZE[0]))
    grey = np.clip(np.asarray(turned, float) + noise, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(grey).save(
        buffer,
        "PDF",
        resolution=150,
        quality=55,
        title="Scan 2026-02-18",
        creationDate=DATE.timetuple(),
        modDate=DATE.timetuple(),
    )
    path.write_bytes(buffer.getvalue())


def _sign(draw: ImageDraw.ImageDraw, base: int) -> None:
    """A pen stroke where a signature goes."""
    points = [(170 + 6 * step, base - 28 * np.sin(step / 2.1) * np.cos(step / 7) - step / 4) for step in range(48)]
    draw.line([(float(x), float(y)) for x, y in points], 60, 3, joint="curve")
