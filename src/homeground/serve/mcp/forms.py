"""What the tools take, and what they give beside their text."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from homeground.serve.api.forms import Within
from homeground.serve.api.forms.fields import CitationText, Name, Question, Word


class SearchArguments(Within):
    """What to look for."""

    model_config = ConfigDict(extra="forbid")

    question: Question
    limit: int = Field(10, ge=1, le=50, description="How many passages at most.")


class AskArguments(Within):
    """A question."""

    model_config = ConfigDict(extra="forbid")

    question: Question
    conversation: Word | None = Field(
        None,
        description='"new", or the id that an earlier answer gave: then the question may refer to those before.',
    )


class OpenPageArguments(BaseModel):
    """Which page."""

    model_config = ConfigDict(extra="forbid")

    citation: CitationText = Field(
        description="A citation as the other tools give it, DOCUMENT@REVISION#pPAGE:START-END, or DOCUMENT#pPAGE."
    )
    picture: bool = Field(False, description="Whether to draw the page as well, the passage marked (PDF files only).")


class ListDocumentsArguments(BaseModel):
    """Which documents."""

    model_config = ConfigDict(extra="forbid")

    name: Word | None = Field(None, description="What the name or the title contains.")
    source: Name | None = Field(None, description="Only documents of this source.")
    limit: int = Field(50, ge=1, le=200)
    cursor: Annotated[str, Field(max_length=8_192)] | None = Field(None, description="`next` of the page before.")


class Passage(BaseModel):
    """A passage that was found."""

    citation: str
    document: str
    title: str
    page: int
    text: str
    score: float
    date: str | None


class Found(BaseModel):
    """Passages, best first."""

    passages: list[Passage]


class Cited(BaseModel):
    """A quote that was checked against its page."""

    number: int
    citation: str
    document: str
    page: int
    quote: str


class Said(BaseModel):
    """One sentence of an answer; ``citations`` are the numbers of what it rests on."""

    text: str
    origin: Literal["retrieved", "model", "unsupported"]
    support: float
    citations: list[int]


class Answered(BaseModel):
    """An answer, or a refusal with its reason."""

    refused: bool
    reason: str | None
    statements: list[Said]
    citations: list[Cited]
    notes: list[str]
    receipt: str
    conversation: str | None


class OpenedPage(BaseModel):
    """A page. ``passage`` is what the citation names, its text from ``start`` to ``end``; empty for a whole page."""

    document: str
    title: str
    revision: str
    page: int
    label: str
    text: str
    start: int
    end: int
    passage: str


class Listed(BaseModel):
    """A document."""

    name: str
    title: str
    source: str
    date: str | None
    pages: int
    state: Literal["read", "partly", "unread"]
    uri: str


class Documents(BaseModel):
    """A page of documents; ``next`` is the cursor of the following one."""

    documents: list[Listed]
    next: str | None
