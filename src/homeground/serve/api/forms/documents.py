"""Documents, their pages, and where they come from."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from homeground.serve.api.forms.fields import Name, Word
from homeground.serve.api.forms.jobs import Job
from homeground.types import DocumentState


class PageStatus(BaseModel):
    """A page; ``problem`` says why it, or a part of it, was not read."""

    number: int
    label: str
    problem: str | None


class PageProblem(BaseModel):
    """A page that was not read, or only in part, and why."""

    page: int
    problem: str


class PlaceFlag(BaseModel):
    """A place on a page that speaks to a model instead of to a reader."""

    page: int
    start: int
    end: int
    kind: str


class Document(BaseModel):
    """A document in its current revision. ``state``: read, partly (some pages were not), or unread (``problem``)."""

    name: str
    title: str
    source: str
    revision: str
    media_type: str
    date: datetime | None
    pages: int
    passages: int
    state: DocumentState
    problem: str | None
    unread_pages: list[PageProblem]
    flags: list[PlaceFlag]
    uploaded: bool


class Documents(BaseModel):
    """Documents by name; ``next`` is the cursor of the following ones, null at the end."""

    documents: list[Document]
    next: str | None


class DocumentPages(Document):
    """A document and its pages."""

    page_list: list[PageStatus]


class ShownPage(BaseModel):
    """The text of a page, and the span that the citation named (``start == end`` when it named none)."""

    document: str
    title: str
    revision: str
    page: int
    label: str
    text: str
    start: int
    end: int


class Uploaded(BaseModel):
    """An upload that is on the disk; ``job`` reads it. ``new`` is false when the same bytes were there already."""

    document: str
    revision: str
    bytes: int
    new: bool
    job: Job


class Removed(BaseModel):
    """A document that nobody finds any more; ``job``, where there is one, clears it from the disk."""

    document: str
    job: Job | None


class Source(BaseModel):
    """Where documents come from; ``root`` and ``access`` are for owners."""

    name: str
    root: str | None
    access: list[str] | None
    documents: int
    passages: int
    label: str


class Sources(BaseModel):
    """The sources that the caller may read."""

    sources: list[Source]


class NewSource(BaseModel):
    """A folder, file or glob of the server's machine. ``name`` is also what the names of its documents begin with."""

    path: Name = Field(examples=["/srv/contracts"])
    name: Word | None = Field(None, examples=["contracts"])
    access: list[Word] | None = Field(None, min_length=1, max_length=200, examples=[["group:legal"]])
    label: Word | None = Field(None, examples=["confidential"])
