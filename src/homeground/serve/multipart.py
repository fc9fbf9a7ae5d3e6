"""Multipart bodies, streamed: the one file goes to its place on the disk as it comes, and no further than its limit.

Starlette's own parser writes files to the system's temporary folder, which may be memory, before anybody can say that
they are too large.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from homeground.ingest.uploads import Arriving

_MOST_FIELDS, _MOST_FIELD = 32, 4_096
WRITE_AT = 1 << 20


class Received:
    """What came: fields by name, and the file with the name that it was given. ``discard`` what is not kept."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.name = ""
        self.file: Arriving | None = None

    def discard(self) -> None:
        """Forgets the file, unless it was kept."""
        if self.file is not None:
            self.file.discard()


async def receive(content_type: str, body: AsyncIterator[bytes], begin: Callable[[], Arriving], most: int) -> Received:
    """Reads a body of ``multipart/form-data`` with one file, of at most ``most`` bytes.

    HTTPException 400 or 413 when it is none, is broken off, has several files, or is too large; then nothing is left.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise HTTPException(400, "Send the file as multipart/form-data, in a part named file.")
    reading = _Reading(begin, most)
    try:
        parser = MultipartParser(boundary, reading.callbacks())
        async for chunk in body:
            parser.write(chunk)
            if len(reading.waiting) >= WRITE_AT:
                await run_in_threadpool(reading.write)
        parser.finalize()
        await run_in_threadpool(reading.write)
        if not reading.ended:
            raise broken_off()
        if reading.received.file is None:
            raise HTTPException(400, "There is no file in the body. Send it in a part named file.")
        return reading.received
    except FormParserError:
        reading.received.discard()
        raise HTTPException(400, "The body is not multipart/form-data, though its Content-Type says so.") from None
    except ClientDisconnect:
        reading.received.discard()
        raise broken_off() from None
    except BaseException:
        reading.received.discard()
        raise


class _Reading:
    """The parser's callbacks: they only take notes; the disk is for ``write``."""

    def __init__(self, begin: Callable[[], Arriving], most: int) -> None:
        self.received, self.waiting, self.ended = Received(), bytearray(), False
        self._begin, self._most, self._size, self._parts = begin, most, 0, 0
        self._header, self._value, self._disposition = b"", b"", b""
        self._field: str | None = None
        self._content = bytearray()

    def callbacks(self) -> Any:
        """As the parser takes them."""
        return {
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def write(self) -> None:
        """Puts what came of the file on the disk."""
        if self.received.file is not None and self.waiting:
            self.received.file.write(bytes(self.waiting))
        self.waiting.clear()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._disposition = b""
        self._content.clear()
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        self._parts += 1
        if self._parts > _MOST_FIELDS + 1:  # parts, not names: many of one name are as much work
            raise HTTPException(400, f"The body has more than {_MOST_FIELDS} fields.")
        if b"filename" not in options:
            return
        if self.received.file is not None:
            raise HTTPException(400, "The body has several files. Send one at a time.")
        self.received.name = options[b"filename"].decode("utf-8", "replace")
        self.received.file, self._field = self._begin(), None

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._field is None:
            self._size += end - start
            if self._size > self._most:
                raise too_large(self._most)
            self.waiting += data[start:end]
        elif len(self._content) + end - start > _MOST_FIELD:
            raise HTTPException(413, f"The field {self._field[:40]!r} has more than {_MOST_FIELD:,} bytes.")
        else:
            self._content += data[start:end]

    def _on_part_end(self) -> None:
        if self._field is not None:
            self.received.fields[self._field] = self._content.decode("utf-8", "replace")

    def _on_end(self) -> None:
        self.ended = True


def broken_off() -> HTTPException:
    """The answer, which hardly anybody is there to hear, to a body that ends before its end."""
    return HTTPException(400, "The body was broken off. Nothing was kept.")


def too_large(most: int) -> HTTPException:
    """The answer to a file that is larger than what is taken."""
    return HTTPException(413, f"The file is larger than {most / 1e6:,.0f} MB, the limit of body_mb in [serve].")
