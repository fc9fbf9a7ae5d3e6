"""Text, Markdown, tables and data in text files: encodings, pages, headings, table rows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeground.errors import ReadError
from homeground.ingest.parse import parse_bytes
from homeground.ingest.parse.draft import NOMINAL
from homeground.settings import IngestSettings
from homeground.types import Heading, Table

GERMAN = "Die schöne Frau trank Kaffee für 3,50 Euro. Übermorgen fährt sie nach Köln."
JAPANESE = "名前は佐藤太郎です。東京に住んでいます。毎日電車で会社へ行きます。"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *[
            (GERMAN, encoding)
            for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252")
        ],
        (JAPANESE, "utf-8"),
        (JAPANESE, "utf-16"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        ("名前,年齢,住所\n佐藤太郎,30,東京\n三木英子,25,大阪", "cp932"),
        ("우리 회사는 서울에 있습니다. 직원은 삼백 명입니다.", "euc_kr"),
        ("我们公司在北京。员工三百人，分布在五个城市。", "gb18030"),
        ("我們公司在臺北。員工三百人，分佈在五個城市。", "big5"),
        ("Ceny są podane w złotych.", "utf-16"),
    ],
)
def test_encodings_are_told_apart(read, text: str, encoding: str) -> None:
    document = read(text.encode(encoding), "note.txt")
    assert document.pages[0].text == text
    assert document.problems == ()


def test_bytes_that_do_not_fit_are_replaced_and_reported(read) -> None:
    document = read("Größe und Länge, schön und süß ".encode() * 5 + b"\xff\xfe end", "note.txt")
    assert "not valid UTF-8: 2 places were replaced, the first at byte 185" in document.problems[0]
    assert document.pages[0].text.endswith("\ufffd\ufffd end")


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 20, b"\0" * 100 + b"\1\2\3" * 50, b"text in front" + bytes(range(32)) * 99]
)
def test_binary_data_named_txt_is_refused(read, data: bytes) -> None:
    with pytest.raises(ReadError, match="not text"):
        read(data, "note.txt")


@pytest.mark.parametrize("data", [b"", b" \n\t ", b"\xef\xbb\xbf\n"])
def test_empty_files_are_refused(read, data: bytes) -> None:
    with pytest.raises(ReadError, match=r"empty|nothing but blanks"):
        read(data, "note.txt")


def test_a_form_feed_ends_a_page(read) -> None:
    document = read("one\ftwo\f\fthree", "note.txt")
    assert [page.text for page in document.pages] == ["one", "two", "three"]


def test_long_texts_get_nominal_pages_cut_between_paragraphs(read) -> None:
    paragraphs = [f"Paragraph {number}. " + "Some words follow here. " * 20 for number in range(100)]
    document = read("\n\n".join(paragraphs), "book.txt")
    assert all(len(page.text) <= NOMINAL for page in document.pages)
    assert all(page.text.startswith("Paragraph") for page in document.pages)
    assert "\n\n".join(page.text for page in document.pages).split() == " ".join(paragraphs).split()
    assert [page.number for page in document.pages] == list(range(1, len(document.pages) + 1))


def test_a_text_of_1200_pages_is_read(read) -> None:
    page = ("A line of a very long book, which goes on and on.\n" * 50).strip()
    document = read("\f".join(f"{number}\n{page}" for number in range(1, 1201)), "book.txt")
    assert len(document.pages) == 1200
    assert document.pages[1199].text.startswith("1200\n")


@given(st.text(max_size=400), st.sampled_from(["a.txt", "a.md", "a.html", "a.csv", "a.json", "a.xml", "a.eml", "a"]))
def test_any_text_is_read_or_refused_and_marks_lie_inside_of_pages(text: str, name: str) -> None:
    try:
        document = parse_bytes(text.encode("utf-8", "replace"), name, IngestSettings())
    except ReadError:
        return
    for page in document.pages:
        assert "\r" not in page.text
        for heading in page.headings:
            assert page.text[heading.start :].startswith(heading.text)
        for table in page.tables:
            assert 0 <= table.start <= table.end <= len(page.text)
            assert table.header == "" or table.header in page.text


# -- Markdown -----------------------------------------------------------------------------------

MARKDOWN = """---
title: "Travel policy"
date: 2024-03-05
---
<!-- a comment -->
# Travel

