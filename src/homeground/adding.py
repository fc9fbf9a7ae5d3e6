"""What a workspace reads: sources that are added with who may read them, or taken out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from homeground.access.audit import append
from homeground.access.egress import check_label
from homeground.access.policy import find_source, visible_to
from homeground.errors import ConfigError
from homeground.types import OWNER

if TYPE_CHECKING:
    from homeground.catalogue import Source
    from homeground.parts import Parts
    from homeground.types import Principal


def add_sources(
    parts: Parts,
    by: str,
    paths: Sequence[Path | str],
    *,
    access: Iterable[str] | None = None,
    name: str | None = None,
    label: str | None = None,
    permissions: str | None = None,
    prefix: str | None = None,
    wait: bool = False,
) -> list[Source]:
    """Adds folders, files or globs for the person ``by``, or changes those that were added before; reads nothing yet.

    The arguments are those of ``Workspace.add``; ``prefix`` is what the names of the documents begin with, None for the
    path as it is given.
    """
    from homeground.ingest.sources import add_source

    if name is not None and len(paths) > 1:
        raise ConfigError("A name is for one source: add the paths one by one to name them.")
    grants = None if access is None else {*access, OWNER}
    if grants is not None and permissions == "files":
        raise ConfigError(
            "With --permissions files the file system says who may read: leave out --acl. To keep some people out "
            "all the same: homeground access set SOURCE --deny GRANT"
        )
    if label is not None:
        check_label(label, parts.settings.egress)
    added = []
    for path in paths:
        source = add_source(
            parts.catalogue,
            parts.home,
            str(path),
            grants=grants,
            name=name,
            label=label,
            permissions=permissions,
            prefix=prefix,
            wait=wait,
        )
        if grants is not None or permissions is not None:
            _tell_access(parts, by, source)
        added.append(source)
    return added


def _tell_access(parts: Parts, by: str, source: Source) -> None:
    now = {"allow": sorted(source.grants), "deny": sorted(source.deny)}
    told = {"target": source.name, "source": source.name, "kind": "source", "permissions": source.permissions}
    append(parts.catalogue, "access", by, told | {"now": now})


def remove_source(parts: Parts, name: str, principal: Principal, *, wait: bool = False) -> tuple[int, str | None]:
    """Takes a source out; how many documents went, and which source the next sync gives the files to, if any.

    The uploads stay a source as long as files are in it: the next upload would make them one again, without the rules
    that said who may read them.
    """
    from homeground.ingest.sources import heir

    found = find_source(parts.catalogue, visible_to(principal, parts.catalogue), name)
    if found.root == parts.uploads.folder and any(each.is_file() for each in found.root.rglob("*")):
        raise ConfigError(f"People's files are in {name}, with rules of their own: delete them one by one instead.")
    removed = parts.sync(None).remove(found, wait=wait)
    passes_to = heir(found, parts.catalogue.sources())
    return removed, passes_to.name if passes_to else None
