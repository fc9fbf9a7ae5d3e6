"""The card of a model: what it is, where it is from, under which licence, and by which digest it is known."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

_FROM_DISK = frozenset({"folder", "digest", "bytes", "details"})  # what no card.json may say of itself


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model on disk. ``digest`` is the SHA-256 of its manifest, which lists the SHA-256 of every file.

    ``task`` is embedder, generator, reranker or unknown. 0 and "" mean: the model's files do not say. ``max_tokens`` is
    the context, ``chat_template`` the file that holds the template, ``precision`` and ``quantisation`` the numbers that
    the weights are made of and how they came to be so, ``revision`` the commit it was pulled at, ``measured`` what it
    was measured at.
    """

    name: str
    task: str
    folder: Path
    digest: str
    description: str = ""
    origin: str = ""
    revision: str = ""
    licence: str = ""
    architecture: str = ""
    format: str = ""
    precision: str = ""
    quantisation: str = ""
    parameters: int = 0
    dimension: int = 0
    max_tokens: int = 0
    chat_template: str = ""
    languages: tuple[str, ...] = ()
    bytes: int = 0
    measured: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


def card_of(written: dict[str, Any], folder: Path, digest: str, size: int) -> ModelCard:
    """The card from what card.json says. Keys that are not known become details.

    Raises:
        ValueError: in words, when a key is missing or is not of its kind.
    """
    values: dict[str, Any] = {}
    for one in fields(ModelCard):
        if one.name in written and one.name not in _FROM_DISK:
            values[one.name] = _checked(one.name, written[one.name], _kind(one))
        elif one.name not in _FROM_DISK and one.default is MISSING and one.default_factory is MISSING:
            raise ValueError(f"it has no {one.name}")
    known = {one.name for one in fields(ModelCard)} - _FROM_DISK
    details = {key: value for key, value in written.items() if key not in known}
    return ModelCard(**values, folder=folder, digest=digest, bytes=size, details=details)


def _kind(one: Any) -> type:
    if one.default_factory is not MISSING:
        return dict
    return str if one.default is MISSING else type(one.default)


def _checked(key: str, value: Any, kind: type) -> Any:
    if kind is tuple and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    if type(value) is not kind:
        raise ValueError(f"{key} is {value!r:.60}")
    return value
