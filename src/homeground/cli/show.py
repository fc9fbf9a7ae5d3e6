"""`homeground show`: the cited page, with the quote marked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homeground.cli.options import (
    AsOption,
    JsonOption,
    WorkspaceOption,
    notes,
    opened,
    out,
    principal_of,
    print_json,
    printable,
)
from homeground.errors import StorageError

if TYPE_CHECKING:
    from homeground.types import ShownPage


def show(
    citation: Annotated[
        str, typer.Argument(help="As an answer prints it: DOCUMENT@REVISION#pPAGE:START-END; DOCUMENT#pPAGE will do.")
    ],
    image: Annotated[
        Path | None, typer.Option("--image", metavar="OUT.png", help="Draw the PDF page with the quote highlighted.")
    ] = None,
    as_json: JsonOption = False,
    as_who: AsOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Show the page behind a citation. Piped, the output is the page text itself, which spans count."""
    with opened(workspace) as space:  # which ends the process that draws
        principal = principal_of(as_who, space)
        shown = space.show(citation, principal)
        if image is not None:
            _write(image, space.render(citation, principal))
    if image is not None:
        notes().print(f"{shown.document}, page {shown.page}, drawn to {image}")
    elif as_json:
        print_json(shown)
    else:
        _print_page(shown)


def _print_page(shown: ShownPage) -> None:
    label = f" ({shown.label})" if shown.label else ""
    notes().print(f"{shown.document}, page {shown.page}{label}, revision {shown.revision[:12]}\n")
    if not sys.stdout.isatty():
        sys.stdout.write(shown.text)
        return
    console, text = out(), printable(shown.text)
    console.print(text[: shown.start], end="")
    console.print(text[shown.start : shown.end], style="reverse", end="")
    console.print(text[shown.end :])


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from None
