"""The card of a model: what it is, where it is from, under which licence, and by which digest it is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model on disk. ``digest`` is the SHA-256 of its manifest, which lists the SHA-256 of every file."""

    name: str
    task: str
    folder: Path
    digest: str
    description: str = ""
    origin: str = ""
    licence: str = ""
    architecture: str = ""
    precision: str = ""
    dimension: int = 0
    max_tokens: int = 0
    languages: tuple[str, ...] = ()
    bytes: int = 0
    details: dict[str, Any] = field(default_factory=dict)
