"""JSON and JSON lines: as they are written where a person can read that, else a value on a line."""

from __future__ import annotations

import json
from collections.abc import Iterator

from homeground.ingest.parse.clean import good_title, tidy
from homeground.ingest.parse.decode import decode
from homeground.ingest.parse.draft import Draft
from homeground.ingest.parse.file import File
from homeground.types import ParsedDocument

_LONG = 400  # characters; a file with longer lines was not written for reading


def read(file: File) -> ParsedDocument:
    """A JSON file, or one JSON value per line."""
    decoded = decode(file.data)
    text, problem = tidy(decoded.text).replace("\f", "\n"), decoded.problem
    lines = file.suffix in (".ndjson", ".jsonl")
    try:
        values = [json.loads(line) for line in text.split("\n") if line.strip()] if lines else [json.loads(text)]
    except ValueError as error:
        values, problem = [], problem or f"not valid JSON ({error}); read as plain text"
    draft = Draft()
    if values and max(map(len, text.split("\n"))) > _LONG:
        for value in values:
            draft.paragraph("\n".join(_written(value)))
    else:
        draft.paragraph(text)
    title = values[0].get("title") if len(values) == 1 and isinstance(values[0], dict) else ""
    return ParsedDocument(good_title(title) or file.stem, "", draft.pages(), problems=(problem,) if problem else ())


def _written(value: object, name: str = "", depth: int = 0) -> Iterator[str]:
    """`name: value` lines, indented by depth; short lists on one line."""
    space, head = "  " * depth, f"{name}: " if name else ""
    if isinstance(value, dict):
        if name:
            yield f"{space}{name}:"
        for key, inner in value.items():
            yield from _written(inner, tidy(str(key)), depth + bool(name))
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for inner in value:
            yield from _written(inner, name or "-", depth)
    elif isinstance(value, list):
        yield f"{space}{head}{', '.join(map(_shown, value))}"
    else:
        yield f"{space}{head}{_shown(value)}"


def _shown(value: object) -> str:
    return tidy(value) if isinstance(value, str) else json.dumps(value)
