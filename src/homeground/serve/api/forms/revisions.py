"""Revisions of a document, and two of them side by side."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel


class Revision(BaseModel):
    """A revision; ``revision`` is the SHA-256 of its bytes. ``replaced_at`` is null for the current one."""

    revision: str
    title: str
    date: datetime | None
    read_at: datetime
    replaced_at: datetime | None
    pages: int
    current: bool


class Revisions(BaseModel):
    """The current revision, then the former ones that are kept, the latest first. ``keep`` is the setting."""

    document: str
    keep: int
    revisions: list[Revision]


class ComparedLine(BaseModel):
    """A line in both revisions, null where one has none; spans (start, end) are the words of each that differ."""

    kind: Literal["equal", "changed", "added", "removed"]
    former: str | None
    current: str | None
    former_spans: list[tuple[int, int]]
    current_spans: list[tuple[int, int]]


class ComparedPage(BaseModel):
    """A page of the current revision (null: it has none), and the former pages on which its lines stood."""

    page: int | None
    former: list[int]
    lines: list[ComparedLine]


class Comparison(BaseModel):
    """The pages that differ, in ``parts`` parts. ``changed``, ``added`` and ``removed`` count lines of all parts;
    ``former_compared`` and ``compared`` the pages that were looked at. ``coarse``: too much differs somewhere to say
    which lines belong together."""

    document: str
    former: Revision
    current: Revision
    pages: list[ComparedPage]
    part: int
    parts: int
    changed: int
    added: int
    removed: int
    former_compared: int
    compared: int
    coarse: bool
