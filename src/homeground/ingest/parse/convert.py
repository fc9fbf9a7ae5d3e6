"""Formats that kreuzberg reads: spreadsheets, OpenDocument, RTF, RST, Org, MSG, and the binary Office files.

kreuzberg gives Markdown, which goes through our own reader of it; the sheets of a workbook come as tables. Its cache,
its models and its own readers of archives inside of files stay switched off.
"""

from __future__ import annotations

import re
from typing import Any

from homeground.errors import ReadError
from homeground.ingest.parse.clean import good_title, tidy
from homeground.ingest.parse.dates import parse_date
from homeground.ingest.parse.decode import decode
from homeground.ingest.parse.draft import Draft
from homeground.ingest.parse.file import File
from homeground.ingest.parse.markdown import add_markdown
from homeground.ingest.parse.package import Package
from homeground.ingest.parse.sniff import MEDIA, kind_of
from homeground.types import ParsedDocument

_SHEETS = frozenset({"xlsx", "xlsb", "xls", "ods"})
_ZIPPED = frozenset({"xlsx", "xlsb", "ods", "odp"})
_LINES = frozenset({"doc", "ppt", "msg"})  # as Markdown their line breaks would be lost
_FIELD = re.compile(r'\s*HYPERLINK (?:\\\w )*"[^"]*"(?: \\\w(?: "[^"]*")?)*\s*')  # a link's code in front of its words
_MAIL_BODY = re.compile(r"\n\n\s*\S")  # what follows the header lines
_TEXTS = frozenset({"rst", "org"})
_PASSWORD = re.compile(r"password|encrypt", re.IGNORECASE)


def read(file: File) -> ParsedDocument:
    """A file of one of the formats above."""
    kind = kind_of(file.data, file.name).name
    if kind in _ZIPPED:
        Package(file.data, 4 * file.settings.max_file_mb).prove()
    decoded = decode(file.data) if kind in _TEXTS else None
    result = _extract(decoded.text.encode() if decoded else file.data, kind)
    facts = result.metadata or {}
    draft = Draft()
    if kind in _SHEETS:
        _add_sheets(draft, result, facts)
    elif kind in _LINES:
        _add_lines(draft, result.content, facts)
    else:
        add_markdown(draft, tidy(result.content), links=False)
    pages = draft.pages()
    first = next((one.text for page in pages for one in page.headings), "") if kind not in _SHEETS else ""
    title = good_title(facts.get("title")) or good_title(facts.get("subject")) or good_title(first) or file.stem
    date = parse_date(facts.get("modified_at")) or parse_date(facts.get("created_at"))
    problems = (decoded.problem,) if decoded and decoded.problem else ()
    if kind == "msg" and not _MAIL_BODY.search(tidy(result.content)):
        problems = ("the message has no text of its own, or an encrypted one", *problems)
    return ParsedDocument(title, "", pages, date, problems)


def _extract(data: bytes, kind: str) -> Any:
    import kreuzberg

    config = kreuzberg.ExtractionConfig(
        use_cache=False,
        enable_quality_processing=False,
        output_format="plain" if kind in _LINES else "markdown",
        postprocessor=kreuzberg.PostProcessorConfig(enabled=False),
    )
    try:
        return kreuzberg.extract_bytes_sync(data, MEDIA[kind], config=config)
    except Exception as error:  # its errors have no common root
        words = " ".join(str(error).split())[:200]
        if _PASSWORD.search(words):
            raise ReadError("it is encrypted; remove its password to have it read") from None
        raise ReadError(f"it is damaged or cut short ({words})") from None


def _add_sheets(draft: Draft, result: Any, facts: dict[str, Any]) -> None:
    """A page per sheet; a sheet without cells is an empty page, so that the numbers stay those of the workbook."""
    tables = {table.page_number: table.cells for table in result.tables}
    for number, name in enumerate(facts.get("sheet_names") or [], 1):
        draft.page(f"Sheet: {name}")
        draft.table(tables.get(number, []))


def _add_lines(draft: Draft, text: str, facts: dict[str, Any]) -> None:
    draft.heading(facts.get("subject") or "", 1)
    for part in tidy(_FIELD.sub(" ", text)).split("\f"):
        draft.paragraph(part)
    if names := [name for name in facts.get("attachments") or () if name]:
        draft.paragraph("Attachments: " + ", ".join(names))
