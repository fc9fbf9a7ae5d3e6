"""The audit log, what people say of answers, and how things are."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from homeground.serve.api.forms.documents import Source
from homeground.serve.api.forms.fields import CitationText, Plain, Word


class AuditEntry(BaseModel):
    """An entry of the audit log; ``principal`` and ``body`` are empty where they were erased."""

    seq: int
    time: str
    kind: str
    principal: str
    body: dict[str, Any]
    previous: str
    digest: str


class AuditEntries(BaseModel):
    """Entries, newest first; ``next`` is the cursor of the following ones, null at the end."""

    entries: list[AuditEntry]
    next: str | None


class AuditVerified(BaseModel):
    """How many entries the log has, and the last digest, to be noted elsewhere."""

    entries: int
    intact: bool
    head: str


class ErasedPerson(BaseModel):
    """What was forgotten of a person. Not ``overwritten``: gone from the tables now, and from the disk as soon as
    answers under way have ended."""

    entries: int
    conversations: int
    feedback: int
    overwritten: bool


class Feedback(BaseModel):
    """What the caller says of an answer of theirs; ``citations`` are where, they say, the answer stands."""

    receipt: Word
    verdict: Literal["up", "down"]
    comment: Annotated[str, Plain] = Field("", max_length=4_000)
    citations: list[CitationText] = Field(default_factory=list, max_length=50)


class Place(BaseModel):
    """A page of a document."""

    document: str
    page: int


class KeptFeedback(BaseModel):
    """What was kept of it."""

    receipt: str
    verdict: Literal["up", "down"]
    question: str
    comment: str
    places: list[Place]


class Status(BaseModel):
    """The state of the workspace, as far as the caller may see it; ``path`` and ``disk_mb`` are for owners."""

    path: str | None
    format: int
    embedder: str
    embedder_digest: str
    next_embedder: str | None
    answer: str
    documents: int
    pages: int
    passages: int
    unread: int
    flagged: int
    disk_mb: float | None
    sources: list[Source]


class Health(BaseModel):
    """Whether the service lives, or is ready."""

    status: Literal["live", "ready"]


class Wrong(BaseModel):
    """One thing that is wrong with a request, and where."""

    at: str
    message: str


class Problem(BaseModel):
    """An error (RFC 9457). ``code`` is for programs, ``detail`` for people, ``request`` the id of the request."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request: str
    wrong: list[Wrong] = Field(default_factory=list)
