"""`homeground models swap`: another embedder, compared on your questions before it takes over, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homeground.cli.options import (
    JsonOption,
    WorkspaceOption,
    counted,
    notes,
    one_line,
    opened,
    out,
    principal_of,
    print_json,
    printable,
)
from homeground.cli.setup import Bar
from homeground.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from homeground.evaluate.embedders import Comparison
    from homeground.swap import EmbedderSwap, SwapPlan, SwapReport

UNKNOWN_SHOWN = 5


def swap(
    name: Annotated[
        str | None, typer.Argument(help="An embedder's name or folder. Not with --back and --drop.")
    ] = None,
    questions: Annotated[
        Path | None,
        typer.Option(
            "--questions",
            metavar="FILE",
            help="Questions with what they should find, JSON lines or CSV. Default: those of the audit log.",
        ),
    ] = None,
    allow_loss: Annotated[
        float | None,
        typer.Option("--allow-loss", metavar="LOSS", help="How much MRR may be lost. Default: 0.05.", min=-1, max=1),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Do not compare; without NAME, take what was set aside.")
    ] = False,
    back: Annotated[bool, typer.Option("--back", help="Go back to the embedder before the last swap.")] = False,
    drop: Annotated[
        bool, typer.Option("--drop", help="Delete the second index: unfinished, set aside, or kept to go back to.")
    ] = False,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Swap the embedder: embed beside, compare both on your questions, then cut over. Asking goes on meanwhile."""
    _check(name, questions, allow_loss, accept, back, drop)
    space = opened(workspace)
    me = principal_of(None, space)
    if drop:
        _dropped(space.embedder_swap(me).drop(), as_json)
        return
    with Bar() as bar:
        swapping = space.embedder_swap(me, on_progress=bar.show, on_plan=lambda plan: _plan(plan, bar))
        report = _done(swapping, name, questions, allow_loss, accept, back)
    if as_json:
        print_json(report)
    else:
        _print(report)
    if not report.swapped:
        raise typer.Exit(ModelError.exit_code)


def _check(
    name: str | None, questions: Path | None, allow_loss: float | None, accept: bool, back: bool, drop: bool
) -> None:
    if back + drop + accept > 1:
        raise ConfigError("--accept, --back and --drop exclude each other")
    if (back or drop) and name is not None:
        raise ConfigError(f"{'--back' if back else '--drop'} takes no NAME: there is one index beside at most")
    if not (back or drop or accept) and name is None:
        raise ConfigError(
            "Name the new embedder: homeground models swap NAME. `homeground models list` shows what there is"
        )
    if (questions or allow_loss is not None) and (back or drop or accept):
        raise ConfigError("--questions and --allow-loss are for a comparison; --accept, --back and --drop make none")


def _done(
    swapping: EmbedderSwap,
    name: str | None,
    questions: Path | None,
    allow_loss: float | None,
    accept: bool,
    back: bool,
) -> SwapReport:
    if back:
        return swapping.back()
    return swapping.swap(name, questions=questions, allow_loss=allow_loss, accept=accept)


def _dropped(name: str, as_json: bool) -> None:
    if as_json:
        print_json({"dropped": name})
    else:
        out().print(f"Deleted the index of {printable(name)} that lay beside the present one.")


def _plan(plan: SwapPlan, bar: Bar) -> None:
    bar.say(
        f"From {printable(plan.old)} to {printable(plan.new)}: {counted(plan.passages, 'passage')}, about "
        f"{plan.needs_mb:,.1f} MB beside the present index; {plan.free_mb:,.0f} MB are free."
    )
    if plan.gives_up:
        bar.say(f"The second index that is there now, of {printable(plan.gives_up)}, gives way.", style="yellow")
    bar.say("Questions go on with the present one until the end. Ctrl-C stops; the same command goes on.")


def _print(report: SwapReport) -> None:
    console = out()
    if report.comparison:
        _print_comparison(report.comparison, report.old, report.new)
    done = f"{counted(report.embedded, 'document')} embedded in {report.seconds:.1f} s"
    if report.swapped:
        console.print(f"{printable(report.new)} is the embedder now: {report.why}. {done}.")
        if report.old != report.new:
            console.print(f"The index of {printable(report.old)} is kept: homeground models swap --back, or --drop.")
    else:
        console.print(f"{printable(report.old)} stays the embedder: {report.why}. {done}.", style="yellow")
        console.print(f"The index of {printable(report.new)} is set aside: homeground models swap --accept, or --drop.")


def _print_comparison(found: Comparison, old: str, new: str) -> None:
    console = out()
    console.print(f"{counted(found.questions, 'question')}, {printable(old)} → {printable(new)}", style="bold")
    console.print(
        f"  first ten passages in common     {found.overlap:6.0%}, moved by {found.shift:.1f} places on average"
    )
    console.print(f"  another document on top          {found.top_changed:6}")
    console.print(f"  answered before, refused now     {found.now_refused:6}")
    console.print(f"  refused before, answered now     {found.now_answered:6}")
    console.print(f"  answered in other words          {found.answered_otherwise:6}")
    for level in dict.fromkeys(each.level for each in found.measures):
        rows = [each for each in found.measures if each.level == level]
        heading = f"\nby {level}, {counted(rows[0].questions, 'question')}"
        console.print(f"{heading:<28}{'old':>8}{'new':>8}{'difference':>12}  95 %", style="bold")
        for each in rows:
            of = each.figures
            console.print(
                f"  {each.name:<25}{of.old:>8.3f}{of.new:>8.3f}{of.gain:>+12.3f}  {of.low:+.3f} to {of.high:+.3f}"
            )
    _print_examples(found)
    console.print()


def _print_examples(found: Comparison) -> None:
    console = out()
    if found.moved:
        console.print("\nanother document on top, for example", style="bold")
    for moved in found.moved:
        tops = f"{moved.old or 'nothing'} → {moved.new or 'nothing'}"
        console.print(f"  {one_line(moved.question, 70)}\n    {printable(tops)}", style="dim")
    for question in found.unknown[:UNKNOWN_SHOWN]:
        notes().print(f"Not measured, its document is not there: {one_line(question, 70)}", style="yellow")
    if len(found.unknown) > UNKNOWN_SHOWN:
        notes().print(f"… and {len(found.unknown) - UNKNOWN_SHOWN} more", style="yellow")
