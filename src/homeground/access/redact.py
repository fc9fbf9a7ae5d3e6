"""A generator that never sees personal data or secrets: placeholders go out, the values come back into its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from homeground.access.personal import Finder
from homeground.models.generator import Finish, Generation, Generator, Message, Sampling, Tool, Usage
from homeground.types import ToolCall

TELLS = "Values such as {example} were taken out of the text; where the answer needs one, write it exactly as it is."
_SHORT = 8
_PLACEHOLDER = re.compile(r"<[A-Z]+_\d+>")


@dataclass(frozen=True, slots=True)
class Hidden:
    """Texts with placeholders, and what each stands for. ``count`` places were replaced."""

    texts: tuple[str, ...]
    values: dict[str, str]
    count: int


def hide(texts: Sequence[str], finder: Finder) -> Hidden:
    """Replaces every value that is found in one of the texts, wherever it stands in any of them (short ones and words
    from the settings: wherever they stand alone).

    The same value gets the same placeholder, and no placeholder is one that stands in the texts already, so that
    ``restore`` gives back exactly what was there.
    """
    found: dict[str, str] = {}
    for text in texts:
        for value, kind in finder.values(text).items():
            found.setdefault(value, kind)
    taken = {match for text in texts for match in _PLACEHOLDER.findall(text)}
    named = _named(found, taken)
    if not named:
        return Hidden(tuple(texts), {}, 0)
    longest_first = sorted(named, key=len, reverse=True)
    pattern = re.compile("|".join(_anywhere(value, found[value]) for value in longest_first))
    changed = [pattern.subn(lambda match: named[match[0]], text) for text in texts]
    return Hidden(
        tuple(text for text, _ in changed),
        {placeholder: value for value, placeholder in named.items()},
        sum(count for _, count in changed),
    )


def _anywhere(value: str, kind: str) -> str:
    alone = kind == "word" or len(value) < _SHORT  # a PIN is not sought in the middle of a larger number
    return rf"(?<!\w){re.escape(value)}(?!\w)" if alone else re.escape(value)


def _named(found: dict[str, str], taken: set[str]) -> dict[str, str]:
    named: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for value, kind in found.items():
        while True:
            numbers[kind] = numbers.get(kind, 0) + 1
            placeholder = f"<{kind.upper()}_{numbers[kind]}>"
            if placeholder not in taken:
                break
        named[value] = placeholder
    return named


def restore(pieces: Iterable[str], values: dict[str, str]) -> Iterator[str]:
    """The text with the values back in, also where a placeholder is cut across pieces; unknown ones stay as they are.

    Holds back only what may be the beginning of a placeholder. No piece is empty.
    """
    waiting = ""
    for piece in pieces:
        text = waiting + piece
        cut = _held_back(text, values)
        waiting = text[cut:]
        if cut:
            yield _filled(text[:cut], values)
    if waiting:
        yield waiting


def _filled(text: str, values: dict[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values.get(match[0], match[0]), text)


def _held_back(text: str, values: dict[str, str]) -> int:
    """Where the beginning of a known placeholder stands at the end of the text; its length when there is none."""
    at = text.rfind("<")
    begun = at >= 0 and any(each.startswith(text[at:]) and each != text[at:] for each in values)
    return at if begun else len(text)


class Redacting:
    """A generator around a generator. ``note`` is told how many places of a request were replaced."""

    def __init__(self, inner: Generator, finder: Finder, note: Callable[[int], None]) -> None:
        self._inner, self._finder, self._note = inner, finder, note

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
        """Of what would be sent."""
        return self._inner.count_tokens(self._redacted(messages, ())[0])

    def generate(self, messages: Sequence[Message], sampling: Sampling) -> Generation:
        """Begins an answer; what was taken out of the messages is back in its text."""
        told, tools, hidden = self._redacted(messages, sampling.tools)
        self._note(hidden.count)
        return _Restored(self._inner.generate(told, replace(sampling, tools=tools)), hidden.values)

    def _redacted(
        self, messages: Sequence[Message], tools: Sequence[Tool]
    ) -> tuple[tuple[Message, ...], tuple[Tool, ...], Hidden]:
        texts: list[str] = []

        def noted(text: str) -> str:
            texts.append(text)
            return text

        _changed(messages, tools, noted)
        hidden = hide(texts, self._finder)
        hiding = iter(hidden.texts)
        told, offered = _changed(messages, tools, lambda text: next(hiding))
        if hidden.values and told[0].role == "system":
            told[0] = replace(told[0], text=f"{told[0].text} {TELLS.format(example=next(iter(hidden.values)))}")
        return tuple(told), tuple(offered), hidden


def _changed(
    messages: Sequence[Message], tools: Sequence[Tool], change: Callable[[str], str]
) -> tuple[list[Message], list[Tool]]:
    """Every text that is sent, changed; always in the same order."""
    told = [
        replace(
            each,
            text=change(each.text),
            calls=tuple(replace(call, arguments=change(call.arguments)) for call in each.calls),
        )
        for each in messages
    ]
    offered = [replace(each, description=change(each.description), takes=_deep(each.takes, change)) for each in tools]
    return told, offered


def _deep(value: Any, change: Callable[[str], str]) -> Any:
    """Every text within a JSON value, changed; keys stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _deep(each, change) for key, each in value.items()}
    return [_deep(each, change) for each in value] if isinstance(value, list) else value


class _Restored:
    def __init__(self, inner: Generation, values: dict[str, str]) -> None:
        self._inner, self._values = inner, values

    def __iter__(self) -> Iterator[str]:
        return restore(self._inner, self._values)

    @property
    def usage(self) -> Usage:
        return self._inner.usage

    @property
    def finish(self) -> Finish:
        return self._inner.finish

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple(
            replace(call, arguments="".join(restore([call.arguments], self._values))) for call in self._inner.calls
        )

    def cancel(self) -> None:
        self._inner.cancel()
