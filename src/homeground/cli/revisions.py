"""`homeground revisions`: the revisions of a document that are kept, and a former one beside the current one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from homeground.cli.options import (
    AsOption,
    JsonOption,
    WorkspaceOption,
    counted,
    notes,
    opened,
    out,
    principal_of,
    print_json,
    printable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from homeground.comparing import ComparedLine, Comparison, Revision


def revisions(
    document: Annotated[str, typer.Argument(help="The document's name, as `homeground documents` lists it.")],
    compare: Annotated[
        str | None,
        typer.Option("--compare", metavar="DIGEST", help="Show what changed since this former revision."),
    ] = None,
    part: Annotated[int, typer.Option("--part", min=1, help="Which part of a long comparison.")] = 1,
    as_json: JsonOption = False,
    as_who: AsOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """List the revisions of a document that are kept, or show what changed since one of them."""
    space = opened(workspace)
    principal = principal_of(as_who, space)
    if compare is not None:
        found = space.compare(document, compare, principal, part=part)
        if as_json:
            print_json(found)
        else:
            _print_comparison(found)
        return
    listed = space.revisions(document, principal)
    keep = space.settings.revisions.keep
    if as_json:
        print_json({"document": document, "keep": keep, "revisions": listed})
    else:
        _print_revisions(listed, keep)


def _print_revisions(listed: list[Revision], keep: int) -> None:
    for each in listed:
        when = f"replaced {each.replaced_at:%Y-%m-%d %H:%M}" if each.replaced_at else "current" + " " * 17
        out().print(f"{each.revision[:12]}  {when}  {each.pages:>5} p  {printable(each.title)}")
    if not keep:
        notes().print("Only the current revision is kept: keep in [revisions] of homeground.toml is 0.")


def _print_comparison(found: Comparison) -> None:
    counts = f"{found.changed:,} changed, {found.added:,} added, {found.removed:,} removed"
    notes().print(f"{found.former.revision[:12]} → {found.current.revision[:12]}: lines {counts}")
    console = out()
    for page in found.pages:
        before = ", ".join(map(str, page.former))
        title = "No page" if page.page is None else f"Page {page.page}"
        console.print(f"{title} (before: {before})" if page.former not in ((), (page.page,)) else title, style="bold")
        for line in page.lines:
            _print_line(console, line)
    for note in _notes(found):
        notes().print(note)


def _print_line(console: Console, line: ComparedLine) -> None:
    if line.kind == "equal":
        return
    for sign, text, spans, style in (
        ("-", line.former, line.former_spans, "red"),
        ("+", line.current, line.current_spans, "green"),
    ):
        if text is not None:
            console.print(f"{sign} ", style=style, end="")
            _print_marked(console, text, spans, style)


def _print_marked(console: Console, text: str, spans: Sequence[tuple[int, int]], style: str) -> None:
    from rich.text import Text

    marked = Text(printable(text))
    for start, end in spans:
        marked.stylize(f"{style} bold underline", start, end)
    console.print(marked)


def _notes(found: Comparison) -> list[str]:
    said = []
    if not found.pages:
        said.append("The bytes changed, but no line of the text.")
    if found.former_compared < found.former.pages or found.compared < found.current.pages:
        looked = f"the first {counted(found.former_compared, 'page')} with the first {found.compared:,}"
        said.append(f"The revisions are very long: only {looked} were compared.")
    if found.coarse:
        said.append("Where very much differs, lines are not paired with those that they replace.")
    if found.part < found.parts:
        said.append(f"Part {found.part} of {found.parts}; the next one: --part {found.part + 1}")
    return said
