"""Searching and asking."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from homeground.answer.output import hits_json
from homeground.serve.callers import Here, Reading

router = APIRouter(tags=["ask"])


class SearchRequest(BaseModel):
    """What to look for."""

    question: str = Field(min_length=1, max_length=10_000)
    limit: int | None = Field(None, ge=1, le=1000)


@router.post("/search")
def search(wanted: SearchRequest, caller: Reading, here: Here) -> dict[str, Any]:
    """The passages that match, best first."""
    return hits_json(here.workspace.search(wanted.question, caller.principal, limit=wanted.limit))
