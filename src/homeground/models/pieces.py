"""Tokens → text that may be shown: whole characters only, and nothing of a stop string."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")  # a token: its id, or its text
_UNFINISHED = "\ufffd"  # what a decoder makes of a character of which bytes are still to come


class Pieces(Generic[T]):
    """Takes tokens as they come. ``stopped`` is set when a stop string was met; what follows it is dropped."""

    def __init__(self, decode: Callable[[Sequence[T]], str], stop: Sequence[str] = ()) -> None:
        self._decode = decode
        self._stop = tuple(each for each in stop if each)
        self._tokens: list[T] = []
        self._shown = 0
        self.stopped = False

    def add(self, tokens: Sequence[T]) -> str:
        """The text that can be shown now and could not before; perhaps none."""
        self._tokens += tokens
        return self._release(held=True)

    def end(self) -> str:
        """What was held back for a character or a stop string that did not come."""
        return self._release(held=False)

    def _release(self, *, held: bool) -> str:
        if self.stopped:
            return ""
        text = self._decode(self._tokens) if self._tokens else ""
        met = [at for each in self._stop if (at := text.find(each)) >= 0]
        if met:
            self.stopped = True
            safe = min(met)
        else:
            safe = len(text) - (self._unsure(text) if held else 0)
        piece = text[self._shown : safe]
        self._shown = max(self._shown, safe)
        return piece

    def _unsure(self, text: str) -> int:
        """Characters at the end that another token may change, or that may begin a stop string."""
        unsure = len(text) - len(text.rstrip(_UNFINISHED))
        for each in self._stop:
            for size in range(min(len(each) - 1, len(text)), unsure, -1):
                if text.endswith(each[:size]):
                    unsure = size
                    break
        return unsure
