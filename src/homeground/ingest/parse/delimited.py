"""CSV and TSV: a row on a line, cells apart by ` | `, the column names carried along."""

from __future__ import annotations

import csv
import io

from homeground.ingest.parse.clean import tidy
from homeground.ingest.parse.decode import decode
from homeground.ingest.parse.draft import Draft
from homeground.ingest.parse.file import File
from homeground.types import ParsedDocument

_SEPARATORS = ",;\t|"
_SAMPLE = 20


def read(file: File) -> ParsedDocument:
    """A table in a text file."""
    decoded = decode(file.data)
    text = tidy(decoded.text)
    rows = _rows(text, "\t" if file.suffix in (".tsv", ".tab") else _separator(text))
    draft = Draft()
    draft.table(rows)
    problems = (decoded.problem,) if decoded.problem else ()
    return ParsedDocument(file.stem, "text/csv", draft.pages(), problems=problems)


def _rows(text: str, separator: str) -> list[list[str]]:
    """All rows. A quote that never ends would swallow the rest of the file: then quotes are taken as letters."""
    csv.field_size_limit(max(len(text), 131_072))
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    if max((cell.count("\n") for row in rows for cell in row), default=0) > 1_000:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=csv.QUOTE_NONE))
    return rows


def _separator(text: str) -> str:
    """The sign that cuts the first lines into the same number of cells, more than one."""
    lines = text.lstrip("\n")[:65_536]

    def fit(separator: str) -> tuple[int, int]:
        try:
            rows = [row for row in csv.reader(io.StringIO(lines, newline=""), delimiter=separator) if row][:_SAMPLE]
        except csv.Error:
            return 0, 0
        widths = [len(row) for row in rows]
        common = max(set(widths), key=lambda width: (width > 1, widths.count(width)), default=1)
        return (widths.count(common), common) if common > 1 else (0, 0)

    return max(_SEPARATORS, key=fit)
