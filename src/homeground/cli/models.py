"""`homeground models`: which models there are, their cards, and whether their files are whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from homeground.cli.options import JsonOption, out, print_json, printable

if TYPE_CHECKING:
    from homeground.models.card import ModelCard

app = typer.Typer(help="The models: their cards, and whether their files are whole.")
NameArgument = Annotated[
    str, typer.Argument(help="A model's name as `homeground models list` shows it, or its folder.")
]


@app.command("list")
def list_models(as_json: JsonOption = False) -> None:
    """List the models that came with homeground."""
    from homeground.models.registry import house_models

    cards = house_models()
    if as_json:
        print_json({"models": cards})
        return
    for card in cards:
        out().print(f"{card.name}  {card.task}, {card.bytes / 1e6:.0f} MB, {card.licence}, {card.digest[:12]}")


@app.command("show")
def show(name: NameArgument, as_json: JsonOption = False) -> None:
    """Show a model's card: origin, licence, digest, and what it was measured at."""
    from homeground.models.registry import find, read_card

    card = read_card(find(name))
    if as_json:
        print_json(card)
    else:
        _print_card(card)


@app.command("verify")
def verify(
    name: Annotated[str | None, typer.Argument(help="A model's name or folder. Default: every house model.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Check every file of a model against its manifest; fails naming the file that is not as it should be."""
    from homeground.models.registry import find, house_models
    from homeground.models.registry import verify as verified

    folders = [find(name)] if name else [card.folder for card in house_models()]
    cards = [verified(folder) for folder in folders]
    if as_json:
        print_json({"verified": [{"name": card.name, "digest": card.digest} for card in cards]})
        return
    for card in cards:
        out().print(f"{card.name}: every file is as its manifest says ({card.digest[:12]})")


def _print_card(card: ModelCard) -> None:
    console = out()
    console.print(card.name, style="bold")
    rows = {
        "what": card.description,
        "task": card.task,
        "architecture": card.architecture,
        "precision": card.precision,
        "dimension": card.dimension,
        "window": f"{card.max_tokens} tokens",
        "languages": ", ".join(card.languages),
        "origin": card.origin,
        "licence": card.licence,
        "digest": card.digest,
        "folder": card.folder,
        **card.details,
    }
    for key, value in rows.items():
        console.print(f"  {key:<16} {printable(str(value))}")
