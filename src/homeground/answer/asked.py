"""What a question asks for: its terms, names and numbers, and the kind of answer that would do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from homeground.answer.words import Word, words
from homeground.ingest.sentences import sentences

_WHAT = r"\b(?:what|which|whose) (?:\w+ )?"
# First rule that matches wins. Each names the kind of answer that is wanted.
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (
            "date",
            rf"\bwhen\b|{_WHAT}(?:\w+ )?(?:year|date|day|month|decade|period)s?\b(?![ -]end)|{_WHAT}centur(?:y|ies)\b",
        ),
        ("date", r"\bhow (?:recently|long ago)\b"),
        ("percent", rf"{_WHAT}(?:percent(?:age)?|proportion|fraction|share)\b|\bhow (?:many|much) percent"),
        ("money", r"\bhow much (?:money|did .* (?:cost|pay|spend|sell)|was .* (?:paid|worth|sold)|is .* worth)"),
        ("money", r"\bhow much does .* cost|\bwhat .*\b(?:cost|price|salary|fee)\b"),
        (
            "number",
            r"\bhow (?:many|much|long|far|old|tall|high|deep|large|big|fast|often|wide|heavy|hot|cold|late|early)\b",
        ),
        ("number", rf"{_WHAT}(?:number|amount|age|size|length|height|weight|depth|distance|speed|rate|population)\b"),
        ("number", rf"{_WHAT}(?:temperature|total|value|figure|score)\b"),
        ("number", r"\bwhat (?:is|are|was|were) .*\b(?:amount|total|ratio|margin|revenues?|number|rate)\b"),
        ("number", r"\bin (?:usd|us\$|eur|euros?|dollars|thousands|millions|billions)\b"),
        (
            "person",
            r"\b(?:who|whom|whose)\b|\bwhat (?:person|man|woman|people|author|actor|singer|president|scientist)\b",
        ),
        ("place", rf"\bwhere\b|{_WHAT}(?:city|cities|country|countries|place|state|location|town|region|county)\b"),
        ("place", rf"{_WHAT}(?:river|continent|island|street|stadium|area|province|village|district)\b"),
        ("reason", rf"\bwhy\b|{_WHAT}(?:reason|caused?|causes|purpose|led)\b|\bfor what reason|\bhow come\b"),
        ("name", r"\b(?:name|called|named|title|nickname|known as|referred to as)\b"),
        ("manner", r"\bhow\b"),
        ("definition", r"^\W*(?:what|who) (?:is|are|was|were) (?:an? |the )?[\w-]+(?: [\w-]+)?\W*$"),
        ("definition", r"\b(?:define|meaning of|stand for|mean)\b"),
    )
)
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ASKING = re.compile(r"\b(what|which|who|whom|whose|when|where|why|how)\b", re.IGNORECASE)
_HEAD = re.compile(
    r"\b(?:what|which|how many|how much|whose)\s+((?:[\w'’-]+\s+){0,3}?[\w'’-]+?)"
    r"(?=\s+(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|of|in|on|to|for|from|that|by|at|with)\b|\W*$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, taken apart; ``text`` is the part of it that asks.

    ``terms`` are its search terms in order; ``names`` those of words written like a name, ``numbers`` those with
    digits, ``head`` those of the noun after what/which/how many; ``years`` are as written. ``kind`` is the kind of
    answer wanted ("thing" when nothing more is known).
    """

    text: str
    kind: str
    words: tuple[Word, ...]
    terms: tuple[str, ...]
    names: frozenset[str]
    numbers: frozenset[str]
    head: frozenset[str]
    years: frozenset[str]


def take_apart(text: str) -> Asked:
    """Analyse one question. Works on any script; kinds and names are told for English only."""
    question = focus(text)
    found = tuple(words(question))
    head = _HEAD.search(question)
    return Asked(
        text=question,
        kind=next((kind for kind, pattern in _KINDS if pattern.search(question)), "thing"),
        words=found,
        terms=tuple(dict.fromkeys(term for word in found for term in word.terms)),
        names=frozenset(term for word in found[1:] if is_name(word.text) for term in word.terms),
        numbers=frozenset(term for word in found if any(c.isdigit() for c in word.text) for term in word.terms),
        head=frozenset(term for word in words(head.group(1)) for term in word.terms) if head else frozenset(),
        years=frozenset(YEAR.findall(question)),
    )


def focus(text: str) -> str:
    """The part that asks, without the instructions around it ("Answer in millions.", "Use the balance sheet: ...").

    The sentences that end in a question mark, from what follows a colon on; everything when there is none.
    """
    parts = [text[start:end] for start, end in sentences(text)]
    asking = [part for part in parts if part.rstrip("\"'”’)").endswith(("?", "？"))]
    if not asking:
        return text
    said = " ".join(asking)
    _, colon, tail = said.rpartition(": ")
    return tail if colon and _ASKING.search(tail) else said


def is_name(word: str) -> bool:
    """Is the word written like a name: a capital first, and not a digit anywhere?"""
    return word[:1].isupper() and not any(c.isdigit() for c in word)
