"""What passes between homeground and its reading processes: length-prefixed JSON, never pickle."""

from __future__ import annotations

import json
from datetime import datetime
from typing import IO, Any

from homeground.types import Heading, Page, ParsedDocument, Table

Message = dict[str, Any]
_PREFIX = 8  # bytes of length in front of each message


def send(stream: IO[bytes], message: Message) -> None:
    """Write one message and flush it."""
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    stream.write(len(body).to_bytes(_PREFIX, "big") + body)
    stream.flush()


def receive(stream: IO[bytes]) -> Message | None:
    """The next message; None when the other side has gone."""
    prefix = stream.read(_PREFIX)
    if len(prefix) < _PREFIX:
        return None
    size = int.from_bytes(prefix, "big")
    body = stream.read(size)
    if len(body) < size:
        return None
    message: Message = json.loads(body)
    return message


def pack(document: ParsedDocument) -> Message:
    """A document as JSON can carry it."""
    return {
        "title": document.title,
        "media_type": document.media_type,
        "date": document.date.isoformat() if document.date else None,
        "problems": document.problems,
        "pages": [
            (
                page.number,
                page.text,
                page.label,
                [(one.start, one.level, one.text) for one in page.headings],
                [(one.start, one.end, one.header) for one in page.tables],
                page.problem,
            )
            for page in document.pages
        ],
    }


def unpack(message: Message) -> ParsedDocument:
    """The document that ``pack`` packed."""
    return ParsedDocument(
        title=message["title"],
        media_type=message["media_type"],
        pages=tuple(_page(*parts) for parts in message["pages"]),
        date=datetime.fromisoformat(message["date"]) if message["date"] else None,
        problems=tuple(message["problems"]),
    )


def _page(number: int, text: str, label: str, headings: list[Any], tables: list[Any], problem: str | None) -> Page:
    marks = tuple(Heading(*one) for one in headings), tuple(Table(*one) for one in tables)
    return Page(number, text, label, *marks, problem)
