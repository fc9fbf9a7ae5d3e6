"""What the files of a source say of who may read them, where the source asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from homeground.catalogue import Permission, Source
from homeground.errors import ConfigError
from homeground.ingest.posix import FilePermissions
from homeground.ingest.sidecar import Sidecars
from homeground.ingest.walk import File

NONE, FILES, SIDECAR = "none", "files", "sidecar"
KINDS = (NONE, FILES, SIDECAR)


def check_kind(kind: str) -> str:
    """The kind, if there is such a one; ConfigError otherwise."""
    if kind not in KINDS:
        raise ConfigError(f"--permissions {kind!r} is not known. Allowed: {', '.join(KINDS)}.")
    if kind == FILES and os.name != "posix":
        raise ConfigError("--permissions files needs files with owners and groups, which this system does not have.")
    return kind


class Permitted:
    """Reads permissions during one look at all sources."""

    def __init__(self) -> None:
        self._files = FilePermissions()
        self._sidecars: dict[int, Sidecars] = {}

    def of(self, source: Source, file: File) -> Permission | None:
        """Who may read the file; None when its source does not ask, or nothing speaks of it. Links are followed: what
        holds for a file holds for every way to it."""
        if source.permissions == FILES:
            return self._files.of(file.real)
        if source.permissions != SIDECAR:
            return None
        root = os.path.realpath(source.root)
        sidecars = self._sidecars.setdefault(source.id, Sidecars(root))
        return sidecars.of(os.path.relpath(file.real, root).replace(os.sep, "/"))

    def problems(self, source: Source) -> Iterator[tuple[str, str]]:
        """(path, reason) of every sidecar that could not be used."""
        found = self._sidecars.get(source.id)
        for path, reason in sorted(found.problems.items()) if found else ():
            yield path, f"{reason}; what it speaks of is closed to all but the owner until it is put right"
