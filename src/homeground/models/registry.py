"""Models by name or folder, and the check of every file before any is loaded."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from homeground.errors import ModelError, NotFoundError
from homeground.models.card import ModelCard, card_of
from homeground.models.digests import Digests
from homeground.models.folders import HOUSE, models_folder
from homeground.models.manifest import CARD, MANIFEST, check_files, manifest_digest, read_json

READER = "reader"  # the built-in reader: answers without a model of its own
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")


@dataclass(frozen=True, slots=True)
class Known:
    """The models that can be named, house models first. ``broken`` says in words which folders hold none, and why."""

    cards: tuple[ModelCard, ...]
    broken: tuple[str, ...] = ()


def house_models() -> list[ModelCard]:
    """The models that come with homeground, by name."""
    return [read_card(folder) for folder in _folders(HOUSE)]


def known_models() -> Known:
    """The house models, and those of the user's models folder."""
    cards, broken = house_models(), []
    for folder in _folders(models_folder()):
        try:
            cards.append(read_card(folder))
        except ModelError as error:
            broken.append(str(error))
    return Known(tuple(cards), tuple(broken))


def find(name: str) -> Path:
    """The folder of a house model, of a model in the models folder, or at a path.

    Raises:
        NotFoundError: when there is none of them.
    """
    for home in (HOUSE, models_folder()):
        if NAME.fullmatch(name) and (home / name / MANIFEST).is_file():
            return home / name
    if Path(name).is_dir():
        return Path(name)
    known = ", ".join(folder.name for home in (HOUSE, models_folder()) for folder in _folders(home))
    raise NotFoundError(
        f"There is no model {name!r}. Known: {known}. Get one with homeground models pull or add, "
        "or give a model's folder."
    )


def find_digest(digest: str, *likely: str) -> ModelCard | None:
    """The model of that digest, looked for under the likely names and folders first; its files are not checked.

    None when there is none any more.
    """
    for name in filter(None, likely):
        with suppress(NotFoundError, ModelError):
            if (card := read_card(find(name))).digest == digest:
                return card
    return next((card for card in known_models().cards if card.digest == digest), None)


def reference(card: ModelCard) -> str:
    """What `find` finds the model by, from anywhere: its name, or its folder when it lies elsewhere."""
    named = card.folder.parent in (HOUSE, models_folder())
    return card.folder.name if named else str(card.folder.absolute())


def where(card: ModelCard) -> str:
    """Where the model lies: in the package, in the models folder, or the path of its folder."""
    homes = {HOUSE: "in the package", models_folder(): "in the models folder"}
    return homes.get(card.folder.parent, str(card.folder))


def free_name(name: str) -> str:
    """The name, when a new model may have it.

    Raises:
        ModelError: when it is taken, or no name.
    """
    if not NAME.fullmatch(name) or name.endswith("."):
        raise ModelError(f"{name!r} is no name for a model: letters, digits, dots, dashes and underscores, please")
    taken = {each.name.casefold() for home in (HOUSE, models_folder()) for each in _folders(home)} | {READER}
    if name.casefold() in taken or (models_folder() / name).exists():
        raise ModelError(f"There is a model {name} already. Give another --name, or: homeground models remove {name}")
    return name


def read_card(folder: Path) -> ModelCard:
    """The card of the model in `folder`; its files are not checked (see `verify`)."""
    written, digest = read_json(folder / CARD), manifest_digest(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    try:
        return card_of(written, folder, digest, size)
    except ValueError as error:
        raise ModelError(f"{folder / CARD} is not a model card: {error}") from None


def verify(folder: Path, digests: Digests | None = None) -> ModelCard:
    """The card of the model in `folder`, after every file was checked against the manifest.

    Large files that are known not to have changed since they were last read are not read again, unless ``digests``
    says so.

    Raises:
        ModelError: naming the file that is missing, changed, or not listed.
    """
    digests = digests or Digests()
    check_files(folder, digests)
    digests.save()
    return read_card(folder)


def _folders(home: Path) -> list[Path]:
    """The folders of models in a place, by name; folders of unfinished work start with a dot."""
    if not home.is_dir():
        return []
    return [each for each in sorted(home.iterdir()) if NAME.fullmatch(each.name) and (each / MANIFEST).is_file()]
