"""Office files, books, web pages and mail."""

# ruff: noqa: E501 - XML made by hand is easier to read in one piece

from __future__ import annotations

import io
import struct
import zipfile
from datetime import UTC, datetime

import pytest

from homeground.errors import ReadError

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
A = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CORE = (
    '<c xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
    "<dc:title>{title}</dc:title><dcterms:modified>2024-05-06T07:08:09Z</dcterms:modified></c>"
)


def para(text: str, properties: str = "", before: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r>{before}<w:t>{text}</w:t></w:r></w:p>"


def cells(*texts: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc>{para(text)}</w:tc>" for text in texts) + "</w:tr>"


def docx(make_zip, body: str, **parts: str) -> bytes:
    styles = (
        f'<w:styles {W}><w:style w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>'
        '<w:style w:styleId="Mine"><w:name w:val="My head"/><w:basedOn w:val="berschrift2"/></w:style></w:styles>'
    )
    main = f"<w:document {W}><w:body>{body}</w:body></w:document>"
    extra = {f"word/{name}.xml": content for name, content in parts.items()}
    core = CORE.format(title="A plan")
    return make_zip(
        {"[Content_Types].xml": "<x/>", "word/document.xml": main, "word/styles.xml": styles, "docProps/core.xml": core}
        | extra
    )


def test_docx_headings_lists_tables_and_facts(read, make_zip) -> None:
    bullet = '<w:numPr><w:ilvl w:val="0"/></w:numPr>'
    body = (
        para("Costs", '<w:pStyle w:val="Mine"/>')
        + para("first", bullet)
        + para("second", bullet)
        + f"<w:tbl>{cells('City', 'Rate')}{cells('Bern', '120')}</w:tbl>"
        + "<w:p><w:r><w:t>day</w:t><w:noBreakHyphen/><w:t>to</w:t><w:tab/><w:t>day</w:t></w:r><w:del><w:r><w:delText>old"
        "</w:delText></w:r></w:del></w:p>"
    )
    notes = f'<w:footnotes {W}><w:footnote w:type="separator"><w:p/></w:footnote><w:footnote>{para("A note")}</w:footnote></w:footnotes>'
    document = read(docx(make_zip, body, footnotes=notes), "plan.docx")
    page = document.pages[0]
    assert page.text == "Costs\n\n- first\n- second\n\nCity | Rate\nBern | 120\n\nday-to day\n\nFootnote: A note"
    assert [(one.level, one.text) for one in page.headings] == [(2, "Costs")]
    assert page.tables[0].header == "City | Rate"
    assert document.title == "A plan"
    assert document.date == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_docx_pages_are_those_of_the_last_layout(read, make_zip) -> None:
    body = (
        para("one") + para("two", before="<w:lastRenderedPageBreak/>") + para("three", before='<w:br w:type="page"/>')
    )
    assert [page.text for page in read(docx(make_zip, body), "x.docx").pages] == ["one", "two", "three"]


def test_a_long_docx_without_breaks_gets_nominal_pages(read, make_zip) -> None:
    document = read(docx(make_zip, "".join(para(f"Paragraph {n} " + "word " * 150) for n in range(200))), "x.docx")
    assert 20 < len(document.pages) < 60
    assert all(page.text.startswith("Paragraph") for page in document.pages)


def shape(text: str, kind: str = "", place: int | None = None) -> str:
    off = f'<p:spPr><a:xfrm><a:off x="0" y="{place}"/></a:xfrm></p:spPr>' if place is not None else ""
    mark = f'<p:nvPr><p:ph type="{kind}"/></p:nvPr>' if kind else ""
    return f"<p:sp>{mark}{off}<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"


def test_pptx_slides_in_the_order_of_the_show_with_tables_and_notes(read, make_zip) -> None:
    def slide(*parts: str) -> str:
        return f"<p:sld {A}><p:cSld><p:spTree>{''.join(parts)}</p:spTree></p:cSld></p:sld>"

    def relations(**targets: str) -> str:
        links = (
            f'<Relationship Id="{key}" Type="{RELATION}/{key.rstrip("12")}" Target="{to}"/>'
            for key, to in targets.items()
        )
        return f"<Relationships>{''.join(links)}</Relationships>"

    table = "".join(
        "<a:tr>" + "".join(f"<a:tc><a:p><a:r><a:t>{cell}</a:t></a:r></a:p></a:tc>" for cell in row) + "</a:tr>"
        for row in (("City", "Rate"), ("Bern", "120"))
    )
    data = make_zip(
        {
            "[Content_Types].xml": "<x/>",
            "ppt/presentation.xml": f'<p:presentation {A}><p:sldIdLst><p:sldId id="256" r:id="slide2"/>'
            '<p:sldId id="257" r:id="slide1"/></p:sldIdLst></p:presentation>',
            "ppt/_rels/presentation.xml.rels": relations(slide1="slides/slide1.xml", slide2="slides/slide2.xml"),
            "ppt/slides/slide1.xml": slide(
                f"<p:graphicFrame><a:tbl>{table}</a:tbl></p:graphicFrame>", shape("7", "sldNum")
            ),
            "ppt/slides/slide2.xml": slide(
                shape("below", place=9_000_000), shape("above", place=10), shape("Results", "title")
            ),
            "ppt/slides/_rels/slide2.xml.rels": relations(notesSlide="../notesSlides/notesSlide1.xml"),
            "ppt/notesSlides/notesSlide1.xml": f"<p:notes {A}>{shape('Speak slowly', 'body')}</p:notes>",
        }
    )
    first, second = read(data, "talk.pptx").pages
    assert (first.number, first.label, second.label) == (1, "Slide 1", "Slide 2")
    assert first.text == "Results\n\nabove\n\nbelow\n\nNotes: Speak slowly"
    assert first.headings[0].text == "Results"
    assert second.text == "City | Rate\nBern | 120"
    assert second.tables[0].header == "City | Rate"


def test_xlsx_sheets_are_pages_with_their_names(read, make_zip) -> None:
    def sheet(*rows: tuple[object, ...]) -> str:
        lines = []
        for number, row in enumerate(rows, 1):
            line = "".join(
                f'<c r="{"ABC"[column]}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
                if isinstance(cell, str)
                else f'<c r="{"ABC"[column]}{number}"><v>{cell}</v></c>'
                for column, cell in enumerate(row)
            )
            lines.append(f'<row r="{number}">{line}</row>')
        return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'

    MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"  # noqa: N806
    package = "http://schemas.openxmlformats.org/package/2006"
    links = "".join(
        f'<Relationship Id="r{n}" Type="{RELATION}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in (1, 2)
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    data = make_zip(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/'
            f'vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override '
            f'PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets><sheet name="Prices" sheetId="1" '
            'r:id="r1"/><sheet name="Stock" sheetId="2" r:id="r2"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{links}</Relationships>',
            "xl/worksheets/sheet1.xml": sheet(("Part", "Price"), ("bolt", 2.5), ("nut", 1)),
            "xl/worksheets/sheet2.xml": sheet(("Part", "Count"), ("bolt", 700)),
        }
    )
    first, second = read(data, "parts.xlsx").pages
    assert (first.number, first.label) == (1, "Sheet: Prices")
    assert first.text == "Part | Price\nbolt | 2.5\nnut | 1"
    assert first.tables[0].header == "Part | Price"
    assert (second.number, second.label, second.text) == (2, "Sheet: Stock", "Part | Count\nbolt | 700")


def test_odt_headings_lists_tables_and_pages(read, make_zip) -> None:
    spaces = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="t" xmlns:table="b"'
    content = (
        f'<office:document-content {spaces}><office:body><office:text><text:h text:outline-level="2">Costs</text:h>'
        "<text:list><text:list-item><text:p>first</text:p></text:list-item><text:list-item><text:p>second</text:p>"
        "</text:list-item></text:list><table:table><table:table-row><table:table-cell><text:p>City</text:p></table:table-cell>"
        "<table:table-cell><text:p>Rate</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell>"
        "<text:p>Bern</text:p></table:table-cell><table:table-cell><text:p>120</text:p></table:table-cell></table:table-row>"
        "</table:table><text:p>The <text:span>end</text:span><text:soft-page-break/>is near</text:p></office:text>"
        "</office:body></office:document-content>"
    )
    data = make_zip({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})
    first, second = read(data, "plan.odt").pages
    assert first.text == "Costs\n\n- first\n- second\n\nCity | Rate\nBern | 120\n\nThe end"
    assert first.headings[0].level == 2
    assert second.text == "is near"


def test_epub_chapters_are_pages_in_the_order_of_the_book(read, make_zip) -> None:
    container = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    book = (
        '<package xmlns:dc="d"><metadata><dc:title>The book</dc:title><dc:date>2020-01-02</dc:date></metadata><manifest>'
        '<item id="a" href="b.xhtml"/><item id="b" href="a%20one.xhtml"/></manifest>'
        '<spine><itemref idref="b"/><itemref idref="a"/></spine></package>'
    )
    data = make_zip(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "OEBPS/book.opf": book,
            "OEBPS/a one.xhtml": "<html><body><h1>One</h1><p>first</p></body></html>",
            "OEBPS/b.xhtml": "<html><body><h1>Two</h1><p>second</p></body></html>",
        }
    )
    document = read(data, "book.epub")
    assert [page.text for page in document.pages] == ["One\n\nfirst", "Two\n\nsecond"]
    assert (document.title, document.date) == ("The book", datetime(2020, 1, 2, tzinfo=UTC))


def test_rtf_is_read(read) -> None:
    assert (
        read(rb"{\rtf1\ansi Net sales rose by 5 percent.\par}", "a.rtf").pages[0].text == "Net sales rose by 5 percent."
    )


# -- Web pages and mail -------------------------------------------------------------------------

PAGE = """<!DOCTYPE html><html><head><title>Rates</title><style>p {color: red}</style>
<meta name="date" content="2024-01-31"></head><body><nav><a href="/">Home</a></nav><h1>Travel</h1>
<script>alert("x")</script><p>Ask <b>before</b> you&nbsp;book.<br>Always.</p><div style="display:none">secret</div>
<ul><li>one</li><li>two</li></ul><table><tr><th>City</th><th>Rate</th></tr><tr><td><p>Bern</p></td><td>120</td></tr></table>
<table><tr><td><h2>Inside of a layout</h2><p>Words</p></td></tr></table><footer>All rights reserved</footer></body></html>"""


def test_a_web_page_is_read_as_a_reader_sees_it(read) -> None:
    document = read(PAGE, "rates.html")
    page = document.pages[0]
    expected = "Travel\n\nAsk before you book.\nAlways.\n\n- one\n- two\n\nCity | Rate\nBern | 120\n\nInside of a layout\n\nWords"
    assert page.text == expected
    assert [(one.level, one.text) for one in page.headings] == [(1, "Travel"), (2, "Inside of a layout")]
    assert page.tables[0].header == "City | Rate"
    assert (document.title, document.date) == ("Rates", datetime(2024, 1, 31, tzinfo=UTC))


def test_figures_spread_over_columns_are_put_together(read) -> None:
    def row(*cells: str) -> str:
        return "<tr>" + "".join(f"<td{' colspan=2' if cell[:1] == '2' else ''}>{cell}</td>" for cell in cells) + "</tr>"

    table = row("Item", "2021", "", "2020") + row("Cash", "$", "16", "", "$", "5") + row("Loss", "", "(7", ")", "", "3")
    page = read(f"<html><body><table>{table}</table></body></html>", "a.html").pages[0]
    assert page.text == "Item | 2021 | 2020\nCash | $16 | $5\nLoss | (7) | 3"
    assert page.tables[0].header == "Item | 2021 | 2020"


def test_a_list_made_of_a_table_is_a_list(read) -> None:
    page = read("<html><body><table><tr><td>•</td><td>First point</td></tr></table></body></html>", "a.html").pages[0]
    assert page.text == "• First point"
    assert page.tables == ()


def test_a_web_page_names_its_encoding(read) -> None:
    data = '<html><meta charset="iso-8859-2"><body><p>Zażółć gęślą jaźń</p></body></html>'.encode("iso-8859-2")
    assert read(data, "a.html").pages[0].text == "Zażółć gęślą jaźń"


MAIL = b"""From: Ann <ann@example.com>
To: Bob <bob@example.com>
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Date: Mon, 4 Mar 2024 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: multipart/alternative; boundary=y

--y
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Caf=E9 at noon.
--y
Content-Type: text/html

<p>Cafe at noon, but in colour.</p>
--y--
--x
Content-Type: application/pdf; name="menu.pdf"
Content-Disposition: attachment; filename="menu.pdf"
Content-Transfer-Encoding: base64

JVBERi0=
--x--
"""


def test_mail_gives_headers_one_body_and_the_names_of_attachments(read) -> None:
    document = read(MAIL, "lunch.eml")
    assert document.pages[0].text == (
        "Grüße\n\nFrom: Ann <ann@example.com>\nTo: Bob <bob@example.com>\nDate: Mon, 04 Mar 2024 10:00:00 +0100\n"
        "Subject: Grüße\n\nCafé at noon.\n\nAttachments: menu.pdf"
    )
    assert document.title == "Grüße"
    assert document.date is not None
    assert document.date.astimezone(UTC) == datetime(2024, 3, 4, 9, tzinfo=UTC)


def test_encrypted_mail_is_reported(read) -> None:
    data = b"From: a@b.c\nMIME-Version: 1.0\nContent-Type: application/pkcs7-mime; name=smime.p7m\n\nAAAA\n"
    assert "its text is encrypted" in read(data, "a.eml").problems


# -- Bombs, locks and damage --------------------------------------------------------------------


def test_an_archive_that_unpacks_to_too_much_is_refused_before_unpacking(read) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        with archive.open("word/document.xml", "w") as part:
            for _ in range(100):
                part.write(b"\0" * 2**20)
    with pytest.raises(ReadError, match="archive bomb"):
        read(buffer.getvalue(), "bomb.docx")


def test_an_archive_that_lies_about_its_sizes_is_found_out(read, make_zip) -> None:
    data = bytearray(make_zip({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<a>" + "b" * 300_000}))
    entry = data.rindex(b"PK\1\2")
    struct.pack_into("<I", data, entry + 24, 100)  # the declared size of the last part
    with pytest.raises(ReadError, match=r"damaged|bomb"):
        read(bytes(data), "lie.xlsx")


def test_entities_in_office_files_are_refused(read, make_zip) -> None:
    main = f'<!DOCTYPE x [<!ENTITY a "aaaa">]><w:document {W}><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>'
    with pytest.raises(ReadError, match="entities"):
        read(make_zip({"word/document.xml": main}), "x.docx")


def test_archives_inside_of_archives_stay_closed(read, make_zip) -> None:
    inner = make_zip({"secret.txt": "not to be read"})
    document = read(docx(make_zip, para("outside"), **{"embeddings/inner": inner}), "x.docx")  # type: ignore[arg-type]
    assert [page.text for page in document.pages] == ["outside"]


def test_encrypted_files_are_told_apart_from_damaged_ones(read, make_zip) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage\0".encode("utf-16-le") + b"\0" * 600
    with pytest.raises(ReadError, match="encrypted; remove its password"):
        read(ole, "x.xlsx")
    data = bytearray(docx(make_zip, para("x")))
    for place in [index for index in range(len(data)) if data[index : index + 4] == b"PK\1\2"]:
        data[place + 8] |= 1
    with pytest.raises(ReadError, match="encrypted; remove its password"):
        read(bytes(data), "x.docx")


@pytest.mark.parametrize("keep", [0.2, 0.6, 0.95])
def test_a_file_that_is_cut_short_is_reported(read, make_zip, keep: float) -> None:
    data = docx(make_zip, "".join(para(f"words {number}") for number in range(300)))
    with pytest.raises(ReadError, match="damaged or cut short"):
        read(data[: int(len(data) * keep)], "x.docx")


def test_a_missing_part_is_named(read, make_zip) -> None:
    with pytest.raises(ReadError, match=r"its part word/document\.xml is missing"):
        read(make_zip({"[Content_Types].xml": "<x/>", "word/styles.xml": "<x/>"}), "x.docx")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x1f\x8b\x08\0" + b"x" * 50, "an archive"),
        (b"7z\xbc\xaf\x27\x1c" + b"x" * 50, "an archive"),
        (b"ID3\x03\0" + b"x" * 50, "a sound recording"),
        (b"\x7fELF" + b"\1" * 50, "a program"),
        (b"SQLite format 3\0" + b"x" * 50, "a database"),
    ],
)
def test_what_is_not_a_document_is_named(read, data: bytes, words: str) -> None:
    with pytest.raises(ReadError, match=words):
        read(data, "x.txt")


def test_a_plain_archive_is_not_opened(read, make_zip) -> None:
    with pytest.raises(ReadError, match="it is an archive; unpack it"):
        read(make_zip({"a.txt": "x"}), "a.zip")


def test_an_image_without_ocr_is_reported(read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeground.ingest.parse.ocr.available", lambda: False)
    with pytest.raises(ReadError, match="OCR \\(Tesseract\\) is not installed"):
        read(b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "a.png")
