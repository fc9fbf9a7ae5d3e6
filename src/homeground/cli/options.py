"""The options that commands share, the two consoles, and texts made fit for a terminal."""

from __future__ import annotations

import json
import sys
import unicodedata
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from homeground.errors import ConfigError
from homeground.types import Principal, SearchFilter

if TYPE_CHECKING:
    from rich.console import Console

    from homeground.workspace import Workspace

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        envvar="HOMEGROUND_WORKSPACE",
        metavar="FOLDER",
        help="The workspace. Default: the nearest folder upwards with a homeground.toml.",
    ),
]
AsOption = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME[,GROUP...]", help="See what this person may read. Default: you, the owner."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]
LimitOption = Annotated[int | None, typer.Option("--limit", "-n", min=1, max=1000, help="How many hits at most.")]
SourceOption = Annotated[str | None, typer.Option("--source", metavar="NAME", help="Only documents of this source.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="Only documents of this day or later.")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Only documents of this day or before.")
]

LATER = " It leaves the disk as soon as answers under way have ended."  # after what was erased


def opened(folder: Path | None) -> Workspace:
    """The workspace that the command works on."""
    from homeground.workspace import Workspace

    return Workspace.open(folder)


def principal_of(text: str | None, space: Workspace) -> Principal:
    """Who asks: the owner of the workspace, or the person that `--as` names."""
    return space.owner if text is None else space.person(text)


def filter_of(source: str | None, since: str | None, until: str | None) -> SearchFilter:
    """The search filter that the options ask for; `until` includes its whole day."""
    return SearchFilter(source, _day("--since", since, time.min), _day("--until", until, time.max))


def _day(option: str, text: str | None, at: time) -> datetime | None:
    day = date_of(option, text)
    return None if day is None else datetime.combine(day, at, UTC)


def date_of(option: str, text: str | None) -> date | None:
    """The day that an option names."""
    try:
        return None if text is None else datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise ConfigError(f"{option} {text!r} is no date; write it as 2026-12-31") from None


# -- Showing ------------------------------------------------------------------------------------


def out() -> Console:
    """The console of results: colours on a terminal only, text never cut when piped."""
    return _console(stderr=False)


def notes() -> Console:
    """The console of everything that is not the result: progress, headers, hints."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            """Left to `main.run`: rich would end the process with 1."""
            raise BrokenPipeError

    stream = sys.stderr if stderr else sys.stdout
    return Plain(stderr=stderr, highlight=False, markup=False, soft_wrap=not stream.isatty())


def counted(count: int, what: str) -> str:
    """ "1 document", "2 documents"."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def print_json(value: Any) -> None:
    """One JSON object on one line of standard output; records become objects, dates ISO 8601."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def printable(text: str) -> str:
    """The text without control characters, so that a document cannot steer the terminal; its length stays."""
    return "".join(" " if unicodedata.category(char) == "Cc" and char not in "\n\t" else char for char in text)


def one_line(text: str, width: int) -> str:
    """The start of the text on one line of at most `width` characters."""
    line = " ".join(printable(text).split())
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"