Ask **before** you [book](../booking.md), see [the site](https://example.com/travel) or `a_b_c*d`.

## Rates {#rates}

| City | Rate |
|:-----|-----:|
| Bern | 120 |
| Rome | 90 \\| 95 |

```python
# not a heading
x = **y**
```

Old style
---------
![A map of the office](map.png) and snake_case_name, 2 * 3 * 4.
"""


def test_markdown_is_read_as_a_reader_sees_it(read) -> None:
    document = read(MARKDOWN, "travel.md")
    page = document.pages[0]
    assert document.title == "Travel policy"
    assert document.date == datetime(2024, 3, 5, tzinfo=UTC)
    assert "Ask before you book, see the site (https://example.com/travel) or a_b_c*d." in page.text
    assert "City | Rate\nBern | 120\nRome | 90 | 95" in page.text
    assert "# not a heading\nx = **y**" in page.text
    assert "A map of the office and snake_case_name, 2 * 3 * 4." in page.text
    assert "comment" not in page.text
    levels = [(heading.level, heading.text) for heading in page.headings]
    assert levels == [(1, "Travel policy"), (1, "Travel"), (2, "Rates"), (2, "Old style")]
    assert all(page.text[one.start :].startswith(one.text) for one in page.headings)
    (table,) = page.tables
    assert page.text[table.start : table.end].startswith("City | Rate\nBern")
    assert table.header == "City | Rate"


def test_pages_of_a_long_markdown_file_begin_with_headings(read) -> None:
    document = read("\n\n".join(f"## Part {n}\n\n" + "Some words. " * 100 for n in range(20)), "long.md")
    assert len(document.pages) > 3
    assert all(page.headings and page.headings[0].start == 0 for page in document.pages)


def test_a_table_over_two_pages_repeats_its_header(read) -> None:
    rows = "\n".join(f"| part {number} | {number * 7} |" for number in range(900))
    document = read(f"| Part | Price |\n|---|---|\n{rows}\n", "parts.md")
    assert len(document.pages) > 2
    for page in document.pages:
        assert page.text.startswith("Part | Price\n")
        assert page.tables == (Table(0, len(page.text), "Part | Price"),)
    lines = [line for page in document.pages for line in page.text.split("\n")[1:]]
    assert lines == [f"part {number} | {number * 7}" for number in range(900)]


# -- Tables and data ----------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_csv_rows_are_lines_with_their_header(read, separator: str) -> None:
    lines = ["Name;Team;Cups", "Maple Leafs;Toronto;13", '"Blues; the";St. Louis;1']
    page = read("\n".join(line.replace(";", separator) for line in lines), "cups.csv").pages[0]
    quoted = " ".join(f"Blues{separator} the".split())
    assert page.text == f"Name | Team | Cups\nMaple Leafs | Toronto | 13\n{quoted} | St. Louis | 1"
    assert page.tables == (Table(0, len(page.text), "Name | Team | Cups"),)


def test_a_title_over_a_table_is_not_its_header(read) -> None:
    page = read("Stanley Cups,,\nTeam,Location,Cups\nBlues,STL,1\n", "cups.csv").pages[0]
    assert page.text == "Stanley Cups\n\nTeam | Location | Cups\nBlues | STL | 1"
    assert page.tables[0].header == "Team | Location | Cups"


def test_a_cell_with_line_breaks_stays_on_its_row(read) -> None:
    assert read('a,b\n"one\ntwo",3\n', "x.csv").pages[0].text == "a | b\none two | 3"


def test_json_on_one_long_line_becomes_lines(read) -> None:
    data = '{"title": "Parts", "parts": [' + ",".join(f'{{"name": "p{n}", "price": {n}}}' for n in range(40)) + "]}"
    document = read(data, "parts.json")
    assert document.title == "Parts"
    assert "name: p7\n" in document.pages[0].text
    assert read('{"a": [1, 2]}', "a.json").pages[0].text == '{"a": [1, 2]}'


def test_broken_json_is_read_as_text_and_reported(read) -> None:
    document = read('{"a": [1, 2', "a.json")
    assert document.pages[0].text == '{"a": [1, 2'
    assert "not valid JSON" in document.problems[0]


def test_deep_nesting_is_survived(read) -> None:
    for data, name in ((b"[" * 200_000, "a.json"), (b"<a>" * 100_000, "a.xml"), (b"<div>" * 100_000 + b"x", "a.html")):
        try:
            read(data, name)
        except ReadError as error:
            assert str(error)


def test_xml_elements_become_named_lines(read) -> None:
    page = read("<?xml version='1.0'?><all><c id='7'><name>Bern</name><size>1</size></c></all>", "a.xml").pages[0]
    assert page.text == "c, id: 7\nname: Bern\nsize: 1"


def test_xml_entities_are_refused(read) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
    with pytest.raises(ReadError, match="entities"):
        read(f'<?xml version="1.0"?>{bomb}', "a.xml")


def test_a_notebook_gives_text_code_and_output(read) -> None:
    document = read(
        '{"cells": [{"cell_type": "markdown", "source": ["# Costs\\n", "Sum *all*"]},'
        '{"cell_type": "code", "source": "print(6)", "outputs": [{"text": ["6\\n"]}]}], "metadata": {}}',
        "costs.ipynb",
    )
    assert document.title == "Costs"
    assert document.pages[0].text == "Costs\n\nSum all\n\nprint(6)\n\n6"
    assert document.pages[0].headings == (Heading(0, 1, "Costs"),)


# -- Names that lie -----------------------------------------------------------------------------


def test_a_pdf_named_txt_is_read_as_what_it_is(read, make_pdf) -> None:
    document = read(make_pdf([(40, 200, "Words")]), "note.txt")
    assert document.media_type == "application/pdf"
    assert document.problems == ("named .txt, but it is a PDF file; it was read as that",)


def test_a_web_page_named_pdf_is_read_as_what_it_is(read) -> None:
    document = read("<!DOCTYPE html><html><body><p>Words</p></body></html>", "note.pdf")
    assert document.media_type == "text/html"
    assert document.pages[0].text == "Words"
    assert document.problems == ("named .pdf, but it is a web page; it was read as that",)


def test_text_without_an_extension_is_text(read) -> None:
    document = read("just words", "LICENSE")
    assert document.pages[0].text == "just words"
    assert document.problems == ()
