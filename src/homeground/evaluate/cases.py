"""Questions to measure with: from a file that says what each should find, or from the audit log, which does not.

A file is CSV when its name ends in ``.csv``, else JSON lines; the columns or keys are ``question``, ``document`` and
``page``. ``document`` is a name as `homeground documents` lists it, or the end of one from a slash on; it and ``page``
may be left out. Several lines with one question name several right places. Other keys are ignored.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeground.errors import ConfigError

if TYPE_CHECKING:
    from homeground.access.audit import Entry

MOST_ASKED = 200  # newest distinct questions of the audit log
MOST_LOOKED_AT = 5_000  # newest entries among which they are looked for


@dataclass(frozen=True, slots=True)
class Place:
    """A document, and the page of it that answers; None when any page will do."""

    document: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A question, and where its answer is; no places when nobody said."""

    question: str
    places: tuple[Place, ...] = ()


def read_cases(path: Path) -> list[Case]:
    """The questions of a file, in its order; ConfigError, with the line, when it is not of the form above."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"The questions in {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"The questions in {path} are not UTF-8 text") from None
    rows = _csv(text, path) if path.suffix.lower() == ".csv" else _json_lines(text, path)
    cases = _grouped((_text(row, "question", at), _place(row, at)) for at, row in rows)
    if not cases:
        raise ConfigError(f"There are no questions in {path}")
    return cases


def asked_cases(entries: Iterable[Entry]) -> list[Case]:
    """The distinct questions of the audit log, as they come, at most ``MOST_ASKED``."""
    asked = (str(entry.body.get("question", "")).strip() for entry in entries if entry.kind == "ask")
    return [Case(question) for question in list(dict.fromkeys(filter(None, asked)))[:MOST_ASKED]]


def resolved(case: Case, names: Collection[str]) -> Case:
    """The case with whole names of documents; places of documents that are not among ``names`` are left out."""
    found = [
        Place(name, place.page)
        for place in case.places
        for name in sorted(names)
        if name == place.document or name.endswith("/" + place.document)
    ]
    return Case(case.question, tuple(dict.fromkeys(found)))


def _grouped(rows: Iterable[tuple[str, Place | None]]) -> list[Case]:
    places: dict[str, list[Place]] = {}
    for question, place in rows:
        places.setdefault(question, []).extend([place] if place else [])
    return [Case(question, tuple(dict.fromkeys(found))) for question, found in places.items()]


def _csv(text: str, path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    reader = csv.DictReader(text.splitlines())
    if "question" not in (reader.fieldnames or ()):
        raise ConfigError(f"{path}:1: the first line must name the columns: question, document, page")
    for row in reader:
        yield f"{path}:{reader.line_num}", row


def _json_lines(text: str, path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise ConfigError(f'{path}:{number}: not a JSON object like {{"question": "…", "document": "…"}}')
        yield f"{path}:{number}", row


def _place(row: Mapping[str, Any], at: str) -> Place | None:
    if not row.get("document"):
        return None
    page = row.get("page")
    if page in (None, ""):
        return Place(_text(row, "document", at))
    try:
        number = int(str(page))
    except ValueError:
        number = 0
    if number < 1:
        raise ConfigError(f"{at}: page {page!r} is no page number; pages count from 1")
    return Place(_text(row, "document", at), number)


def _text(row: Mapping[str, Any], key: str, at: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{at}: {key} is {value!r:.40}; it must be a text")
    return value.strip()
