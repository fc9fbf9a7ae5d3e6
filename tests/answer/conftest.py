"""A reader's world without models: pages in a dictionary, an encoder that counts words."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pytest

from homeground.answer.ask import Desk, ask
from homeground.answer.reader import Reader
from homeground.answer.route import Route
from homeground.answer.words import words
from homeground.errors import NotFoundError
from homeground.settings import RouteSettings
from homeground.types import Answer, Hit, Principal


class WordEncoder:
    """Texts that share words have near vectors: enough to exercise everything that is not the model."""

    dimension = 256

    def encode(self, texts: Sequence[str]):
        return np.stack([self._one(text) for text in texts])

    def _one(self, text: str):
        vector = np.full(self.dimension, 1e-3, dtype=np.float32)
        for word in words(text):
            for term in word.terms:
                vector[zlib.crc32(term.encode()) % self.dimension] += 1
        return vector / np.linalg.norm(vector)


@dataclass(frozen=True)
class Counted:
    passages: int
    frequency: dict[str, int] = field(default_factory=dict)


class Shelf:
    """Documents of one page each, and what retrieval would say of them."""

    def __init__(self, **pages: str) -> None:
        self.pages = pages
        self.dates: dict[str, datetime] = {}

    def hits(self, *names: str) -> list[Hit]:
        chosen = names or tuple(self.pages)
        return [self.hit(name, 1 - 0.05 * rank) for rank, name in enumerate(chosen)]

    def hit(self, name: str, score: float = 0.9) -> Hit:
        text = self.pages[name]
        return Hit(name, "", "r" * 64, 1, 0, len(text), text, score, date=self.dates.get(name))

    def page_text(self, document: str, revision: str, page: int) -> str:
        if document not in self.pages or revision != "r" * 64 or page != 1:
            raise NotFoundError(f"{document} is not there")
        return self.pages[document]

    def count_terms(self, terms: Collection[str]) -> Counted:
        held = [{t for w in words(text) for t in w.terms} for text in self.pages.values()]
        return Counted(len(held) + 200, {term: sum(term in own for own in held) for term in terms})

    def ask(
        self, question: str, *names: str, refuse_below: float = 0.0, statements: int = 3, answerer=None, say=None
    ) -> Answer:
        desk = Desk(
            search=lambda _: self.hits(*names),
            page_text=self.page_text,
            count_terms=self.count_terms,
            routes=[Route(RouteSettings(use="only"), lambda: answerer or Reader(WordEncoder()))],
            index_version=7,
            models={"words": "f" * 64},
            mode=getattr(answerer, "mode", "rcg"),
        )
        return ask(question, Principal("ann"), desk, statements=statements, refuse_below=refuse_below, say=say)


@pytest.fixture
def shelf() -> type[Shelf]:
    """``shelf(a="text of page 1 of a", b=...)``."""
    return Shelf


@pytest.fixture
def word_encoder() -> WordEncoder:
    """An embedder without a model."""
    return WordEncoder()
