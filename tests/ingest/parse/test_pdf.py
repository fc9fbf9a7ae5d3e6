from __future__ import annotations

import shutil
from datetime import datetime, timedelta, timezone

import pytest

from homeground.errors import ReadError
from homeground.ingest.parse.pdf import mend
from homeground.types import Heading

COLUMNS = (40, 220, 300)


def rows(*lines: tuple[str, str, str]) -> list[tuple[int, int, str]]:
    return [
        (x, 250 - 20 * row, text)
        for row, line in enumerate(lines)
        for x, text in zip(COLUMNS, line, strict=True)
        if text
    ]


def test_a_table_row_stays_on_one_line(read, make_pdf) -> None:
    page = rows(("Item", "2023", "2022"), ("Net sales", "1,250", "1,100"), ("Goodwill", "425", "430"))
    document = read(make_pdf(page), "report.pdf")
    assert document.pages[0].text == "Item 2023 2022\nNet sales 1,250 1,100\nGoodwill 425 430"


def test_pages_title_and_date_are_kept(read, make_pdf) -> None:
    document = read(make_pdf([(40, 200, "First page")], [(40, 200, "Second page")], title="Annual report"), "x.pdf")
    assert [(page.number, page.text) for page in document.pages] == [(1, "First page"), (2, "Second page")]
    assert document.title == "Annual report"
    assert document.media_type == "application/pdf"
    assert document.date == datetime(2024, 2, 29, 12, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize("title", ["Microsoft Word - draft.doc", "untitled", "0001628280-17-001754", "plan.docx", ""])
def test_a_title_that_nobody_chose_gives_way_to_the_file_name(read, make_pdf, title: str) -> None:
    assert read(make_pdf([(40, 200, "words")], title=title), "plan 2024.pdf").title == "plan 2024"


def test_a_bookmark_is_a_heading_where_its_words_stand(read, make_pdf) -> None:
    page = [(40, 240, "Some words before"), (40, 200, "Risk factors"), (40, 180, "and after")]
    document = read(make_pdf(page, bookmark="Risk Factors"), "x.pdf")
    assert document.pages[0].headings == (Heading(18, 1, "Risk Factors"),)


@pytest.mark.parametrize(
    ("raw", "mended"),
    [
        ("one\r\ntwo", "one\ntwo"),
        ("revo\ufffe\nlution", "revolution"),
        ("3\ufffe\n5", "3-\n5"),
        ("no\xa0break\u2009space", "no break space"),
        ("zero\u200bwidth\x02", "zerowidth"),
        ("e\u0301", "é"),
        ("\uf0b7 point", "• point"),
        ("trailing  \r\nblanks", "trailing\nblanks"),
    ],
)
def test_artefacts_are_mended(raw: str, mended: str) -> None:
    assert mend(raw) == mended


def test_a_scanned_page_is_reported_and_the_others_are_read(read, make_pdf, monkeypatch) -> None:
    monkeypatch.setattr("homeground.ingest.parse.ocr.available", lambda: False)
    document = read(make_pdf([(40, 200, "Words")], None, [], "10 10 300 1 re f"), "x.pdf")
    assert [bool(page.text) for page in document.pages] == [True, False, False, False]
    assert [page.problem for page in document.pages] == [
        None,
        "no text: it is a scan or a picture, and OCR (Tesseract) is not installed",
        None,  # an empty page is not a scanned one,
        None,  # neither is one with a rule
    ]


def test_ocr_that_is_switched_off_is_told_apart(read, make_pdf) -> None:
    document = read(make_pdf(None), "x.pdf", ocr="off")
    assert document.pages[0].problem == "no text: it is a scan or a picture, and OCR is switched off (ocr)"


def test_damaged_files_are_refused_in_words(read, make_pdf) -> None:
    for data in (b"%PDF-1.7\n" + b"junk" * 50, make_pdf([(1, 1, "x")])[:120]):
        with pytest.raises(ReadError, match="damaged or cut short"):
            read(data, "x.pdf")


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
def test_a_picture_of_words_is_read_by_ocr(read, make_pdf) -> None:
    import numpy as np
    import pypdfium2 as pdfium

    from homeground.ingest.parse import ocr
    from homeground.settings import IngestSettings

    with pdfium.PdfDocument(make_pdf([(40, 200, "Invoice total 1250 Euro")])) as document:
        pixels = document[0].render(scale=4, grayscale=True).to_numpy()
        text, problem = ocr.read_gray(np.array(pixels), IngestSettings(), 60)
    assert text == "Invoice total 1250 Euro"
    assert problem is None


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
def test_a_language_that_tesseract_lacks_is_named(read, make_pdf) -> None:
    document = read(make_pdf(None), "x.pdf", ocr_languages="eng+xyz")
    assert document.pages[0].problem == "no text: a scan, and Tesseract lacks the language xyz (ocr_languages)"


def test_pages_that_ocr_has_no_time_for_are_reported(read, make_pdf, monkeypatch) -> None:
    monkeypatch.setattr("homeground.ingest.parse.ocr.missing", lambda settings: None)
    monkeypatch.setattr("homeground.ingest.parse.ocr.seconds", lambda settings: 0.0)
    document = read(make_pdf(None, [(40, 200, "Words")]), "x.pdf")
    assert document.pages[0].problem == "no text: a scan, and the time for OCR of this file was up (timeout_s)"
    assert document.pages[1].text == "Words"
