"""`homeground status` and `homeground documents`: what there is, and what could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from homeground.cli.options import (
    AsOption,
    JsonOption,
    SourceOption,
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
    from rich.console import Console

    from homeground.access.removal import RemovedDocument
    from homeground.types import Document, Status

UNREAD_SHOWN = 10


def status(as_json: JsonOption = False, as_who: AsOption = None, workspace: WorkspaceOption = None) -> None:
    """Show what the workspace holds, and what could not be read."""
    space = opened(workspace)
    principal = principal_of(as_who, space)
    now = space.status(principal)
    if as_json:
        print_json(now)
        return
    console = out()
    console.print(f"Workspace {now.path} (format {now.format})", style="bold")
    size = f", {now.disk_mb:.1f} MB on disk" if now.disk_mb else ""
    console.print(f"  {_amounts(now.documents, now.pages, now.passages)}{size}")
    _print_embedders(console, now)
    for source in now.sources:
        access = ", ".join(sorted(source.grants))
        console.print(f"\nSource {printable(source.name)}", style="bold")
        held = f"{counted(source.documents, 'document')} from {printable(source.root)}"
        readable = f"readable by {access}" if access else "some documents of it are yours to read"
        console.print(f"  {held}; {readable}; {source.label}")
    listed = space.documents(principal)
    unread = [one for one in listed if one.problem or one.unread_pages]
    if unread:
        console.print(f"\nNot read, or not all of it: {counted(len(unread), 'document')}", style="yellow")
        for document in unread[:UNREAD_SHOWN]:
            _print_unread(console, document)
        if len(unread) > UNREAD_SHOWN:
            console.print(f"  … and {len(unread) - UNREAD_SHOWN} more: homeground documents --unread")
    _print_flagged(console, listed)


def _print_flagged(console: Console, documents: list[Document]) -> None:
    flagged = [one for one in documents if one.flags]
    if not flagged:
        return
    console.print(f"\nSpeaks to a model instead of to a reader: {counted(len(flagged), 'document')}", style="yellow")
    for document in flagged[:UNREAD_SHOWN]:
        console.print(f"  {printable(document.name)}")
        _print_flags(console, document)
    if len(flagged) > UNREAD_SHOWN:
        console.print(f"  … and {len(flagged) - UNREAD_SHOWN} more: homeground documents --flagged")


def _print_flags(console: Console, document: Document) -> None:
    for pages, kind in _by_problem(tuple(dict.fromkeys((one.page, one.kind) for one in document.flags))):
        console.print(f"    page {pages}: {kind}", style="yellow")


def _print_embedders(console: Console, now: Status) -> None:
    console.print(f"  embedder {printable(now.embedder)} ({now.embedder_digest[:12]})")
    if now.next_embedder:
        console.print(f"  the settings name {printable(now.next_embedder)}: the next sync embeds anew", style="yellow")
    if now.beside:
        words = {
            "coming": "a swap is under way: homeground models swap NAME goes on with it",
            "aside": "set aside: homeground models swap --accept, or --drop",
            "kept": "kept: homeground models swap --back, or --drop",
        }[now.beside.role]
        console.print(f"  beside: index of {printable(now.beside.embedder)}, {now.beside.disk_mb:.1f} MB; {words}")


def _amounts(documents: int, pages: int, passages: int) -> str:
    return ", ".join([counted(documents, "document"), counted(pages, "page"), counted(passages, "passage")])


def documents(
    source: SourceOption = None,
    unread: Annotated[bool, typer.Option("--unread", help="Only documents of which something was not read.")] = False,
    flagged: Annotated[
        bool, typer.Option("--flagged", help="Only documents with text that speaks to a model.")
    ] = False,
    removed: Annotated[
        bool, typer.Option("--removed", help="Instead: documents that were removed although their files are there.")
    ] = False,
    as_json: JsonOption = False,
    as_who: AsOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """List the documents, what of them was not read, and what is flagged."""
    space = opened(workspace)
    if removed:
        _print_removed(space.removed_documents(principal_of(as_who, space)), as_json)
        return
    listed = space.documents(principal_of(as_who, space), source=source)
    listed = [one for one in listed if not unread or one.problem or one.unread_pages]
    listed = [one for one in listed if not flagged or one.flags]
    if as_json:
        print_json({"documents": listed})
    elif not listed:
        notes().print("Nothing is flagged." if flagged else "Everything was read." if unread else "No documents.")
    else:
        console = out()
        for document in listed:
            _print_document(console, document)


def _print_removed(removed: list[RemovedDocument], as_json: bool) -> None:
    if as_json:
        print_json({"removed": removed})
    elif not removed:
        notes().print("No document was removed.")
    else:
        for each in removed:
            out().print(f"{each.removed_at:%Y-%m-%d}  {printable(each.name)}  (by {printable(each.removed_by)})")


def _print_document(console: Console, document: Document) -> None:
    date = f"{document.date:%Y-%m-%d}" if document.date else "no date   "
    console.print(f"{date}  {document.pages:>5} p  ", style="dim", end="")
    console.print(printable(document.name))
    if document.problem or document.unread_pages:
        _print_unread(console, document, named=False)
    _print_flags(console, document)


def _print_unread(console: Console, document: Document, *, named: bool = True) -> None:
    if named:
        console.print(f"  {printable(document.name)}")
    if document.problem:
        console.print(f"    {printable(document.problem)}", style="yellow")
    for pages, problem in _by_problem(document.unread_pages):
        if problem == document.problem:
            continue
        console.print(f"    page {pages}: {printable(problem)}", style="yellow")


def _by_problem(unread: tuple[tuple[int, str], ...]) -> list[tuple[str, str]]:
    """Pages with the same problem on one line: "1, 3-7"."""
    grouped: dict[str, list[int]] = {}
    for page, problem in unread:
        grouped.setdefault(problem, []).append(page)
    return [(_ranges(pages), problem) for problem, pages in grouped.items()]


def _ranges(pages: list[int]) -> str:
    runs: list[list[int]] = []
    for page in sorted(pages):
        if runs and page == runs[-1][-1] + 1:
            runs[-1].append(page)
        else:
            runs.append([page])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
