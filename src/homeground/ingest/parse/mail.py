"""E-mail messages (EML): who wrote what to whom and when, the text once, and the names of what is attached."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email import policy
from email.message import Message

from homeground.errors import ReadError
from homeground.ingest.parse.clean import good_title, one_line
from homeground.ingest.parse.dates import parse_date
from homeground.ingest.parse.decode import decode
from homeground.ingest.parse.draft import Draft
from homeground.ingest.parse.file import File
from homeground.ingest.parse.plain import add_text
from homeground.ingest.parse.web import add_html, declared
from homeground.types import ParsedDocument

_SHOWN = ("From", "To", "Cc", "Bcc", "Date", "Subject")
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_MOST_PARTS = 1_000
_MOST_DEPTH = 20
_QUOTED = re.compile(r"\n{3,}")


def read(file: File) -> ParsedDocument:
    """A message, with the messages attached to it."""
    data = decode(file.data).text.encode() if file.data.startswith(_WIDE) or b"\0" in file.data[:64] else file.data
    message = email.message_from_bytes(data.lstrip(b"\xef\xbb\xbf \r\n"), policy=policy.default)
    if not message.keys():
        raise ReadError("it is damaged: it has no e-mail header")
    reading = _Reading()
    reading.message(message, 0)
    pages = reading.draft.pages()
    title = good_title(_header(message, "Subject")) or file.stem
    problems = tuple(dict.fromkeys(reading.problems))
    return ParsedDocument(title, "message/rfc822", pages, parse_date(_header(message, "Date")), problems)


class _Reading:
    """Writes messages into a draft, and notes what of them is not readable."""

    def __init__(self) -> None:
        self.draft = Draft()
        self.problems: list[str] = []
        self._parts = 0

    def message(self, message: Message, depth: int) -> None:
        subject = one_line(_header(message, "Subject"))
        self.draft.heading(subject, 1 if depth == 0 else 2)
        lines = [f"{name}: {value}" for name in _SHOWN if (value := one_line(_header(message, name)))]
        self.draft.paragraph("\n".join(lines))
        attached: list[str] = []
        for part in self._bodies(message, attached, depth):
            self._body(part)
        if attached:
            self.draft.paragraph("Attachments: " + ", ".join(attached))

    def _bodies(self, part: Message, attached: list[str], depth: int) -> Iterator[Message]:
        """The parts to be read as text, of alternatives the first that is; names of the others go to `attached`."""
        self._parts += 1
        if depth > _MOST_DEPTH or self._parts > _MOST_PARTS:
            self.problems.append("it has more parts, or parts nested more deeply, than are read")
            return
        kind = part.get_content_type()
        if kind == "multipart/encrypted" or kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
            self.problems.append("its text is encrypted")
        elif kind == "message/rfc822" and part.is_multipart():
            for inner in _children(part):
                self.message(inner, depth + 1)
        elif part.is_multipart():
            yield from self._children(part, kind, attached, depth)
        elif kind in ("text/plain", "text/html") and not _named(part):
            yield part
        elif name := _named(part):
            attached.append(name)

    def _children(self, part: Message, kind: str, attached: list[str], depth: int) -> Iterator[Message]:
        children = _children(part)
        if kind == "multipart/alternative":
            texts = sorted((one for one in children if _text_kind(one) < 2), key=_text_kind)
            children = [*texts[:1], *(one for one in children if _text_kind(one) == 2)]
        for child in children:
            yield from self._bodies(child, attached, depth + 1)

    def _body(self, part: Message) -> None:
        payload = part.get_payload(decode=True)
        data = payload if isinstance(payload, bytes) else b""
        if not data.strip():
            return
        charset = part.get_content_charset()
        try:
            decoded = decode(data, charset or (declared(data) if part.get_content_type() == "text/html" else None))
        except ReadError as error:
            self.problems.append(f"a part of its text could not be read: {error}")
            return
        if decoded.problem:
            self.problems.append(f"a part of its text is {decoded.problem}")
        if part.get_content_type() == "text/html":
            add_html(self.draft, decoded.text)
        else:
            add_text(self.draft, _QUOTED.sub("\n\n", decoded.text.replace("\r\n", "\n").replace("\f", "\n")))


def _children(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _text_kind(part: Message) -> int:
    """0 for plain text that says something, 1 for HTML, 2 for the rest."""
    kind = part.get_content_type()
    if kind == "text/plain":
        payload = part.get_payload(decode=True)
        return 0 if isinstance(payload, bytes) and payload.strip() else 3
    return 1 if kind in ("text/html", "multipart/related", "multipart/mixed") else 2


def _named(part: Message) -> str:
    """The file name of an attachment; empty for what is part of the message itself."""
    try:
        name = part.get_filename()
        disposition = part.get_content_disposition()
    except (ValueError, TypeError, AttributeError, IndexError, KeyError):  # the header parser fails on some junk
        return "unnamed attachment"
    if name:
        return one_line(name)
    return "unnamed attachment" if disposition == "attachment" else ""


def _header(message: Message, name: str) -> str:
    """A header as text; the raw one where the parser of the standard library fails on it."""
    try:
        return str(message.get(name, "") or "")
    except (ValueError, TypeError, AttributeError, IndexError, KeyError):
        raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
        return str(raw)
