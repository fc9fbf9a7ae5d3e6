"""Which models there are."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from homeground.serve.callers import Here, Reading
from homeground.serve.openai import names

router = APIRouter(tags=["models"])
_MADE = 1_767_225_600  # 2026-01-01: OpenAI's form wants a time, which nobody reads


@router.get("/models")
def models(caller: Reading, here: Here) -> dict[str, Any]:
    """`homeground`, what answers by name, and the embedder."""
    return {"object": "list", "data": [_form(name) for name in names.known(here)]}


@router.get("/models/{model:path}")
def model(model: Annotated[str, Path(max_length=400)], caller: Reading, here: Here) -> dict[str, Any]:
    """One of them."""
    if model not in names.known(here):
        raise names.unknown(here, model)
    return _form(model)


def _form(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _MADE, "owned_by": "homeground"}
