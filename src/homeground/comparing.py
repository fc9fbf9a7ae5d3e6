"""Former revisions of a document, for whoever may read it now: which are kept, and one beside the current one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

from homeground.access.policy import visible_to
from homeground.aligning import Span, Work, align, changed_words
from homeground.errors import NotFoundError

if TYPE_CHECKING:
    from homeground.catalogue.former import KnownRevision
    from homeground.parts import Parts
    from homeground.types import Page, Principal

Kind = Literal["equal", "changed", "added", "removed"]

MOST_CHARACTERS = 2_000_000  # of each revision: about seven hundred dense pages
PART_LINES, PART_CHARACTERS = 400, 60_000
_STEPS = 20_000_000  # about three seconds at worst
_LONG = 400  # characters from which a line is parted at the ends of its sentences
_LONGEST = 2_000
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|(?<=[\u3002\uff01\uff1f\uff1b])")
_PREFIX = re.compile(r"[0-9a-f]{4,64}")


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision of a document. ``revision`` is the SHA-256 of its bytes, ``date`` the one that it tells itself;
    ``replaced_at`` is None for the current one. Times are in UTC."""

    revision: str
    title: str
    date: datetime | None
    read_at: datetime
    replaced_at: datetime | None
    pages: int
    current: bool


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """A line in both revisions; None where one of them has no such line. The spans are the words of ``former`` and of
    ``current`` that differ, of a changed line."""

    kind: Kind
    former: str | None
    current: str | None
    former_spans: tuple[Span, ...] = ()
    current_spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class ComparedPage:
    """A page of the current revision on which something differs, beside what stood there. ``former`` are the pages on
    which it stood; ``page`` is None when the current revision has no page."""

    page: int | None
    former: tuple[int, ...]
    lines: tuple[ComparedLine, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A former revision beside the current one: the pages on which they differ, in ``parts`` parts, of which this is
    number ``part``; ``changed``, ``added`` and ``removed`` count the lines of all parts.

    ``former_compared`` and ``compared`` are how many pages of each were looked at: fewer than there are in a very
    long document. ``coarse``: somewhere too much differs to say which lines belong together.
    """

    document: str
    former: Revision
    current: Revision
    pages: tuple[ComparedPage, ...]
    part: int
    parts: int
    changed: int
    added: int
    removed: int
    former_compared: int
    compared: int
    coarse: bool


# -- What a workspace shows -----------------------------------------------------------------------


def revisions(parts: Parts, name: str, principal: Principal) -> list[Revision]:
    """The current revision of a document, and the former ones that are kept, the latest first.

    NotFoundError when the document is not there, or not readable, which read the same.
    """
    with parts.catalogue.steady():
        return [_shown(each) for each in _known(parts, name, principal)]


def compare(parts: Parts, name: str, former: str, principal: Principal, part: int = 1) -> Comparison:
    """A former revision, by its digest or the beginning of it, beside the current one.

    NotFoundError when there is no such document for the principal, no such former revision, or no such part.
    """
    from homeground.catalogue.former import texts

    with parts.catalogue.steady():
        known = _known(parts, name, principal)
        chosen = _chosen(name, former, known[1:])
        with parts.catalogue.reading() as connection:
            before, now = texts(connection, chosen, MOST_CHARACTERS), texts(connection, known[0], MOST_CHARACTERS)
    return _compared(name, (chosen, before), (known[0], now), part)


def _known(parts: Parts, name: str, principal: Principal) -> list[KnownRevision]:
    from homeground.catalogue.former import of_document

    visible = visible_to(principal, parts.catalogue)
    with parts.catalogue.reading() as connection:
        known = of_document(connection, visible, name, parts.settings.revisions.keep)
    if not known:
        raise NotFoundError(f"There is no document {name!r} here. `homeground documents` lists what there is.")
    return known


def _chosen(name: str, digest: str, former: Sequence[KnownRevision]) -> KnownRevision:
    found = [each for each in former if _PREFIX.fullmatch(digest) and each.sha256.startswith(digest)]
    if len(found) != 1:
        reason = "fits more than one revision" if found else "is no former revision that is kept"
        raise NotFoundError(f"{digest!r} {reason} of {name}. `homeground revisions {name}` lists them.")
    return found[0]


def _shown(known: KnownRevision) -> Revision:
    current = known.replaced_at is None
    return Revision(
        known.sha256, known.title, known.date, known.read_at, known.replaced_at, known.pages, current=current
    )


# -- Comparing ------------------------------------------------------------------------------------


class _Line(NamedTuple):
    page: int
    text: str
    key: str  # as it is compared: spaces are alike


class _Row(NamedTuple):
    page: int | None
    former: _Line | None
    current: _Line | None

    @property
    def kind(self) -> Kind:
        if self.former is None:
            return "added"
        if self.current is None:
            return "removed"
        return "equal" if self.former.key == self.current.key else "changed"


def _compared(
    name: str, former: tuple[KnownRevision, list[Page]], current: tuple[KnownRevision, list[Page]], part: int
) -> Comparison:
    work = Work(_STEPS)
    rows = _rows(_lines(former[1]), _lines(current[1]), work)
    kinds = [row.kind for row in rows]
    parted = _parted(rows)
    if not 1 <= part <= len(parted):
        raise NotFoundError(f"There is no part {part} of this comparison: it has {len(parted)}.")
    return Comparison(
        document=name,
        former=_shown(former[0]),
        current=_shown(current[0]),
        pages=tuple(_pages(parted[part - 1], work)),
        part=part,
        parts=len(parted),
        changed=kinds.count("changed"),
        added=kinds.count("added"),
        removed=kinds.count("removed"),
        former_compared=len(former[1]),
        compared=len(current[1]),
        coarse=work.refused,
    )


def _lines(pages: Sequence[Page]) -> list[_Line]:
    return [
        _Line(page.number, piece, " ".join(piece.split()))
        for page in pages
        for line in page.text.splitlines()
        for piece in _pieces(line.strip())
        if piece
    ]


def _pieces(line: str) -> Iterator[str]:
    """The line; a long one, a whole paragraph perhaps, in sentences."""
    for sentence in _SENTENCE.split(line) if len(line) > _LONG else [line]:
        for start in range(0, len(sentence), _LONGEST):
            yield sentence[start : start + _LONGEST]


def _rows(former: Sequence[_Line], current: Sequence[_Line], work: Work) -> list[_Row]:
    page = current[0].page if current else None
    rows: list[_Row] = []
    for i, j in align([line.key for line in former], [line.key for line in current], work):
        line = None if j is None else current[j]
        page = line.page if line else page  # what was removed stood after what is before it
        rows.append(_Row(page, None if i is None else former[i], line))
    return rows


def _parted(rows: Sequence[_Row]) -> list[list[_Row]]:
    """The rows of the pages on which something differs, in parts of about the same length; at least one part."""
    parts: list[list[_Row]] = [[]]
    characters = 0
    for _, group in groupby(rows, key=lambda row: row.page):
        of_page = list(group)
        if all(row.kind == "equal" for row in of_page):
            continue
        for row in of_page:
            size = sum(len(line.text) for line in (row.former, row.current) if line)
            if parts[-1] and (len(parts[-1]) >= PART_LINES or characters + size > PART_CHARACTERS):
                parts.append([])
                characters = 0
            parts[-1].append(row)
            characters += size
    return parts


def _pages(rows: Sequence[_Row], work: Work) -> Iterator[ComparedPage]:
    for page, group in groupby(rows, key=lambda row: row.page):
        of_page = list(group)
        former = sorted({row.former.page for row in of_page if row.former})
        yield ComparedPage(page, tuple(former), tuple(_line(row, work) for row in of_page))


def _line(row: _Row, work: Work) -> ComparedLine:
    before, now = row.former and row.former.text, row.current and row.current.text
    if row.kind != "changed" or before is None or now is None:
        return ComparedLine(row.kind, before, now)
    return ComparedLine("changed", before, now, *changed_words(before, now, work))
