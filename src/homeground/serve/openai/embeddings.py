"""Vectors of the workspace's embedder."""

from __future__ import annotations

import base64
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from homeground.models.estimate import estimate_tokens
from homeground.serve.callers import Here, Reading
from homeground.serve.openai import names
from homeground.serve.openai.errors import UnsupportedError
from homeground.serve.openai.texts import check_length
from homeground.serve.work import admitted

router = APIRouter(tags=["embeddings"])
MOST_TEXTS = 2048


class EmbeddingRequest(BaseModel):
    """Texts to embed, and how to write the vectors down."""

    model: str = Field(max_length=400)
    input: Any
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int, Field(ge=1)] | None = None
    user: str | None = None


@router.post("/embeddings")
async def embeddings(wanted: EmbeddingRequest, caller: Reading, here: Here) -> dict[str, Any]:
    """A vector of length 1 for each text, in its order."""
    encoder = here.workspace.parts.encoder
    if wanted.model not in (names.HOUSE, encoder.name):
        raise names.unknown(here, wanted.model)
    if wanted.dimensions not in (None, encoder.dimension):
        raise UnsupportedError(f"{encoder.name} has {encoder.dimension} dimensions, no fewer or more.", "dimensions")
    texts = _texts(wanted.input)
    vectors = await admitted(here, caller, partial(encoder.encode, texts))
    rows = [_row(vector, at, wanted.encoding_format) for at, vector in enumerate(vectors)]
    tokens = sum(map(estimate_tokens, texts))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": rows, "model": encoder.name, "usage": usage}


def _texts(given: Any) -> list[str]:
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts:
        raise UnsupportedError("Give a text, or a list of texts.", "input", "invalid_type")
    if any(isinstance(each, int | list) for each in texts):
        raise UnsupportedError(
            "Tokens of another tokenizer mean nothing to this embedder: send texts. In LangChain: "
            "check_embedding_ctx_length=False.",
            "input",
        )
    if not all(isinstance(each, str) and each for each in texts):
        raise UnsupportedError("Each input must be a text that is not empty.", "input", "invalid_type")
    if len(texts) > MOST_TEXTS:
        raise UnsupportedError(f"At most {MOST_TEXTS:,} texts at once.", "input", "array_above_max_length")
    check_length(texts, "input")
    return texts


def _row(vector: Any, at: int, encoding: str) -> dict[str, Any]:
    raw = vector.astype("<f4")
    written = base64.b64encode(raw.tobytes()).decode() if encoding == "base64" else raw.tolist()
    return {"object": "embedding", "index": at, "embedding": written}
