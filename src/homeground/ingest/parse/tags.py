"""The stream of HTML tags → a draft. There is no tree, so depth costs nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from homeground.ingest.parse.draft import Draft
from homeground.ingest.parse.grid import narrow, one_text

_NEVER = frozenset(
    {"script", "style", "template", "noscript", "svg", "iframe", "object", "head", "select", "button", "math"}
)
_AROUND = frozenset({"nav", "footer", "aside", "form"})  # what stands around the text of a page
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "header",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "td",
        "th",
        "caption",
        "ul",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "title",
        "html",
    ]
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_DATES = frozenset(
    {"date", "dc.date", "dcterms.date", "article:published_time", "article:modified_time", "last-modified"}
)
_MOST_SPAN = 100
_HEADING = re.compile("h[1-6]")
_BLANKS = re.compile(r"\s+")


class _Table:
    """A table in the making: rows of cells of text."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.named = False  # whether header cells stand in the first row
        self.cell: list[str] | None = None
        self.span = 1  # columns that the cell in the making goes over
        self.layout = False  # whether it only arranges parts of the page


class Tags(HTMLParser):
    """Writes the text of a page into a draft. `everything` keeps navigation and footers too."""

    def __init__(self, draft: Draft, everything: bool = False) -> None:
        super().__init__(convert_charrefs=True)
        self.title, self.date, self.skipped_text = "", "", 0
        self._draft, self._around = draft, frozenset() if everything else _AROUND
        self._text: list[str] = []
        self._tables: list[_Table] = []
        self._skipped: list[str] = []  # open tags since one that is left out
        self._level, self._bullet, self._pre, self._in_title = 0, False, 0, False
        self._after_item = False

    # -- Tags -----------------------------------------------------------------------------------

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        if tag == "title":
            self._in_title = not self.title
        if tag == "meta":
            self._meta(dict(attrs))
        if self._skipped:
            if tag == self._skipped[0] and tag not in _VOID:
                self._skipped.append(tag)
            elif tag == "body":  # a head that was never closed
                self._skipped.clear()
            return
        if tag not in _VOID and self._left_out(tag, attrs):
            self._skipped.append(tag)
            return
        if tag in _BLOCKS:
            self._begin(tag, attrs)
        elif tag == "br":
            self._text.append("\n" if not self._in_cell else " ")
        elif tag == "img" and (words := dict(attrs).get("alt")) and " " in words.strip():
            self._text.append(f" {words} ")

    def _left_out(self, tag: str, attrs: list[tuple[str, str | None]]) -> bool:
        if tag in _NEVER or tag in self._around:
            return True
        if tag in ("body", "html", "main", "article"):
            return False
        return any(
            key == "hidden"
            or (key == "aria-hidden" and value == "true")
            or (key == "style" and _HIDDEN.search(value or ""))
            for key, value in attrs
        )

    def _meta(self, attrs: dict[str, str | None]) -> None:
        name = (attrs.get("name") or attrs.get("property") or attrs.get("http-equiv") or "").lower()
        if name in _DATES and not self.date:
            self.date = attrs.get("content") or ""

    def _begin(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._in_cell and (tag == "table" or _HEADING.fullmatch(tag)):
            self._lay_out()
        if tag == "table":
            self._flush()
            self._tables.append(_Table())
        elif tag in ("td", "th") and self._tables:
            self._cell_begins(tag, dict(attrs).get("colspan") or "")
        elif tag == "tr" and self._tables:
            self._row_begins()
        elif self._in_cell:
            self._text.append(" ")
        else:
            self._flush()
            self._level = int(tag[1]) if _HEADING.fullmatch(tag) else 0
            self._bullet = tag == "li"
            self._pre += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        if tag == "title":
            self._in_title = False
        if self._skipped:
            if tag == self._skipped[0]:
                self._skipped.pop()
            elif tag in ("body", "html"):
                self._skipped.clear()
            return
        if tag == "table" and self._tables:
            self._table_ends()
        elif tag in ("td", "th", "tr") and self._tables:
            self._cell_ends()
        elif tag in _BLOCKS:
            if self._in_cell:
                self._text.append(" ")
            else:
                self._flush()
                self._pre = max(0, self._pre - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        if self._in_title:
            self.title += data
        elif self._skipped:
            self.skipped_text += self._skipped[0] in _AROUND and bool(data.strip())
        else:
            self._text.append(data if self._pre and not self._in_cell else _BLANKS.sub(" ", data))

    def close(self) -> None:
        """End the page, with whatever is still open."""
        super().close()
        while self._tables:
            self._table_ends()
        self._flush()

    # -- Text -----------------------------------------------------------------------------------

    @property
    def _in_cell(self) -> bool:
        return bool(self._tables) and self._tables[-1].cell is not None

    def _flush(self) -> None:
        """Write what was collected as a paragraph, a list item or a heading."""
        text = "".join(self._text)
        text = text if self._pre else "\n".join(" ".join(line.split()) for line in text.split("\n"))
        text = text.strip("\n") if self._pre else text.strip()
        self._text = []
        if not text.strip():
            return
        if self._level:
            self._draft.heading(text, self._level)
        elif self._bullet:
            self._draft.paragraph(f"- {text}", "\n" if self._after_item else "\n\n")
        else:
            self._draft.paragraph(text)
        self._after_item = self._bullet
        self._level, self._bullet = 0, False

    # -- Tables ---------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        """A cell that holds headings or tables shows that its table arranges the page: it is read as running text."""
        table, text = self._tables[-1], self._text
        table.layout, table.cell = True, None
        for row in table.rows:
            for cell in filter(None, row):
                self._draft.paragraph(cell)
        self._text, table.rows = text, []
        self._flush()

    def _row_begins(self) -> None:
        self._cell_ends()
        if self._tables[-1].layout:
            self._flush()
        else:
            self._tables[-1].rows.append([])

    def _cell_begins(self, tag: str, span: str) -> None:
        self._cell_ends()
        self._flush()
        table = self._tables[-1]
        if table.layout:
            return
        if not table.rows:
            table.rows.append([])
        table.named = table.named or (tag == "th" and len(table.rows) == 1)
        table.cell = self._text = []
        table.span = min(int(span), _MOST_SPAN) if span.isdecimal() else 1

    def _cell_ends(self) -> None:
        table = self._tables[-1]
        if table.cell is None:
            return
        table.rows[-1] += [" ".join("".join(self._text).split()), *([""] * (table.span - 1))]
        self._text, table.cell = [], None

    def _table_ends(self) -> None:
        self._cell_ends()
        self._flush()
        table = self._tables.pop()
        rows = [row for row in table.rows if any(row)]
        if all(one_text(row) for row in rows):
            for row in rows:
                self._draft.paragraph(" ".join(filter(None, row)))
        else:
            self._draft.table(narrow(rows), table.named or None)
        self._after_item = False
