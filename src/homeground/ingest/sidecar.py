"""Sidecar files: `.homeground-access` in a folder, and `NAME.access` beside a file, say who may read it, in TOML.

    allow = ["group:hr", "user:helena"]
    deny = ["group:temps"]

The nearest one that has ``allow`` decides that; what any of them denies is denied. A sidecar that cannot be used closes
the folder, or the file, to all but the owner of the workspace.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeground.access.policy import check_grant
from homeground.catalogue import Permission
from homeground.errors import ConfigError
from homeground.ingest.walk import FOLDER_FILE, SUFFIX
from homeground.types import EVERYONE, OWNER

_MOST_BYTES = 65_536
_ALLOWED = ("allow", "deny")


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What one sidecar file says. ``problem`` says why it cannot be used; None when it can."""

    path: str
    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()
    problem: str | None = None


class Sidecars:
    """Reads the sidecars of one source below its real root; those of folders once. Problems are collected by path."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._folders: dict[str, Sidecar | None] = {}
        self.problems: dict[str, str] = {}

    def of(self, path: str) -> Permission | None:
        """Who may read the file at this path below the root; None when no sidecar speaks of it."""
        folders = path.split("/")[:-1]
        above = ["/".join(folders[:end]) for end in range(len(folders), -1, -1)]
        said = [self._read(path + SUFFIX), *(self._folder(each) for each in above)]
        return _together([each for each in said if each is not None])

    def _folder(self, folder: str) -> Sidecar | None:
        if folder not in self._folders:
            self._folders[folder] = self._read(f"{folder}/{FOLDER_FILE}" if folder else FOLDER_FILE)
        return self._folders[folder]

    def _read(self, path: str) -> Sidecar | None:
        found = read_sidecar(Path(self._root) / path, path)
        if found and found.problem:
            self.problems[path] = found.problem
        return found


def _together(said: list[Sidecar]) -> Permission | None:
    """What the sidecars of a file say together, the nearest first."""
    broken = next((each for each in said if each.problem), None)
    if broken:
        return Permission((OWNER,), (EVERYONE,), broken.path)
    if not said:
        return None
    first = next((each for each in said if each.allow is not None), said[0])
    allow = None if first.allow is None else tuple(sorted({*first.allow, OWNER}))
    return Permission(allow, tuple(sorted({grant for each in said for grant in each.deny})), first.path)


def read_sidecar(full: Path, path: str) -> Sidecar | None:
    """One sidecar file; None when it is not there."""
    try:
        found = full.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST_BYTES:
            return Sidecar(path, problem="is no ordinary small file")
        text = full.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return Sidecar(path, problem="is a link that leads nowhere") if os.path.islink(full) else None  # noqa: PTH114
    except (OSError, ValueError) as error:
        return Sidecar(path, problem=f"cannot be read ({getattr(error, 'strerror', None) or 'it is not UTF-8'})")
    try:
        return Sidecar(path, *_understood(text))
    except ConfigError as error:
        return Sidecar(path, problem=str(error))


def _understood(text: str) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        at = line[1] if line else str(len(text.splitlines()) or 1)
        raise ConfigError(f"line {at}: it is not valid TOML") from None
    for key in said:
        if key not in _ALLOWED:
            raise ConfigError(f"line {_line_of(text, key)}: {key!r} is not known; a sidecar has allow and deny")
    allow = _grants(text, "allow", said["allow"]) if "allow" in said else None
    return allow, _grants(text, "deny", said.get("deny", []))


def _grants(text: str, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ConfigError(f'line {_line_of(text, key)}: {key} is a list of grants, such as ["group:hr"]')
    for each in value:
        try:
            check_grant(each)
        except ConfigError as error:
            raise ConfigError(f"line {_line_of(text, each)}: {error}") from None
        if key == "deny" and each == OWNER:
            raise ConfigError(f"line {_line_of(text, each)}: a sidecar cannot deny the owner of the workspace")
    return tuple(value)


def _line_of(text: str, word: str) -> int:
    return next((number for number, line in enumerate(text.splitlines(), 1) if word in line), 1)
