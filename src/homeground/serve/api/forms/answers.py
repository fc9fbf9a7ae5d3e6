"""What goes into a question, and what comes back; the keys are those of ``answer.output``, held together by tests."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from homeground.serve.api.forms.fields import Name, Question, Word


class Within(BaseModel):
    """Narrows a search to a source and to documents of some days; ``until`` includes its day."""

    source: Name | None = Field(None, examples=["company"])
    since: date | None = None
    until: date | None = None


class SearchRequest(Within):
    """What to look for."""

    question: Question
    limit: int | None = Field(None, ge=1, le=1000)


class AskRequest(Within):
    """A question; ``conversation`` is an id, "last" or "new"."""

    question: Question
    mode: Literal["rcg", "rag", "closed"] | None = None
    conversation: Word | None = Field(None, examples=["new"])


class Hit(BaseModel):
    """A passage that was found; its span counts characters of the page text."""

    document: str
    title: str
    revision: str
    page: int
    start: int
    end: int
    text: str
    score: float
    date: str | None


class Hits(BaseModel):
    """Passages, best first."""

    form: int
    hits: list[Hit]


class Citation(BaseModel):
    """A quote that was checked: the page text from ``start`` to ``end``."""

    document: str
    revision: str
    page: int
    start: int
    end: int
    quote: str


class Statement(BaseModel):
    """One sentence of an answer."""

    text: str
    origin: Literal["retrieved", "model", "unsupported"]
    support: float
    citations: list[Citation]


class Attempt(BaseModel):
    """One way to an answer that was looked at."""

    use: str
    ended: Literal["answered", "refused", "failed", "skipped"]
    reason: str
    ms: float


class PassageFlag(BaseModel):
    """A place, in a passage that was read, that speaks to a model instead of to a reader."""

    document: str
    page: int
    kind: str


class Receipt(BaseModel):
    """How an answer came about."""

    id: str
    asked_at: str
    question: str
    standalone: str | None
    principal: str
    index_version: int
    revisions: dict[str, str]
    models: dict[str, str]
    timings_ms: dict[str, float]
    mode: str
    tokens: dict[str, int]
    cost_usd: float | None
    egress_bytes: int
    route: str
    attempts: list[Attempt]
    flags: list[PassageFlag]


class Answer(BaseModel):
    """An answer, or a refusal with its reason and the nearest passages."""

    form: int
    question: str
    refused: bool
    reason: str | None
    statements: list[Statement]
    notes: list[str]
    passages: list[Hit]
    receipt: Receipt
    conversation: str | None


class Turn(BaseModel):
    """A question of a conversation, with its answer as far as it may be read now; ``receipt`` is the id of its receipt,
    null where there is none any more."""

    number: int
    asked_at: datetime
    question: str
    standalone: str | None
    refused: bool
    reason: str | None
    statements: list[Statement]
    withheld: int
    receipt: str | None


class Conversation(BaseModel):
    """A conversation without its turns; ``title`` is the first question."""

    id: str
    title: str
    started_at: datetime
    changed_at: datetime
    count: int


class WholeConversation(Conversation):
    """A conversation with its turns."""

    turns: list[Turn]


class Conversations(BaseModel):
    """The caller's conversations, the latest first; ``next`` is the cursor of the earlier ones, null at the end."""

    conversations: list[Conversation]
    next: str | None


class ErasedConversations(BaseModel):
    """How many conversations were erased. Not ``overwritten``: gone from the tables now, and from the disk as soon as
    answers under way have ended."""

    erased: int
    overwritten: bool
