"""Pages and term counts as bytes and JSON: compact, readable by any later version, never executed."""

from __future__ import annotations

import functools
import json
import zlib
from collections.abc import Mapping
from typing import Any

from homeground.catalogue.records import Permission
from homeground.types import Heading, Page, Table


def pack_text(text: str) -> bytes:
    """Compressed UTF-8; lone surrogates, which some parsers let through, are kept, so that spans stay true."""
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 6)


def unpack_text(data: bytes) -> str:
    """The text that was packed, character for character."""
    return zlib.decompress(data).decode("utf-8", "surrogatepass")


def pack_structure(page: Page) -> dict[str, Any]:
    """Headings and tables of a page."""
    return {
        "headings": [[heading.start, heading.level, heading.text] for heading in page.headings],
        "tables": [[table.start, table.end, table.header] for table in page.tables],
    }


def unpack_page(number: int, text: bytes, label: str, structure: Mapping[str, Any], problem: str | None) -> Page:
    """A page as it was parsed."""
    headings = tuple(Heading(*values) for values in structure.get("headings", ()))
    tables = tuple(Table(*values) for values in structure.get("tables", ()))
    return Page(number, unpack_text(text), label, headings, tables, problem)


def pack_counts(frequency: Mapping[str, int]) -> bytes:
    """Term → passages."""
    return zlib.compress(json.dumps(dict(frequency), ensure_ascii=False).encode("utf-8", "surrogatepass"), 6)


def unpack_counts(data: bytes) -> dict[str, int]:
    """Term → passages."""
    counts: dict[str, int] = json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))
    return counts


def pack_permission(permission: Permission | None) -> str:
    """One text for one permission; empty for none."""
    if permission is None:
        return ""
    allow = None if permission.allow is None else sorted(permission.allow)
    return json.dumps([allow, sorted(permission.deny), permission.origin], separators=(",", ":"))


@functools.lru_cache(10_000)
def unpack_permission(text: str) -> Permission | None:
    """The permission that was packed."""
    if not text:
        return None
    allow, deny, origin = json.loads(text)
    return Permission(None if allow is None else tuple(allow), tuple(deny), origin)
