"""The manifest of a model folder: the SHA-256 and size of each of its files, and the check of all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from homeground.errors import ModelError
from homeground.models.digests import Digests, read_sha256

MANIFEST, CARD = "manifest.json", "card.json"
MOST_BYTES = 1_000_000  # of a manifest or a card: anything larger is none


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a card or a manifest, as people can read it."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")


def write_manifest(folder: Path) -> None:
    """List every file of the folder: what is loaded later must be this."""
    listed = {
        name: {"sha256": read_sha256(folder / name), "bytes": (folder / name).stat().st_size}
        for name in sorted(_present(folder))
        if name != MANIFEST
    }
    write_json(folder / MANIFEST, {"files": listed})


def check_files(folder: Path, digests: Digests) -> None:
    """Compare every file with the manifest.

    Raises:
        ModelError: naming the file that is missing, changed, or not listed.
    """
    listed, present = _listed(folder), set(_present(folder))
    for name in sorted(present - set(listed) - {MANIFEST}):
        raise ModelError(f"{folder / name} is not in the model's manifest: refused")
    for name, expected in listed.items():
        path = folder / name
        if name not in present:
            raise ModelError(f"{path} is missing, though the model's manifest lists it")
        if path.is_symlink() or _digest(path, digests) != expected:
            raise ModelError(
                f"{path} is not the file that the model's manifest lists: it was changed or damaged; refused"
            )


def manifest_digest(folder: Path) -> str:
    """The SHA-256 of the manifest: the model's digest."""
    try:
        return read_sha256(folder / MANIFEST)
    except OSError as error:
        raise ModelError(f"{folder / MANIFEST} cannot be read: {error.strerror}") from None


def read_json(path: Path, most: int = MOST_BYTES) -> dict[str, Any]:
    """A JSON object from a file of at most ``most`` bytes; ModelError, naming the file, when it is none."""
    try:
        if path.stat().st_size > most:
            raise ModelError(f"{path} is too large to be a {path.stem}")
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise ModelError(f"{path} is not valid JSON") from None
    if not isinstance(found, dict):
        raise ModelError(f"{path} is not a JSON object")
    return found


def is_inside(name: str) -> bool:
    """Whether the name of a file stays inside of its folder, on every system."""
    return not Path(name).is_absolute() and ".." not in Path(name).parts and "\\" not in name


def _present(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def _listed(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file by name, as the manifest has it."""
    files = read_json(folder / MANIFEST).get("files")
    if not isinstance(files, dict) or not files:
        raise ModelError(f"{folder / MANIFEST} lists no files")
    for name, entry in files.items():
        if not is_inside(name) or not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str):
            raise ModelError(f"{folder / MANIFEST}: the entry {name!r} is not allowed")
    return {name: entry["sha256"] for name, entry in files.items()}


def _digest(path: Path, digests: Digests) -> str:
    try:
        return digests.sha256(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from None
