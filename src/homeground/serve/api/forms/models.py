"""Models, and which does what."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from homeground.serve.api.forms.fields import Word


class Model(BaseModel):
    """A model's card. ``used_for`` says what this workspace uses it for: answer, embedder, or nothing."""

    name: str
    task: str
    where: str
    digest: str
    description: str
    origin: str
    revision: str
    licence: str
    architecture: str
    format: str
    precision: str
    quantisation: str
    parameters: int
    dimension: int
    max_tokens: int
    languages: list[str]
    bytes: int
    measured: dict[str, Any]
    used_for: list[Literal["answer", "embedder"]]


class Beside(BaseModel):
    """An index of another embedder: coming, set aside, or kept to go back to."""

    embedder: str
    embedder_digest: str
    role: str
    disk_mb: float


class InUse(BaseModel):
    """Which models this workspace uses. ``next_embedder`` is for the next sync, ``beside`` an index kept."""

    answer: str
    embedder: str
    embedder_digest: str
    next_embedder: str | None
    beside: Beside | None


class Models(BaseModel):
    """The models of this machine; ``broken`` (for owners) says which folders hold none, and why."""

    models: list[Model]
    in_use: InUse
    broken: list[str]


class UseModel(BaseModel):
    """Which model shall do what from now on: the name of a model of this machine, or reader."""

    name: Word = Field(examples=["reader"])
    purpose: Literal["answer", "embedder"]


class Verified(BaseModel):
    """A model of which every file is as its manifest says."""

    name: str
    digest: str


class SwapEmbedder(BaseModel):
    """The embedder to swap to. ``accept`` does not compare; ``allow_loss`` is how much worse MRR may be."""

    name: Word
    allow_loss: float | None = Field(None, ge=0, le=1)
    accept: bool = False
