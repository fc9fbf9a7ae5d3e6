"""The written form of a citation: ``DOCUMENT@REVISION#pPAGE:START-END``, of which only DOCUMENT must be there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from homeground.errors import NotFoundError

# Read from the right, since names of documents may hold any of these signs.
_FORM = re.compile(
    r"(?P<document>.+?)(?:@(?P<revision>[0-9a-f]{6,64}))?(?:#p(?P<page>[0-9]{1,9})(?::(?P<start>[0-9]{1,9})-(?P<end>[0-9]{1,9}))?)?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a citation points. ``revision`` may be shortened, and is empty for the current one; no span is (0, 0)."""

    document: str
    revision: str = ""
    page: int = 1
    start: int = 0
    end: int = 0


def parse_address(text: str) -> Address:
    """The address that a citation names; NotFoundError when it cannot be one."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise NotFoundError(f"{text!r} is no citation; write DOCUMENT#pPAGE, or DOCUMENT@REVISION#pPAGE:START-END")
    start, end = int(found["start"] or 0), int(found["end"] or 0)
    if end < start:
        raise NotFoundError(f"{text!r}: the span ends before it starts")
    return Address(found["document"], found["revision"] or "", int(found["page"] or 1), start, end)
