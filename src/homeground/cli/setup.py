"""`homeground init`, `add`, `sync` and `remove`: what the workspace reads."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from homeground.cli.options import (
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
from homeground.errors import ReadError

if TYPE_CHECKING:
    from rich.progress import TaskID

    from homeground.ingest.progress import Progress, SyncReport

WaitOption = Annotated[bool, typer.Option("--wait", help="When another process is writing, wait for it.")]
PROBLEMS_SHOWN = 10
FEW_PAGES = 100  # too few for a rate that means anything: starting took longer
STAGES = {
    "look": "Looking",
    "read": "Reading",
    "rebuild": "Embedding anew",
    "compare": "Comparing",
    "maintain": "Tidying the index",
}


def init(folder: Annotated[Path, typer.Argument(help="Where the workspace lies.")] = Path()) -> None:
    """Create a workspace in a folder."""
    from homeground.workspace import Workspace

    Workspace.create(folder).close()
    out().print(
        f"Created a workspace in {folder.resolve()}.\nNext: homeground add FOLDER, then homeground ask QUESTION"
    )


def add(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Folders, files or globs (in quotes).")],
    acl: Annotated[
        list[str] | None,
        typer.Option(
            "--acl", metavar="GRANT", help="Who may read: everyone, user:NAME or group:NAME. May be repeated."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="What to call the source. Default: the path.")] = None,
    label: Annotated[
        str | None, typer.Option("--label", help="How sensitive it is: a label of the settings. Default: internal.")
    ] = None,
    permissions: Annotated[
        str | None,
        typer.Option("--permissions", metavar="KIND", help="Who may read, said by the files: none, files or sidecar."),
    ] = None,
    wait: WaitOption = False,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Add documents and read them. Adding a path again changes its name, access or label."""
    with Bar() as bar:
        report = opened(workspace).add(
            *paths, access=acl, name=name, label=label, permissions=permissions, wait=wait, on_progress=bar.show
        )
    _report(report, as_json)


def sync(
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and sync whenever a file changes. Ctrl-C ends it.")
    ] = False,
    wait: WaitOption = False,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Read what is new or changed, and drop what is gone."""
    space = opened(workspace)
    with Bar() as bar:
        report = space.sync(wait=wait, on_progress=bar.show)
    _report(report, as_json)
    if watch:
        notes().print("Watching; Ctrl-C ends it.")
        space.watch(lambda report: _show_change(report, as_json), lambda error: notes().print(str(error), style="red"))


def remove(
    target: Annotated[str, typer.Argument(help="A source's name, as `homeground status` lists it.")],
    document: Annotated[
        bool, typer.Option("--document", help="TARGET is a document's name: take out this one only.")
    ] = False,
    wait: WaitOption = False,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Take a source out, or a document: it stops answering at once. The files themselves stay where they are."""
    if document:
        _remove_document(target, as_json, workspace)
        return
    space = opened(workspace)
    removed, heir = space.remove(target, principal_of(None, space), wait=wait)
    if as_json:
        print_json({"removed": removed, "passes_to": heir})
        return
    gone = "no longer answers" if removed == 1 else "no longer answer"
    out().print(f"Removed {printable(target)}: {counted(removed, 'document')} {gone}. The files stay where they are.")
    if heir:
        notes().print(
            f"Its files lie inside the source {printable(heir)}: the next sync reads them there, for its readers. "
            "To keep them out, name them in .homegroundignore.",
            style="yellow",
        )


def _remove_document(name: str, as_json: bool, workspace: Path | None) -> None:
    space = opened(workspace)
    space.remove_document(name, principal_of(None, space))
    if as_json:
        print_json({"removed": 1, "document": name})
        return
    out().print(f"Removed {printable(name)}: it no longer answers, and syncs leave it out. Its file stays where it is.")
    notes().print("To have it back: homeground restore NAME, then homeground sync.")


def restore(
    document: Annotated[str, typer.Argument(help="Its name, as `homeground documents --removed` lists it.")],
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Let a document that was removed come back with the next sync."""
    space = opened(workspace)
    space.restore_document(document, principal_of(None, space))
    if as_json:
        print_json({"restored": document})
    else:
        out().print(f"{printable(document)} comes back with the next sync: homeground sync")


def _report(report: SyncReport, as_json: bool) -> None:
    if as_json:
        print_json(report)
    else:
        _print_report(report)
    if report.failed:
        raise typer.Exit(ReadError.exit_code)


def _show_change(report: SyncReport, as_json: bool) -> None:
    """What a sync did while watching; nothing when it had nothing to do."""
    if as_json or report.added or report.changed or report.renamed or report.removed or report.failed:
        print_json(report) if as_json else _print_report(report)


def _print_report(report: SyncReport) -> None:
    counts = ("added", "changed", "renamed", "removed", "unchanged", "rebuilt")
    done = ", ".join(f"{getattr(report, what)} {what}" for what in counts if getattr(report, what))
    read = f"{counted(report.pages, 'page')}, {counted(report.passages, 'passage')} in {report.seconds:.1f} s"
    rate = f", {report.pages / report.seconds:.0f} pages/s" if report.pages > FEW_PAGES else ""
    out().print(f"{done or 'Nothing new to read'}: {read}{rate}")
    for words, what in (("Not read", report.unread), ("Read in part", report.partly), ("Left out", report.skipped)):
        _print_problems(words, [f"{printable(one.name)}: {printable(one.reason)}" for one in what])
    _print_problems("Failed", [printable(reason) for reason in report.failed])


def _print_problems(words: str, lines: list[str]) -> None:
    if not lines:
        return
    console = notes()
    console.print(f"{words}: {len(lines)}", style="yellow")
    for line in lines[:PROBLEMS_SHOWN]:
        console.print(f"  {line}")
    if len(lines) > PROBLEMS_SHOWN:
        console.print(f"  … and {len(lines) - PROBLEMS_SHOWN} more: homeground documents --unread")


class Bar:
    """A progress bar on a terminal, with rate and remaining time; nothing when piped."""

    def __init__(self) -> None:
        self._progress: Any = None
        self._task: TaskID | None = None

    def __enter__(self) -> Bar:
        if sys.stderr.isatty():
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[pace]}"),
            )
            self._progress = Progress(*columns, console=notes(), transient=True)
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.stop()

    def say(self, words: str, style: str | None = None) -> None:
        """A line above the bar."""
        (self._progress.console if self._progress else notes()).print(words, style=style)

    def show(self, now: Progress) -> None:
        """Moves on."""
        if not self._progress:
            return
        if self._task is None:
            self._task = self._progress.add_task("", total=None, pace="")
        rate = f"{now.passages_per_s:.0f} passages/s" if now.stage != "compare" else ""
        left = f"{now.remaining_s:.0f} s left" if now.remaining_s is not None else ""
        pace = ", ".join(filter(None, (rate, left)))
        words = STAGES.get(now.stage, now.stage)
        self._progress.update(
            self._task, description=words, completed=now.files_done, total=now.files_total or None, pace=pace
        )
