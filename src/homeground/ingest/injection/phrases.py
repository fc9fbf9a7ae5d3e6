"""How text speaks to a model instead of to a reader: phrases by kind, in English, German, French, Spanish and Chinese.

Each pattern joins things that documents rarely say together: a demand, what it is aimed at (earlier instructions, a
role, the prompt, the answer), and often who is meant. Before a pattern is tried, one of its anchors must be in the
text: searching for plain words is much faster.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from homeground.ingest.injection.answers import ANSWERS
from homeground.ingest.injection.english import ENGLISH
from homeground.ingest.injection.languages import OTHERS


@dataclass(frozen=True, slots=True)
class Phrase:
    """A pattern of a kind, and the lower-case texts of which it holds one."""

    kind: str
    anchors: tuple[str, ...]
    pattern: re.Pattern[str]


PHRASES = tuple(
    Phrase(kind, tuple(anchors.split("|")), re.compile(pattern, re.IGNORECASE))
    for kind, anchors, pattern in (*ENGLISH, *ANSWERS, *OTHERS)
)
_ANCHORS = frozenset(anchor for phrase in PHRASES for anchor in phrase.anchors)


def spoken(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each phrase that the text holds, as kind and span."""
    lower = f" {' '.join(text.lower().split())} "
    held = {anchor for anchor in _ANCHORS if anchor in lower}
    for phrase in PHRASES:
        if not held.isdisjoint(phrase.anchors):
            yield from ((phrase.kind, match.span()) for match in phrase.pattern.finditer(text))
