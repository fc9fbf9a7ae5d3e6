"""`homeground ask`: an answer with its citations, or a refusal that says what was looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from homeground.cli.options import (
    AsOption,
    JsonOption,
    SinceOption,
    SourceOption,
    UntilOption,
    WorkspaceOption,
    filter_of,
    notes,
    one_line,
    opened,
    out,
    principal_of,
    print_json,
    printable,
)
from homeground.cli.search import print_hits

if TYPE_CHECKING:
    from rich.console import Console

    from homeground.types import Answer, Citation, Statement

NEAREST_SHOWN = 3
UNSUPPORTED = {"model": "(the model's own knowledge, not checked)", "unsupported": "(not said by what it cites)"}

ModeOption = Annotated[
    str | None,
    typer.Option(help="rcg (only what the passages say), rag (also what the model knows) or closed (only that)."),
]


def ask(
    question: Annotated[str, typer.Argument(help="The question, in words.")],
    source: SourceOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    mode: ModeOption = None,
    go_on: Annotated[bool, typer.Option("--continue", "-c", help="A follow-up to your last question.")] = False,
    conversation: Annotated[str | None, typer.Option(metavar="ID", help="A follow-up in this conversation.")] = None,
    as_json: JsonOption = False,
    as_who: AsOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Answer a question, each statement quoted and cited."""
    from homeground.answer.output import answer_json

    asked = opened(workspace)
    within, principal = filter_of(source, since, until), principal_of(as_who, asked)
    which = conversation or ("last" if go_on else "new" if asked.settings.conversations.keep_days else None)
    if as_json:
        print_json(answer_json(asked.ask(question, principal, within=within, mode=mode, conversation=which)))
        return
    shown = Shown(out())
    answer = asked.ask(
        question,
        principal,
        within=within,
        mode=mode,
        on_statement=shown.statement,
        conversation=which,
        on_understood=shown.understood,
    )
    shown.rest(answer)


class Shown:
    """An answer as it appears: each statement once it is checked, then the citations and the receipt."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._numbers: dict[Citation, int] = {}
        self._said: set[str] = set()
        self._told_as = ""

    def understood(self, standalone: str) -> None:
        """A follow-up question, before its answer."""
        self._console.print(f"Understood as: {printable(standalone)}", style="dim")
        self._told_as = standalone

    def statement(self, statement: Statement) -> None:
        """One statement with the marks of its citations."""
        marks = [self._numbers.setdefault(citation, len(self._numbers) + 1) for citation in statement.citations]
        self._said.add(one_line(statement.text, 600))
        self._console.print(printable(statement.text), end=" ")
        if statement.origin == "retrieved":
            self._console.print("".join(f"[{mark}]" for mark in marks), style="cyan")
        else:
            self._console.print(UNSUPPORTED[statement.origin], style="yellow")

    def rest(self, answer: Answer) -> None:
        """All that follows the statements."""
        if answer.refused:
            self._console.print(f"No answer: {answer.reason}", style="yellow")
        for note in answer.notes:
            if self._told_as and note == f"Understood as: {self._told_as}":
                continue
            self._console.print(f"Note: {note}", style="dim")
        if self._numbers:
            self._console.print()
        for citation, number in self._numbers.items():
            self._citation(number, citation)
        if answer.refused and answer.passages:
            self._console.print("\nNearest passages:")
            print_hits(answer.passages[:NEAREST_SHOWN], scores=False)  # beside a refusal they would read as certainty
        total = sum(answer.receipt.timings_ms.values())
        left = f"{answer.receipt.egress_bytes} bytes" if answer.receipt.egress_bytes else "nothing"
        told = [f"receipt {answer.receipt.id}", f"{total:.0f} ms", f"{left} left this machine"]
        if len(answer.receipt.attempts) > 1 and answer.receipt.route:
            told.append(f"by {answer.receipt.route}")
        notes().print(f"\n{', '.join(told)}", style="dim")

    def _citation(self, number: int, citation: Citation) -> None:
        self._console.print(f"[{number}] ", style="cyan", end="")
        self._console.print(f"{citation.document}, page {citation.page}", style="bold")
        from homeground.answer.wording import plainly

        if one_line(plainly(citation.quote), 600) not in self._said:  # else the statement has just said it
            self._console.print(f"    “{one_line(citation.quote, 600)}”")
        self._console.print(f"    {citation}", style="dim")
