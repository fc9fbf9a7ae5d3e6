"""Models by name or folder, and the check of every file before any is loaded."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from homeground.errors import ModelError, NotFoundError
from homeground.models.card import ModelCard

HOUSE = Path(__file__).parent / "house"
MANIFEST, CARD = "manifest.json", "card.json"
_MOST_BYTES = 1_000_000  # of a manifest or a card: anything larger is none


def house_models() -> list[ModelCard]:
    """The models that come with homeground, by name."""
    return [read_card(folder) for folder in sorted(HOUSE.iterdir()) if (folder / MANIFEST).is_file()]


def find(name: str) -> Path:
    """The folder of a house model, or the folder at a path; NotFoundError when there is neither."""
    known = [folder.name for folder in HOUSE.iterdir() if (folder / MANIFEST).is_file()]
    if name in known:
        return HOUSE / name
    if Path(name).is_dir():
        return Path(name)
    raise NotFoundError(
        f"There is no model {name!r}. House models: {', '.join(sorted(known))}; or give a model's folder."
    )


def read_card(folder: Path) -> ModelCard:
    """The card of the model in `folder`; its files are not checked (see `verify`)."""
    found = _read_json(folder / CARD)
    known = {one.name for one in fields(ModelCard)} - {"folder", "digest", "bytes", "details", "languages"}
    try:
        return ModelCard(
            **{key: value for key, value in found.items() if key in known},
            folder=folder,
            digest=_digest(folder / MANIFEST),
            languages=tuple(found.get("languages", ())),
            bytes=sum(path.stat().st_size for path in folder.iterdir() if path.is_file()),
            details={key: value for key, value in found.items() if key not in known | {"languages"}},
        )
    except TypeError as error:
        raise ModelError(f"{folder / CARD} is not a model card: {error}") from None


def verify(folder: Path) -> ModelCard:
    """The card of the model in `folder`, after every file was checked against the manifest.

    Raises:
        ModelError: naming the file that is missing, changed, or not listed.
    """
    listed = _listed(folder)
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    for name in sorted(present - set(listed) - {MANIFEST}):
        raise ModelError(f"{folder / name} is not in the model's manifest: refused")
    for name, expected in listed.items():
        path = folder / name
        if name not in present:
            raise ModelError(f"{path} is missing, though the model's manifest lists it")
        if path.is_symlink() or _digest(path) != expected:
            raise ModelError(
                f"{path} is not the file that the model's manifest lists: it was changed or damaged; refused"
            )
    return read_card(folder)


def _listed(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file by name, as the manifest has it."""
    files = _read_json(folder / MANIFEST).get("files")
    if not isinstance(files, dict) or not files:
        raise ModelError(f"{folder / MANIFEST} lists no files")
    for name, entry in files.items():
        inside = not Path(name).is_absolute() and ".." not in Path(name).parts and "\\" not in name
        if not inside or not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str):
            raise ModelError(f"{folder / MANIFEST}: the entry {name!r} is not allowed")
    return {name: entry["sha256"] for name, entry in files.items()}


def _read_json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ModelError(f"{path} is too large to be a {path.stem}")
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise ModelError(f"{path} is not valid JSON") from None
    if not isinstance(found, dict):
        raise ModelError(f"{path} is not a JSON object")
    return found


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from None
