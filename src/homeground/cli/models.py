"""`homeground models`: which models there are, their cards, whether their files are whole, and which does what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from homeground import config
from homeground.cli import fetch, swap
from homeground.cli.options import JsonOption, WorkspaceOption, counted, notes, opened, out, print_json, printable
from homeground.errors import ConfigError, WorkspaceError
from homeground.settings import RemoteSettings

if TYPE_CHECKING:
    from rich.console import Console

    from homeground.models.card import ModelCard
    from homeground.models.remote_card import RemoteCard
    from homeground.workspace import Workspace

app = typer.Typer(help="The models: get them, look at their cards, check their files, choose.")
app.command("pull")(fetch.pull)
app.command("add")(fetch.add)
app.command("swap")(swap.swap)
NameArgument = Annotated[
    str, typer.Argument(help="A model's name as `homeground models list` shows it, its folder, or a model elsewhere.")
]
LABEL = 12  # characters before the values of a card


@app.command("list")
def list_models(as_json: JsonOption = False) -> None:
    """List the models that came with homeground, and those in your models folder."""
    from homeground.models.registry import known_models, where

    known = known_models()
    if as_json:
        print_json({"models": known.cards, "broken": known.broken})
        return
    for card in known.cards:
        out().print(card.name, style="bold")
        size = f"{card.bytes / 1e6:,.0f} MB"
        facts = (card.task, card.format, size, card.licence or "licence not stated", where(card), card.digest[:12])
        out().print(f"  {printable(', '.join(each for each in facts if each))}")
    for problem in known.broken:
        notes().print(f"Not a model: {printable(problem)}", style="yellow")


@app.command("show")
def show(name: NameArgument, as_json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Show a model's card: origin, licence, digest, measures; of a model elsewhere, its place, price and key."""
    from homeground.models.registry import find, read_card
    from homeground.models.remote_card import remote_card

    space = _here(workspace)
    elsewhere = remote_card(name, space.settings.remote if space else RemoteSettings())
    if as_json:
        print_json(elsewhere or read_card(find(name)))
    elif elsewhere:
        _print_remote(elsewhere)
    else:
        _print_card(read_card(find(name)))


@app.command("verify")
def verify(
    name: Annotated[str | None, typer.Argument(help="A model's name or folder. Default: every model.")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read every byte again, also of large files that have not changed.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check every file of a model against its manifest; fails naming the file that is not as it should be."""
    from homeground.models import registry
    from homeground.models.digests import Digests

    known = registry.Known(()) if name else registry.known_models()
    folders = [registry.find(name)] if name else [card.folder for card in known.cards]
    digests = Digests(full=full)
    cards = [registry.verify(folder, digests) for folder in folders]
    if as_json:
        verified = [{"name": card.name, "digest": card.digest} for card in cards]
        print_json({"verified": verified, "remembered": digests.remembered, "broken": known.broken})
    else:
        for card in cards:
            out().print(f"{card.name}: every file is as its manifest says ({card.digest[:12]})")
        if digests.remembered:
            files = counted(digests.remembered, "large file")
            notes().print(f"{files} not read again: unchanged since they were. --full reads everything.")
    for problem in known.broken:
        notes().print(f"Not a model: {printable(problem)}", style="yellow")


@app.command("use")
def use(
    name: Annotated[str, typer.Argument(help="A model's name or folder, reader, or a model elsewhere.")],
    purpose: Annotated[str, typer.Option("--for", metavar="PURPOSE", help="What it shall do: answer or embedder.")],
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Choose which model of the workspace does what: writes one line into its settings."""
    space = opened(workspace)
    settings = space.folder / config.FILE_NAME
    card = space.use_model(name, purpose)
    if as_json:
        print_json({"purpose": purpose, "name": name, "digest": card.digest if card else None})
        return
    out().print(f"[models] {purpose} = {printable(name)!r} is now in {settings}")
    then = "The first homeground add embeds" if purpose == "embedder" else "The next homeground ask answers"
    out().print(f"{then} with {printable(name)}.")


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="A model's name as `homeground models list` shows it.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also when the workspace uses the model.")] = False,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Delete a model from your models folder."""
    from homeground.models.choose import check_removal, remove_model
    from homeground.models.manifest import MANIFEST
    from homeground.swap import check_needed

    space = _here(workspace)
    folders = check_removal(name, space.settings.models if space else None, force=force)
    if space and not force and any((folder / MANIFEST).is_file() for folder in folders):
        check_needed(space.parts, name)
    if not yes:
        typer.confirm(f"Delete {', '.join(map(str, folders))}?", abort=True, err=True)
    freed = remove_model(name)
    if as_json:
        print_json({"removed": name, "bytes": freed})
    else:
        out().print(f"Removed {name}: {freed / 1e6:,.0f} MB are free again.")


@app.command("fit")
def fit(as_json: JsonOption = False) -> None:
    """Estimate which models fit this machine's memory, and how fast they would write."""
    from homeground.models.fit import candidates, measure

    machine = measure()
    found = candidates(machine)
    if as_json:
        print_json({"machine": machine, "candidates": found})
        return
    console = out()
    console.print(
        f"This machine: {machine.memory / 1e9:.1f} GB of memory, {machine.available / 1e9:.1f} available; "
        f"{counted(machine.cores, 'core')}, copying {machine.bandwidth / 1e9:.0f} GB/s\n"
    )
    console.print(f"{'model':<26}{'weights':<9}{'size':>8}{'tokens/s':>10}  {'fits':<6}licence", style="bold")
    for each in found:
        speed = f"{each.tokens_per_s:.0f}" if each.fits else "-"
        row = f"{each.name:<26}{each.precision:<9}{each.bytes / 1e9:>5.1f} GB{speed:>10}  {_yes(each.fits):<6}"
        console.print(row + each.licence[:19], style=None if each.fits else "dim")
    for each in (one for one in found if one.fits and one.build):
        console.print(f"\n{each.name}, {each.precision}, ready to run: homeground models pull {each.build}", end="")
    console.print(
        "\n\nEstimates: an upper bound for one answer at a time, after the prompt is read: writing a token reads all "
        "weights once, so memory sets the pace. Long contexts and other work make it slower."
    )


