"""Checks a statement against its quotes: figures, dates, names and negation must come from what is cited.

The reader's statements pass by construction; the gate is the same for text that a model wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from homeground.answer.cite import PageText, holds
from homeground.types import Statement

_NUMBER = re.compile(r"\d(?:[\d,.']*\d)?")
_NAME = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|nobody|nothing|nowhere|without|cannot|fail(?:s|ed)? to|unable|hardly|barely)\b"
    r"|n['’]t\b|[不没沒無无未非]",
    re.IGNORECASE,
)


def verify(statements: Iterable[Statement], page_text: PageText) -> tuple[Statement, ...]:
    """The statements that stand: every citation checked against its page, and nothing said that no quote says.

    Citations that do not hold are dropped; a statement left without any, or one that says more than its
    quotes, is dropped with them.
    """
    return tuple(checked for statement in statements if (checked := _checked(statement, page_text)) is not None)


def unsupported(text: str, quotes: Sequence[str]) -> tuple[str, ...]:
    """Figures, months, names and negations of ``text`` that are in none of the quotes (empty when all is covered).

    A negation counts as altered when every quote differs from the text in having one or not.
    """
    said = "\n".join(quotes)
    figures, known = set(_numbers(said)), {word.casefold() for word in _NAME.findall(said)}
    missing = [number for number in _numbers(text) if number not in figures]
    missing += [name for name in _names(text) if name.casefold() not in known]
    if all(_negated(quote) != _negated(text) for quote in quotes):
        missing.append("negation")
    return tuple(dict.fromkeys(missing))


def _negated(text: str) -> bool:
    return _NEGATION.search(text) is not None


def holding(statements: Iterable[Statement], page_text: PageText) -> tuple[Statement, ...]:
    """The statements all of whose citations still hold; one that never had any stands as it is."""
    return tuple(each for each in statements if all(holds(citation, page_text) for citation in each.citations))


def _checked(statement: Statement, page_text: PageText) -> Statement | None:
    citations = tuple(citation for citation in statement.citations if holds(citation, page_text))
    if not citations or unsupported(statement.text, [citation.quote for citation in citations]):
        return None
    return replace(statement, citations=citations)


def _numbers(text: str) -> Iterator[str]:
    """Numbers in one spelling: 1,577 and 1577 are the same; 3.10 and 3.1 are not, they may be versions."""
    for match in _NUMBER.finditer(text):
        yield re.sub(r"[,'](?=\d{3}(?!\d))", "", match.group())


def _names(text: str) -> Iterator[str]:
    """Words written like a name. The first word of a sentence counts too: quotes hold it in any case."""
    for match in _NAME.finditer(text):
        word = match.group()
        if word[0].isupper():
            yield word
