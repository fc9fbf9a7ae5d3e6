"""homeground.toml → one frozen settings tree; every mistake is reported with its line and the allowed values.

load(path)   read and check a file
template()   the file that `homeground init` writes, every setting explained and commented out
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from homeground.config_check import Form, mistakes, sound
from homeground.errors import ConfigError
from homeground.settings import SECTIONS, TABLES, OidcSettings, Settings

FILE_NAME = "homeground.toml"


def load(path: Path) -> Settings:
    """Read `path` and check every value.

    Raises:
        ConfigError: naming the file, each wrong line, and what is allowed there.
    """
    text = _read(path)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    form = Form(SECTIONS, {name: kind for name, (_, kind) in TABLES.items()})
    wrong = list(mistakes(tree, text, form))
    together = _contradictions(_settings(sound(tree, form)))
    wrong += [(form.line(text, section, number, key), words) for section, number, key, words in together]
    if wrong:
        lines = [f"{path}:{line}: {words}" for line, words in sorted(wrong)]
        many = [f"{path} has {len(lines)} mistakes:"] if len(lines) > 1 else []
        raise ConfigError("\n".join(many + lines))
    return _settings(tree)


def _settings(tree: dict[str, Any]) -> Settings:
    made: dict[str, Any] = {}
    for name, section in tree.items():
        if name in SECTIONS:
            own = {key: _value(value) for key, value in section.items() if f"{name}.{key}" not in TABLES}
            made[name] = SECTIONS[name](**own)
    for name, (where, kind) in TABLES.items():
        *above, last = name.split(".")
        tables = (tree.get(above[0], {}) if above else tree).get(last, [])
        made[where] = tuple(kind(**{key: _value(value) for key, value in table.items()}) for table in tables)
    return Settings(**made)


def _contradictions(settings: Settings) -> Iterator[tuple[str, int, str, str]]:
    """What does not fit together, as (section, number of the table from 0, key, words). Unset values are left out."""
    labels = settings.egress.labels
    known = f"is not one of the labels: {', '.join(labels)}"
    if not labels or len(set(labels)) < len(labels) or not all(label.strip() for label in labels):
        yield "egress", 0, "labels", "[egress] labels: write each label once, and at least one"
    elif settings.egress.default_label not in labels:
        yield "egress", 0, "default_label", f"[egress] default_label: {settings.egress.default_label!r} {known}"
    for number, rule in enumerate(settings.egress_rules):
        if rule.most and rule.most not in labels:
            yield "egress.rule", number, "most", f"[[egress.rule]] most: {rule.most!r} {known}"
    for number, route in enumerate(settings.routes):
        if route.most and route.most not in labels:
            yield "route", number, "most", f"[[route]] most: {route.most!r} {known}"
        if number == 0 and "skipped" not in route.when:
            yield "route", number, "when", "[[route]] when: nothing comes before the first route"
    if settings.oidc.issuer != "none":
        yield from _sign_on(settings.oidc)


def _sign_on(oidc: OidcSettings) -> Iterator[tuple[str, int, str, str]]:
    if oidc.client_id == "none":
        yield "oidc", 0, "client_id", "[oidc] client_id: write under what name homeground is registered there"
    if not re.fullmatch(r"https://\S+|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/\S*)?", oidc.issuer):
        yield "oidc", 0, "issuer", f"[oidc] issuer: {oidc.issuer!r} must begin with https://"
    if "openid" not in oidc.scopes:
        yield "oidc", 0, "scopes", "[oidc] scopes: `openid` must be among them"


def template() -> str:
    """A homeground.toml in which every setting is explained and commented out at its default."""
    lines = ["# homeground.toml: every setting is optional; these are the defaults.", ""]
    for name, section in SECTIONS.items():
        lines += [f"# {section.__doc__}", f"[{name}]"]
        lines += [f"# {one.name} = {_toml(one.default)}  # {one.metadata['doc']}" for one in fields(section)]
        lines.append("")
    tables = " and ".join(f"[[{name}]]" for name in TABLES)
    return "\n".join([*lines, f"# {tables} stand as often as needed: see docs/guide/egress.md and routes.md.", ""])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{item}"' for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def nearest(folder: Path) -> Path:
    """The folder itself or the nearest one above it that is a workspace; the folder itself when none is."""
    return next((each for each in (folder, *folder.parents) if (each / FILE_NAME).is_file()), folder)
