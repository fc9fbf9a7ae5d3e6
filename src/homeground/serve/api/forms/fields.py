"""The kinds of text that requests hold, with their limits."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

MOST_QUESTION, MOST_NAME = 10_000, 4_096


def _plain(text: str) -> str:
    """No text with NUL characters or halves of a pair: no file, database or model takes them."""
    if "\0" in text:
        raise ValueError("it holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it holds half of a surrogate pair") from None
    return text


Plain = AfterValidator(_plain)
Name = Annotated[str, Plain, Field(min_length=1, max_length=MOST_NAME)]
Word = Annotated[str, Plain, Field(min_length=1, max_length=200)]
Question = Annotated[
    str, Plain, Field(min_length=1, max_length=MOST_QUESTION, examples=["How long does the warranty last?"])
]
CitationText = Annotated[
    str,
    Plain,
    Field(min_length=1, max_length=MOST_NAME + 200, examples=["company/handbook.pdf@82fe1c019245#p5:391-425"]),
]
Limit = Annotated[int, Field(ge=1, le=200)]
