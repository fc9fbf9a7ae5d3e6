"""Which model does what: one setting of homeground.toml changed, the rest of the file byte for byte as it was."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeground import config
from homeground.errors import ConfigError, ModelError, StorageError
from homeground.models import registry
from homeground.models.card import ModelCard
from homeground.models.describe import EMBEDDER, GENERATOR, GGUF, OPENVINO
from homeground.models.folders import HOUSE, models_folder
from homeground.models.remote_client import check_installed
from homeground.models.remote_name import remote_name
from homeground.settings import ModelSettings


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a model may be used for: the task that it must have, the formats that can be run for it, and its files."""

    task: str
    formats: tuple[str, ...]
    files: tuple[str, ...] = ()


PURPOSES = {
    "embedder": Purpose(EMBEDDER, (OPENVINO,), ("model.xml", "tokenizer.json")),  # what `encoder` loads
    "answer": Purpose(GENERATOR, (OPENVINO, GGUF)),
}


def use_model(settings: Path, name: str, purpose: str) -> ModelCard | None:
    """Write ``name`` into the settings file as the model for ``purpose``, after checking that it is there and fits.

    Returns its card; None for the built-in reader and for a model elsewhere, which have none.

    Raises:
        ConfigError: when the file has a mistake, or is written so that it cannot be changed safely.
        ModelError: when the model's task or format is another, or the libraries for a model elsewhere are missing.
    """
    if purpose not in PURPOSES:
        raise ConfigError(f"--for {purpose!r}: a model is used for {' or '.join(PURPOSES)}")
    loaded = config.load(settings)
    elsewhere = remote_name(name, loaded.remote)
    if elsewhere is not None and purpose != "answer":
        raise ModelError(f"{name} is a model elsewhere, and those can only answer: the {purpose} runs on this machine")
    if elsewhere is not None:
        check_installed(elsewhere)
    reader = (purpose, name) == ("answer", registry.READER)
    card = None if reader or elsewhere else fitting(name, purpose)
    before = settings.read_bytes()
    after = with_setting(before.decode("utf-8"), "models", purpose, name)
    if after.encode() != before:
        _replace(settings, after.encode())
    return card


def with_setting(text: str, section: str, key: str, value: str) -> str:
    """The TOML text with one text value set, and nothing else changed: comments, order and line ends stay.

    Raises:
        ConfigError: when the text is not TOML of the plain form that `homeground init` writes.
    """
    written = f'{key} = "{value}"'
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    changed = mark + _edited(text.removeprefix(mark), section, key, written)
    if _tree(changed) != _expected(text, section, key, value):  # checked, not trusted: TOML has many ways to say it
        raise ConfigError(f"{config.FILE_NAME} cannot be changed safely: write {written} below [{section}] yourself")
    return changed


def unfit(card: ModelCard, purpose: str) -> str | None:
    """Why a model cannot be used for a purpose, in words; None when it can."""
    wanted = PURPOSES[purpose]
    if card.task != wanted.task:
        return f"{card.name} is no {wanted.task} (its card says: {card.task})"
    if card.format and not any(each in card.format for each in wanted.formats):
        return (
            f"{card.name} is {card.format}; homeground runs {' and '.join(wanted.formats)} for this: convert it first"
        )
    if missing := [each for each in wanted.files if not (card.folder / each).is_file()]:
        return f"{card.name} has no {' and no '.join(missing)}: see tools/build_embedder.py for what is needed"
    return None


def fitting(name: str, purpose: str) -> ModelCard:
    """The card of a model, when it can be used for the purpose and written into the settings.

    Raises:
        ModelError, ConfigError: in words, when it cannot.
        NotFoundError: when there is no such model.
    """
    card = registry.read_card(registry.find(name))
    if why := unfit(card, purpose):
        raise ModelError(why)
    if '"' in name or "\\" in name or not name.isprintable():
        raise ConfigError(f"The path {name!r} cannot be written into {config.FILE_NAME}; use another folder")
    return card


def _edited(text: str, section: str, key: str, written: str) -> str:
    lines = text.split("\n")
    head = next((at for at, line in enumerate(lines) if re.match(rf"\s*\[\s*{section}\s*\]", line)), None)
    end = "\r" if lines[0].endswith("\r") else ""
    if head is None:
        last = [] if lines[-1] == "" else [lines.pop() + end]
        return "\n".join([*lines[: None if last else -1], *last, f"[{section}]{end}", f"{written}{end}", ""])
    following = (at for at in range(head + 1, len(lines)) if re.match(r"\s*\[", lines[at]))
    body = range(head + 1, next(following, len(lines)))
    for at in body:
        if found := re.match(rf"(\s*){key}\s*=\s*(\"[^\"\\]*\"|'[^']*')", lines[at]):
            lines[at] = found[1] + written + lines[at][found.end() :]
            return "\n".join(lines)
    commented = next((at for at in body if re.match(rf"\s*#\s*{key}\s*=", lines[at])), head)
    lines.insert(commented + 1, written + end)
    return "\n".join(lines)


def _expected(text: str, section: str, key: str, value: str) -> dict[str, Any]:
    tree = _tree(text)
    return tree | {section: {**tree.get(section, {}), key: value}}


def _tree(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError:
        return {}


def _replace(path: Path, content: bytes) -> None:
    path = path.resolve()  # a link stays a link
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_bytes(content)
        shutil.copymode(path, beside)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StorageError(f"{path} cannot be written: {error.strerror}") from None


# -- Removing -----------------------------------------------------------------------------------


def check_removal(name: str, used: ModelSettings | None, *, force: bool = False) -> tuple[Path, ...]:
    """The folders to delete for a model: its own in the models folder, and what an interrupted pull of it left.

    ``used`` are the settings of the workspace: a model that they name is kept, unless ``force``.

    Raises:
        ModelError: when it came with homeground, lies elsewhere, or is used.
    """
    named = registry.NAME.fullmatch(name) is not None
    if named and (HOUSE / name).is_dir():
        raise ModelError(f"{name} came with homeground and stays")
    places = (models_folder() / name, models_folder() / f".pull-{name}") if named else ()
    folders = tuple(folder for folder in places if folder.is_dir())
    if not folders:
        registry.find(name)  # says what there is
        raise ModelError(f"{name} is not in the models folder {models_folder()}: delete its folder yourself")
    for purpose in PURPOSES if used and not force else ():
        setting = getattr(used, purpose)
        if setting == name or Path(setting).absolute() == folders[0]:
            raise ModelError(f"The workspace uses {name} for {purpose}. Choose another first, or add --force")
    return folders


def remove_model(name: str) -> int:
    """Delete a model, whoever uses it (see `check_removal`). Returns the bytes that this frees."""
    freed = 0
    for folder in check_removal(name, None):
        freed += sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        gone = models_folder() / f".{name}-removed"
        try:
            shutil.rmtree(gone, ignore_errors=True)
            folder.rename(gone)  # in one instant: no load meets half a model
            shutil.rmtree(gone)
        except OSError as error:
            raise StorageError(f"{folder} cannot be deleted: {error.strerror}") from None
    return freed
