"""`homeground models pull` and `add`: models come in, from a hub or from this machine."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from homeground.cli.options import JsonOption, counted, notes, out, print_json, printable

if TYPE_CHECKING:
    from rich.progress import TaskID

    from homeground.models.card import ModelCard

NameOption = Annotated[str | None, typer.Option("--name", help="What to call the model. Default: as it is called.")]
LEFT_SHOWN = 8


def pull(
    repository: Annotated[str, typer.Argument(metavar="REPOSITORY", help="OWNER/NAME on the model hub.")],
    revision: Annotated[
        str, typer.Option("--revision", help="A commit, tag or branch; the commit it stands for is kept.")
    ] = "main",
    name: NameOption = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="PATTERN", help="Of the weights, only files like *Q4_K_M.gguf. May be repeated."
        ),
    ] = None,
    max_gb: Annotated[float, typer.Option("--max-gb", min=0.001, help="The most to download, in GB.")] = 20.0,
    as_json: JsonOption = False,
) -> None:
    """Download a model from a hub; an interrupted download goes on where it was."""
    from homeground.models.repository import pull_model

    with DownloadBar() as bar:
        pulled = pull_model(
            repository, revision, name, only=only or (), most_bytes=round(max_gb * 1e9), on_bytes=bar.show
        )
    card = pulled.card
    if as_json:
        print_json({"model": card, "asked": pulled.asked, "left_out": pulled.left_out})
        return
    if pulled.asked != card.revision:
        out().print(f"{printable(pulled.asked)} stands for commit {card.revision}; the model is kept at that.")
    _print_taken(card, pulled.left_out)


def add(
    path: Annotated[Path, typer.Argument(help="A model's folder, or one .gguf or .safetensors file.")],
    name: NameOption = None,
    link: Annotated[
        bool, typer.Option("--link", help="Do not copy: give the files a second name on the same disk.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Take a model that is on this machine into the models folder."""
    from homeground.models.add import add_model, left_out

    with DownloadBar() as bar:
        card = add_model(path, name, link=link, on_copy=bar.show)
    left = left_out(path)
    if as_json:
        print_json({"model": card, "left_out": left})
    else:
        _print_taken(card, left)


def _print_taken(card: ModelCard, left: Sequence[str]) -> None:
    from homeground.models.choose import PURPOSES, unfit

    console = out()
    about = ", ".join(each for each in (card.task, card.format, f"{card.bytes / 1e6:,.0f} MB") if each)
    console.print(f"{card.name}: {printable(about)}, {card.digest[:12]}, in {card.folder}")
    if left:
        more = f" and {len(left) - LEFT_SHOWN} more" if len(left) > LEFT_SHOWN else ""
        names = printable(", ".join(left[:LEFT_SHOWN]))
        console.print(f"Left out, as no model needs them here: {counted(len(left), 'file')}: {names}{more}")
    if purpose := next((each for each, wanted in PURPOSES.items() if wanted.task == card.task), None):
        why = unfit(card, purpose)
        notes().print(
            f"Not to be used as it is: {why}" if why else f"Next: homeground models use {card.name} --for {purpose}"
        )


class DownloadBar:
    """A progress bar on a terminal, with rate and remaining time; nothing when piped."""

    def __init__(self) -> None:
        self._progress: Any = None
        self._task: TaskID | None = None

    def __enter__(self) -> DownloadBar:
        if sys.stderr.isatty():
            from rich.progress import (
                BarColumn,
                DownloadColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
                TransferSpeedColumn,
            )

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                TimeRemainingColumn(),
            )
            self._progress = Progress(*columns, console=notes(), transient=True)
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.stop()

    def show(self, done: int, total: int, name: str) -> None:
        """So many bytes of so many are there; the file is the one that is on its way."""
        if not self._progress:
            return
        if self._task is None:
            self._task = self._progress.add_task("", total=total, completed=done)
        self._progress.update(self._task, description=printable(name)[-32:], completed=done, total=total)
