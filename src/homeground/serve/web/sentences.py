"""Sentences of the core, said in another language on the pages: the core knows English only, and so do API and CLI.

texts/zh-sentences.json says each with places for what it names: "There is no job {id}." What stands in a place may be a
sentence again, and several may follow each other. What is not known stays English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_SLOT = re.compile(r"\{(\w+)\}")
_END = re.compile(r"[.;:!?] ")
_LONGEST = 2_000  # characters: longer texts are no sentences
_MOST = 12  # ends of sentences that are tried
_DEEPEST = 6  # sentences in sentences, or after each other: what strangers write must not keep the page waiting


@dataclass(frozen=True, slots=True)
class Pattern:
    """A sentence with places: ``pieces`` are the words around them, one more than there are ``names``."""

    pieces: tuple[str, ...]
    names: tuple[str, ...]
    translated: str

    @property
    def rank(self) -> tuple[bool, int]:
        """Of two that fit, the one is meant that says how it ends, and then the one that says more in words."""
        return not self.pieces[-1], -sum(map(len, self.pieces))

    def values(self, text: str) -> dict[str, str] | None:
        """What stands in the places when the text is this sentence, however its first letter is written; else None."""
        first, last = self.pieces[0], self.pieces[-1]
        if not self.names:
            return {} if _lower(text) == _lower(first) else None
        if not (_lower(text).startswith(_lower(first)) and text.endswith(last)):
            return None
        at, end, found = len(first), len(text) - len(last), []
        for piece in self.pieces[1:-1]:
            here = text.find(piece, at, end)
            if here < 0:
                return None
            found.append(text[at:here])
            at = here + len(piece)
        return dict(zip(self.names, [*found, text[at:end]], strict=True)) if at <= end else None


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


class Sentences:
    """What is known in one other language. ``said``: English, with places → the other language."""

    def __init__(self, said: Mapping[str, str]) -> None:
        patterns = (
            Pattern(tuple(_SLOT.split(english)[::2]), tuple(_SLOT.findall(english)), other)
            for english, other in said.items()
        )
        self._patterns = sorted(patterns, key=lambda each: each.rank)

    def __call__(self, text: str) -> str:
        """The text in the other language, as far as it is known."""
        return (self._told(text.strip(), 0) if len(text) <= _LONGEST else None) or text

    def _told(self, text: str, depth: int) -> str | None:
        """None when nothing of it is known. The longest beginning that is known comes first, then what follows."""
        if depth > _DEEPEST:
            return None
        if (whole := self._one(text, depth, within_one=True)) is not None:
            return whole
        for cut in _cuts(text):
            if (first := self._one(text[:cut].rstrip(), depth, within_one=True)) is not None:
                rest = text[cut:].strip()
                gap = "" if first[-1] in "。；：？" else " "
                return f"{first}{gap}{self._told(rest, depth + 1) or rest}"
        return self._one(text, depth, within_one=False)

    def _one(self, text: str, depth: int, *, within_one: bool) -> str | None:
        """The text as one sentence. ``within_one``: what stands in its places, the end aside, is not several."""
        for pattern in self._patterns:
            values = pattern.values(text)
            if values is None or (within_one and pattern.pieces[-1] and any(map(_END.search, values.values()))):
                continue
            told = {name: self._told(value, depth + 1) or value for name, value in values.items()}
            return pattern.translated.format(**told)
        return None


def _cuts(text: str) -> Iterator[int]:
    """Where a sentence may end within the text, the last place first."""
    return reversed([found.end() for found in _END.finditer(text)][:_MOST])
