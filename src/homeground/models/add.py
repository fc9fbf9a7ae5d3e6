"""A folder or a file of weights → a model in the user's models folder: copied, described, listed, then true at once."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from homeground.errors import ModelError, NotFoundError, StorageError
from homeground.models.allowed import WEIGHTS, check_content, is_safe, sort_files
from homeground.models.card import ModelCard, card_of
from homeground.models.describe import describe
from homeground.models.folders import models_folder
from homeground.models.manifest import CARD, MANIFEST, write_json, write_manifest
from homeground.models.registry import free_name, read_card, verify

SPARE_BYTES = 200_000_000  # what is left free on the disk, at least
OnCopy = Callable[[int, int, str], None]  # bytes done, bytes in all, the file


def add_model(path: Path, name: str | None = None, *, link: bool = False, on_copy: OnCopy | None = None) -> ModelCard:
    """Take the model at ``path`` (a folder, or one GGUF or safetensors file) into the models folder.

    A folder with a manifest of homeground's is checked against it and kept as it is. With ``link`` the files are not
    copied: they get a second name (a hard link) on the same disk.

    Raises:
        ModelError: naming pickles and code, which no model may hold; or when the name is taken.
    """
    path = path.expanduser().absolute()
    if not path.exists():
        raise NotFoundError(f"There is nothing at {path}")
    finished = path.is_dir() and (path / MANIFEST).is_file()
    name = free_name(name or (verify(path).name if finished else path.stem if path.is_file() else path.name))
    files = _files(path, finished=finished)
    with work_folder(name) as folder:
        if not link:
            check_space(folder, sum(file.stat().st_size for file in files.values()))
        _fill(folder, files, link=link, on_copy=on_copy)
        if finished:
            _same_name(verify(folder), name)
        else:
            finish(folder, {"name": name, "origin": "added from this machine"})
        return install(folder, name)


def finish(folder: Path, known: dict[str, Any]) -> None:
    """Check the weights, and write card and manifest. ``known`` goes before what the files say of themselves."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (wrong := check_content(path)):
            raise ModelError(f"{path.relative_to(folder)}: {wrong}; refused")
    written = describe(folder) | {key: value for key, value in known.items() if value}
    card_of(written, folder, "", 0)
    write_json(folder / CARD, written)
    write_manifest(folder)


def install(folder: Path, name: str) -> ModelCard:
    """Give a finished folder its name; from then on the model is there, whole."""
    free_name(name)
    try:
        folder.rename(models_folder() / name)
    except OSError as error:
        raise StorageError(f"{models_folder() / name} cannot be written: {error.strerror}") from None
    return read_card(models_folder() / name)


def check_space(folder: Path, needed: int) -> None:
    """StorageError when the disk has not so many bytes, and some to spare."""
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE_BYTES:
        raise StorageError(
            f"The disk of {folder} has {free / 1e9:.1f} GB free; the model needs {needed / 1e9:.1f} GB and "
            f"{SPARE_BYTES / 1e9:.1f} to spare. Make room, or name another folder in HOMEGROUND_MODELS."
        )


@contextmanager
def work_folder(name: str) -> Iterator[Path]:
    """An empty folder beside the models, on the same disk; gone afterwards, unless it was given its name."""
    try:
        models_folder().mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=models_folder()))
    except OSError as error:
        raise StorageError(f"{models_folder()} cannot be written: {error.strerror}") from None
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _files(path: Path, *, finished: bool) -> dict[str, Path]:
    """What to take, by the name it will have."""
    if path.is_file():
        if path.suffix.lower() not in WEIGHTS:
            raise ModelError(f"{path.name}: a single file must be .gguf or .safetensors. Name its folder instead")
        return {path.name: path}
    # Hub caches are folders of links to the files: they are followed, folders behind links are not.
    found = {each.relative_to(path).as_posix(): each for each in path.rglob("*") if each.is_file()}
    if finished:
        return found
    sorted_files = sort_files(found)
    if sorted_files.refused:
        raise ModelError(
            f"{path} holds files that could run code when they are loaded: {', '.join(sorted_files.refused[:10])}. "
            "A model of homeground's is safetensors, GGUF or OpenVINO IR: take these out, or add the files one by one"
        )
    if unsafe := [name for name in sorted_files.kept if not is_safe(name)]:
        raise ModelError(f"{path}: the file name {unsafe[0]!r} is not allowed")
    return {name: found[name] for name in sorted_files.kept}


def _fill(folder: Path, files: dict[str, Path], *, link: bool, on_copy: OnCopy | None) -> None:
    total, done = sum(file.stat().st_size for file in files.values()), 0
    for name, file in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if link:
                os.link(file.resolve(), target)
            else:
                shutil.copyfile(file, target)
        except OSError as error:
            hint = ". It may lie on another disk: leave --link out" if link else ""
            raise StorageError(f"{file} cannot be {'linked' if link else 'copied'}: {error.strerror}{hint}") from None
        done += file.stat().st_size
        if on_copy:
            on_copy(done, total, name)


def _same_name(card: ModelCard, name: str) -> None:
    if card.name != name:
        raise ModelError(f"The model's own card calls it {card.name}: leave --name out")


def left_out(path: Path) -> Sequence[str]:
    """What `add_model` does not take from a folder, beside hidden files."""
    if path.is_file() or (path / MANIFEST).is_file():
        return ()
    return sort_files(each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file()).left
