"""The gate between an answer and its reader: nothing passes that its quotes do not say.

Every citation is held against its page, and every statement against its quotes by the exact checks of ``exact.py``. The
reader's statements pass by construction; the gate is the same for text that a model wrote, for which ``entail.support``
gives a score as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from homeground.answer.cite import PageText, holds
from homeground.answer.exact import missing
from homeground.answer.wording import plainly
from homeground.types import Statement


def verify(statements: Iterable[Statement], page_text: PageText) -> tuple[Statement, ...]:
    """The statements that stand: every citation checked against its page, and nothing said that no quote says.

    Citations that do not hold are dropped; a statement left without any, or one that says more than its
    quotes, is dropped with them.
    """
    return tuple(checked for statement in statements if (checked := _checked(statement, page_text)) is not None)


def unsupported(text: str, quotes: Sequence[str]) -> tuple[str, ...]:
    """Figures, dates, names and negations of ``text`` that the quotes do not say (empty when all is covered)."""
    said = " ".join(text.split())
    plain = {each for quote in quotes for each in (" ".join(quote.split()), plainly(quote))}
    return () if said in plain else missing(text, quotes)


def holding(statements: Iterable[Statement], page_text: PageText) -> tuple[Statement, ...]:
    """The statements all of whose citations still hold; one that never had any stands as it is."""
    return tuple(each for each in statements if all(holds(citation, page_text) for citation in each.citations))


def _checked(statement: Statement, page_text: PageText) -> Statement | None:
    citations = tuple(citation for citation in statement.citations if holds(citation, page_text))
    if not citations or unsupported(statement.text, [citation.quote for citation in citations]):
        return None
    return replace(statement, citations=citations)
