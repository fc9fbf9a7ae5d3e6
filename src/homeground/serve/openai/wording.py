"""An answer as one text that grows, and where in it each citation stands.

27 days of annual leave a year. [1]

Note: …

[1] company/handbook.docx, page 3
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from fastapi import Request

from homeground.answer.output import answer_json, citation_json
from homeground.serve.web.answers import Numbers
from homeground.types import Answer, Citation, Statement

Place = Callable[[Citation], str]
UNCHECKED = {"model": "(the model's own knowledge, not checked)", "unsupported": "(not said by what it cites)"}


def places(request: Request) -> Place:
    """Where this service shows the page of a citation, by the name under which it was called."""
    home = f"{request.url.scheme}://{request.url.netloc}"
    return lambda citation: f"{home}/page?at={quote(str(citation), safe='')}"


class Wording:
    """The text of one answer. ``sources`` says whether it ends with the list of what was cited."""

    def __init__(self, place: Place, sources: bool = True) -> None:
        self.text = ""
        self._place, self._sources = place, sources
        self._numbers = Numbers()
        self._spans: list[tuple[Statement, int, int]] = []

    def say(self, statement: Statement) -> str:
        """One more statement; returns the text that it adds."""
        said = self._numbers.said(statement)
        marks = "".join(f"[{mark.number}]" for mark in said.marks)
        behind = marks if statement.origin == "retrieved" else UNCHECKED[statement.origin]
        lead = "\n" if self.text else ""
        begin = len(self.text) + len(lead)
        words = " ".join(statement.text.split())
        added = self._add(f"{lead}{words} {behind}".rstrip() if behind else f"{lead}{words}")
        self._spans.append((statement, begin, len(self.text)))
        return added

    def end(self, answer: Answer) -> str:
        """All that follows the statements; returns what it adds: nothing where tools are to be called first."""
        if answer.calls and not self.text:
            return ""
        parts = [f"No answer: {answer.reason}"] if answer.refused else []
        parts += [f"Note: {note}" for note in answer.notes]
        sources = [f"[{mark.number}] {_where(mark.citation)}" for mark in self._numbers.sources if self._sources]
        blocks = ["\n".join(each) for each in (parts, sources) if each]
        return self._add(("\n\n" if self.text and blocks else "") + "\n\n".join(blocks))

    def _add(self, text: str) -> str:
        self.text += text
        return text

    def annotations(self, answer: Answer) -> list[dict[str, Any]]:
        """A flat URL citation for each citation of each statement that stands; indices count characters of the text."""
        return [
            {
                "type": "url_citation",
                "url": self._place(citation),
                "title": _where(citation),
                "start_index": start,
                "end_index": end,
            }
            for statement, start, end in self._spans
            if statement in answer.statements
            for citation in dict.fromkeys(statement.citations)
        ]

    def beside(self, answer: Answer) -> dict[str, Any]:
        """The field ``homeground``: the whole answer, and its citations under their numbers."""
        standing = {citation for statement in answer.statements for citation in statement.citations}
        cited = [
            {"number": mark.number, **citation_json(mark.citation), "url": self._place(mark.citation)}
            for mark in self._numbers.sources
            if mark.citation in standing
        ]
        return {**answer_json(answer), "citations": cited}


def worded(answer: Answer, place: Place, sources: bool = True) -> Wording:
    """The wording of a whole answer."""
    wording = Wording(place, sources)
    for statement in answer.statements:
        wording.say(statement)
    wording.end(answer)
    return wording


def _where(citation: Citation) -> str:
    return f"{' '.join(citation.document.split())}, page {citation.page}"
