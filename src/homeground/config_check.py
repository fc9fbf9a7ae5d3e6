"""What is wrong in homeground.toml: each mistake in words, and the line on which it stands."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import Field, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Form:
    """What a file may hold: ``sections`` once each, ``tables`` ([[name]], also below a section) any number of times."""

    sections: dict[str, type[Any]]
    tables: dict[str, type[Any]]

    def line(self, text: str, section: str, number: int, key: str) -> int:
        """The line (from 1) of a key in a section, or in a table of that name; ``number`` counts tables from 0."""
        if section in self.tables:
            return _table_line(text, section, number, key)
        return max(_line_of(text, section, key), _line_of(text, section))


def mistakes(tree: dict[str, Any], text: str, form: Form) -> Iterator[tuple[int, str]]:
    """Each mistake as (line, words)."""
    for name, section in tree.items():
        if name in form.tables:
            yield from _tables_mistakes(name, section, text, form)
        elif name not in form.sections:
            known = [*form.sections, *(each for each in form.tables if "." not in each)]
            yield _line_of(text, name), f"unknown section [{name}]{_nearest(name, known)}"
        elif not isinstance(section, dict):
            yield _line_of(text, None, name), f"{name} is a section: write [{name}] and its settings below it"
        else:
            yield from _section_mistakes(name, section, text, form)


def sound(tree: dict[str, Any], form: Form) -> dict[str, Any]:
    """The tree without what is wrong by itself, so that the rest can be looked at together."""
    found: dict[str, Any] = {}
    for name, section in tree.items():
        if name in form.sections and isinstance(section, dict):
            found[name] = _sound(section, form.sections[name]) | {
                key: [_sound(table, form.tables[f"{name}.{key}"]) for table in tables if isinstance(table, dict)]
                for key, tables in section.items()
                if f"{name}.{key}" in form.tables and isinstance(tables, list)
            }
        elif name in form.tables and isinstance(section, list):
            found[name] = [_sound(table, form.tables[name]) for table in section if isinstance(table, dict)]
    return found


def _sound(section: dict[str, Any], kind: type[Any]) -> dict[str, Any]:
    known = {one.name: one for one in fields(kind)}
    return {key: value for key, value in section.items() if key in known and not _value_mistake(known[key], value)}


def _section_mistakes(name: str, section: dict[str, Any], text: str, form: Form) -> Iterator[tuple[int, str]]:
    known = {one.name: one for one in fields(form.sections[name])}
    names = [*known, *(each.removeprefix(f"{name}.") for each in form.tables if each.startswith(f"{name}."))]
    for key, value in section.items():
        if f"{name}.{key}" in form.tables:
            yield from _tables_mistakes(f"{name}.{key}", value, text, form)
        elif wrong := _value_mistake(known[key], value) if key in known else f"unknown setting{_nearest(key, names)}":
            yield _line_of(text, name, key), f"[{name}] {key}: {wrong}"


def _tables_mistakes(name: str, tables: Any, text: str, form: Form) -> Iterator[tuple[int, str]]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        yield _table_line(text, name, 0), f"{name} is a list of tables: write [[{name}]] above each"
        return
    known = {one.name: one for one in fields(form.tables[name])}
    for number, table in enumerate(tables):
        for key, value in table.items():
            unknown = f"unknown setting{_nearest(key, list(known))}"
            if wrong := _value_mistake(known[key], value) if key in known else unknown:
                yield _table_line(text, name, number, key), f"[[{name}]] {key}: {wrong}"
        for key, one in known.items():
            if one.metadata["required"] and key not in table:
                yield _table_line(text, name, number), f"[[{name}]] {key} is missing: {one.metadata['doc']}"


# -- Values -------------------------------------------------------------------------------------


def _value_mistake(one: Field[Any], value: Any) -> str | None:
    """What is wrong with the value, in words; None when nothing is."""
    allowed, least, most = one.metadata["choices"], one.metadata["least"], one.metadata["most"]
    if not _fits(one.default, value):
        return f"{_toml_safe(value)} is not {_kind(one.default)}"
    if allowed and (wrong := [each for each in (value if isinstance(value, list) else [value]) if each not in allowed]):
        return f"{wrong[0]!r} is not one of {', '.join(allowed)}"
    if least is not None and not least <= value <= most:
        return f"{value} is not between {least} and {most}"
    if form := one.metadata["each"]:
        wrong = [item for item in value if not re.fullmatch(form[0], item)]
        return f"{_toml_safe(wrong[0])} is not like {form[1]!r}" if wrong else None
    items = (value or [""]) if one.metadata["required"] and isinstance(value, list) else [value]
    return "must not be empty" if any(_blank(item) for item in items) else None


def _blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _fits(default: Any, value: Any) -> bool:
    if isinstance(default, tuple):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if isinstance(default, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is type(default)


def _kind(default: Any) -> str:
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text in quotes"}
    return kinds.get(type(default), 'a list of texts, for example ["drafts/", "*.tmp"]')


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(known)}"


def _toml_safe(value: Any) -> str:
    """A wrong value as it may be shown: short."""
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


# -- Lines: tomllib does not tell them ------------------------------------------------------------

_HEADER = re.compile(r"\s*\[+\s*[\"']?([^\]\"']+?)[\"']?\s*\]")


def _line_of(text: str, section: str | None, key: str | None = None) -> int:
    """The line (from 1) where the section, or the key in it, is set."""
    current: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            current = header[1]
            if key is None and current.split(".")[0] == section:
                return number
        elif key is not None and current == section and _sets(line, key):
            return number
    return 1


def _table_line(text: str, name: str, number: int, key: str | None = None) -> int:
    """The line of the table ``number`` (from 0) of that name, or of a key in it; that of its list when it stands so."""
    at, start = -1, 0
    for count, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            at += header[1] == name
            start = count if (header[1], at) == (name, number) and not start else start
            if start and count > start:
                break
        elif start and key is not None and _sets(line, key):
            return count
    above, _, last = name.rpartition(".")
    return start or _line_of(text, above or None, last)


def _sets(line: str, key: str) -> bool:
    return re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line) is not None
