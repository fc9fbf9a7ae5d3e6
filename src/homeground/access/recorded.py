"""A generator whose every request is written into the ledger before it leaves, and again when it has ended."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from homeground.access.ledger import CANCELLED, FAILED, SENT
from homeground.models.generator import Finish, Generation, Generator, Message, Sampling, Usage
from homeground.types import ToolCall

End = Callable[[str], None]


def payload(messages: Sequence[Message], sampling: Sampling) -> bytes:
    """What leaves, as the ledger counts and digests it: JSON in UTF-8, keys sorted, without blanks.

    ``{"messages": [{"role": …, "text": …}, …]}``, and ``schema``, ``tools`` and the ``calls`` of a message where the
    request has them.
    """
    told: dict[str, Any] = {"messages": [_told(each) for each in messages]}
    if sampling.schema is not None:
        told["schema"] = sampling.schema
    if sampling.tools:
        told["tools"] = [asdict(each) for each in sampling.tools]
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def _told(message: Message) -> dict[str, Any]:
    calls = {"calls": [asdict(each) for each in message.calls]} if message.calls else {}
    return {"role": message.role, "text": message.text, **calls}


class Recorded:
    """A generator around a generator. ``depart`` records a request, or raises; what it returns records the end."""

    def __init__(self, inner: Generator, depart: Callable[[Generator, bytes], End]) -> None:
        self._inner, self._depart = inner, depart

    @property
    def name(self) -> str:
        """That of the generator inside."""
        return self._inner.name

    @property
    def digest(self) -> str:
        """That of the generator inside."""
        return self._inner.digest

    @property
    def destination(self) -> str:
        """That of the generator inside."""
        return self._inner.destination

    @property
    def context_tokens(self) -> int:
        """That of the generator inside."""
        return self._inner.context_tokens

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Of the generator inside, which counts here and sends nothing."""
        return self._inner.count_tokens(messages)

    def generate(self, messages: Sequence[Message], sampling: Sampling) -> Generation:
        """Records the request, then begins it."""
        end = self._depart(self._inner, payload(messages, sampling))
        try:
            return _Journey(self._inner.generate(messages, sampling), end)
        except BaseException:
            end(FAILED)
            raise


class _Journey:
    """A generation whose end is recorded, once."""

    def __init__(self, inner: Generation, end: End) -> None:
        self._inner, self._end = inner, end
        self._open, self._lock = True, threading.Lock()

    def __iter__(self) -> Iterator[str]:
        try:
            yield from self._inner
        except GeneratorExit:
            self._close(CANCELLED)
            raise
        except BaseException:
            self._close(FAILED)
            raise
        self._close(CANCELLED if self._inner.finish == "cancelled" else SENT)

    @property
    def usage(self) -> Usage:
        return self._inner.usage

    @property
    def finish(self) -> Finish:
        return self._inner.finish

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return self._inner.calls

    def cancel(self) -> None:
        self._inner.cancel()
        self._close(CANCELLED)

    def _close(self, outcome: str) -> None:
        with self._lock:
            first, self._open = self._open, False
        if first:
            self._end(outcome)
