"""`homeground search`: the passages that match, best first."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from homeground.cli.options import (
    AsOption,
    JsonOption,
    LimitOption,
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
)

if TYPE_CHECKING:
    from homeground.types import Hit


def search(
    question: Annotated[str, typer.Argument(help="What to look for, in words.")],
    limit: LimitOption = None,
    source: SourceOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: JsonOption = False,
    as_who: AsOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Find passages, best first, each with document, page and span."""
    from homeground.answer.output import hits_json

    within = filter_of(source, since, until)
    space = opened(workspace)
    hits = space.search(question, principal_of(as_who, space), limit=limit, within=within)
    if as_json:
        print_json(hits_json(hits))
    elif not hits:
        notes().print("Nothing found. `homeground status` shows what was read.")
    else:
        print_hits(hits)


def print_hits(hits: Sequence[Hit], *, scores: bool = True) -> None:
    """Hits for a person: where, how well it matched, and the beginning of the passage."""
    console = out()
    width = console.width if console.is_terminal else 100
    for number, hit in enumerate(hits, 1):
        console.print(f"{number:>2}. ", end="")
        console.print(f"{hit.document}, page {hit.page}", style="bold", end="")
        console.print(f"  {hit.score:.2f}" if scores else "", style="dim")
        for line in textwrap.wrap(one_line(hit.text, 2 * (width - 6)), width - 4):
            console.print(f"    {line}")
