"""An answer as it is shown: statements with numbered marks, and under them the sources that the marks stand for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from homeground.answer.wording import plainly
from homeground.types import Citation, Statement


@dataclass(frozen=True, slots=True)
class Mark:
    """A number behind a statement, and the citation that it stands for."""

    number: int
    citation: Citation


@dataclass(frozen=True, slots=True)
class Said:
    """A statement with its marks."""

    text: str
    origin: str
    marks: tuple[Mark, ...]


@dataclass(slots=True)
class Numbers:
    """Numbers the citations of one answer in the order in which they first come."""

    _numbers: dict[Citation, int] = field(default_factory=dict)
    _texts: set[str] = field(default_factory=set)

    def said(self, statement: Statement) -> Said:
        """The statement with its marks."""
        self._texts.add(statement.text)
        marks = [Mark(self._numbers.setdefault(each, len(self._numbers) + 1), each) for each in statement.citations]
        return Said(statement.text, statement.origin, tuple(dict.fromkeys(marks)))

    @property
    def sources(self) -> tuple[Mark, ...]:
        """Every mark so far, by number."""
        return tuple(Mark(number, citation) for citation, number in self._numbers.items())

    @property
    def by_document(self) -> tuple[tuple[str, tuple[Mark, ...]], ...]:
        """The marks of each document, in the order in which the documents first come."""
        names = dict.fromkeys(citation.document for citation in self._numbers)
        return tuple((name, tuple(mark for mark in self.sources if mark.citation.document == name)) for name in names)

    def repeats(self, mark: Mark) -> bool:
        """Whether the quote is what a statement says, a bullet aside, so that it need not stand there twice."""
        return plainly(mark.citation.quote) in self._texts


@dataclass(frozen=True, slots=True)
class Shown:
    """The statements of an answer, and its numbers."""

    statements: tuple[Said, ...]
    numbers: Numbers


def shown(statements: Iterable[Statement]) -> Shown:
    """A whole answer, numbered."""
    numbers = Numbers()
    return Shown(tuple(numbers.said(each) for each in statements), numbers)
