"""What the core says, in the language of the page: for what the page's own script is told by the API, in English."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse

from homeground.serve.callers import Reading
from homeground.serve.web.texts import texts_for

router = APIRouter(include_in_schema=False)


@router.get("/told")
def told(request: Request, caller: Reading, text: Annotated[str, Query(max_length=2000)]) -> PlainTextResponse:
    """The sentence in the visitor's language; as it is where that has no words for it."""
    return PlainTextResponse(texts_for(request).told(text), headers={"Cache-Control": "no-store"})
