"""PDF files made by hand, for tests of every room."""

from __future__ import annotations

Page = list[tuple[int, int, str]] | str | None


def pdf(*pages: Page, title: str = "", bookmark: str = "") -> bytes:
    """A PDF file: a list of (x, y, words) per page, or raw drawing; None makes a picture."""
    bodies = ["<< /Type /Catalog /Pages 2 0 R" + (" /Outlines 5 0 R" if bookmark else "") + " >>"]
    first = 6 + bool(bookmark)
    kids = " ".join(f"{first + 2 * index} 0 R" for index in range(len(pages)))
    bodies.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>")
    bodies.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    bodies.append(f"<< /Title ({title}) /CreationDate (D:20240229120000+01'00') >>")
    bodies.append("<< /Type /Outlines /First 6 0 R /Last 6 0 R /Count 1 >>")
    if bookmark:
        bodies.append(f"<< /Title ({bookmark}) /Parent 5 0 R /Dest [{first} 0 R /Fit] >>")
    for index, words in enumerate(pages):
        drawn = (
            "q 300 0 0 200 50 50 cm BI /W 1 /H 1 /CS /G /BPC 8 ID x EI Q"
            if words is None
            else words
            if isinstance(words, str)
            else "".join(f"BT /F1 12 Tf {x} {y} Td ({text}) Tj ET\n" for x, y, text in words)
        )
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents {first + 2 * index + 1} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        bodies.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    return _numbered(bodies)


def _numbered(bodies: list[str]) -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}trailer\n"
    end += f"<< /Size {len(bodies) + 1} /Root 1 0 R /Info 4 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + end.encode()
