"""Write the binary documents of the sample company, sample/company, from the texts in tools/sample_src.

Usage: make sample      (or: python tools/build_sample.py, in an environment with tools/build_sample.requirements.txt)

The company, its people and its products are invented. Text documents (Markdown, HTML, CSV, the e-mail) lie in
sample/company themselves; here are those of other formats. The same sources and packages give the same bytes.
"""

from __future__ import annotations

from pathlib import Path

from sample_src import pdf, scan, sheets, slides, word
from sample_src.source import read

SOURCES = Path(__file__).parent / "sample_src"
COMPANY = Path(__file__).parent.parent / "sample" / "company"


def main() -> None:
    """Write every binary document of the sample."""
    pdf.write(read(SOURCES / "annual-report-2025.md"), COMPANY / "finance" / "annual-report-2025.pdf", cover=True)
    pdf.write(read(SOURCES / "warranty-policy.md"), COMPANY / "sales" / "warranty-policy.pdf")
    pdf.write(read(SOURCES / "sds-kelvane-k12.md"), COMPANY / "safety" / "sds-kelvane-k12.pdf")
    word.write(read(SOURCES / "employee-handbook.md"), COMPANY / "handbook" / "employee-handbook.docx")
    slides.write(COMPANY / "sales" / "heron-300-launch.pptx")
    sheets.write(COMPANY / "sales" / "price-list-2026.xlsx")
    scan.write(COMPANY / "support" / "service-report-4471.pdf")
    for path in sorted(COMPANY.rglob("*.*")):
        print(f"{path.stat().st_size:>8} {path.relative_to(COMPANY)}")


if __name__ == "__main__":
    main()
