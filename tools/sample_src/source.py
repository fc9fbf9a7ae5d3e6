"""A document source: `key: value` lines, then headings, paragraphs, bullets and tables; `===` starts a new page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Block:
    """A piece of a document. `kind`: h1, h2, text, bullets, table or page; `rows` are lines, or rows of cells."""

    kind: str
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def text(self) -> str:
        """The block as one line."""
        return " ".join(row[0] for row in self.rows)


@dataclass(frozen=True)
class Source:
    """A document before it gets a format."""

    title: str
    subtitle: str
    author: str
    date: datetime
    blocks: tuple[Block, ...]


def read(path: Path) -> Source:
    """Read a source file."""
    head, body = path.read_text(encoding="utf-8").split("\n\n", 1)
    facts = dict(line.split(": ", 1) for line in head.splitlines())
    blocks = tuple(_block(part.strip()) for part in body.split("\n\n") if part.strip())
    date = datetime.fromisoformat(facts["date"]).replace(hour=9, tzinfo=UTC)
    return Source(facts["title"], facts["subtitle"], facts["author"], date, blocks)


def _block(part: str) -> Block:
    lines = part.splitlines()
    if part == "===":
        return Block("page")
    if part.startswith("#"):
        return Block("h2" if part.startswith("##") else "h1", ((part.lstrip("# "),),))
    if part.startswith("- "):
        return Block("bullets", tuple((line[2:],) for line in lines))
    if part.startswith("|"):
        rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
        return Block("table", (rows[0], *rows[2:]))
    return Block("text", tuple((line,) for line in lines))