def _yes(fits: bool) -> str:
    return "yes" if fits else "no"


def _here(workspace: Path | None) -> Workspace | None:
    """The workspace, if there is one here."""
    try:
        return opened(workspace)
    except (ConfigError, WorkspaceError):
        if workspace is not None:
            raise
        return None


def _print_remote(card: RemoteCard) -> None:
    price = "not known: put it into [remote] prices"
    if card.price:
        each = f"{card.price.input:g} read, {card.price.output:g} written, {card.price.cached:g} read from a cache"
        price = f"{each}; US dollars per million tokens ({card.price.source})"
    _print_rows(
        card.name,
        {
            "task": "generator, elsewhere",
            "model": card.model,
            "provider": card.provider,
            "destination": card.destination,
            "address": card.address,
            "context": f"{card.max_tokens:,} tokens",
            "price": price,
            "key": card.key,
        },
    )


def _print_card(card: ModelCard) -> None:
    rows: dict[str, Any] = {
        "what": card.description,
        "task": card.task,
        "architecture": card.architecture,
        "parameters": f"{card.parameters:,}" if card.parameters else "",
        "format": card.format,
        "precision": card.precision,
        "quantisation": card.quantisation,
        "dimension": card.dimension or "",
        "context": f"{card.max_tokens:,} tokens" if card.max_tokens else "",
        "template": f"in {card.chat_template}" if card.chat_template else "",
        "languages": ", ".join(card.languages),
        "origin": card.origin,
        "revision": card.revision,
        "licence": card.licence or "not stated",
        "size": f"{card.bytes / 1e6:,.1f} MB",
        "digest": card.digest,
        "folder": card.folder,
        "measured": _listed(card.measured) or "nothing on the card",
        **{key.replace("_", " "): _listed(value) for key, value in card.details.items()},
    }
    _print_rows(card.name, rows)


def _print_rows(name: str, rows: dict[str, Any]) -> None:
    console = out()
    console.print(name, style="bold")
    for label, value in rows.items():
        if value != "":
            _print_row(console, label, str(value))


def _print_row(console: Console, label: str, value: str) -> None:
    """A label and its value, the value's further lines below its first."""
    import textwrap

    room = max(console.width, 40) - LABEL - 3
    lines = textwrap.wrap(printable(value), room, break_long_words=False, break_on_hyphens=False) or [""]
    if len(label) > LABEL:
        lines.insert(0, "")
    for at, line in enumerate(lines):
        console.print(f"  {printable(label) if at == 0 else '':<{LABEL}} {line}".rstrip(), soft_wrap=True)


def _listed(value: Any) -> str:
    """A value of a card's JSON, as a person reads it."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_listed(one)}" for key, one in value.items())
    return ", ".join(map(_listed, value)) if isinstance(value, list | tuple) else str(value)
