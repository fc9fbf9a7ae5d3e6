"""`homeground budget`: what models elsewhere used up today, and what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homeground.cli.options import (
    AsOption,
    JsonOption,
    WorkspaceOption,
    counted,
    opened,
    out,
    principal_of,
    print_json,
    printable,
)

if TYPE_CHECKING:
    from homeground.models.spending import Spent


def budget(as_json: JsonOption = False, as_who: AsOption = None, workspace: WorkspaceOption = None) -> None:
    """Show what models elsewhere used up today, per person and model, and the limits."""
    space = opened(workspace)
    principal = principal_of(as_who, space)
    report = space.budget(principal)
    if as_json:
        print_json(report)
        return
    limits = report.limits
    usd, tokens = (
        (limits.day_usd, limits.day_tokens) if principal.owner else (limits.person_day_usd, limits.person_day_tokens)
    )
    console = out()
    console.print(f"Today ({report.day}, until {report.renews_at:%Y-%m-%d %H:%M} UTC)", style="bold")
    money, counts = (
        f"{report.usd:,.4f} USD of {_limit(usd, 'USD')}",
        f"{report.tokens:,} tokens of {_limit(tokens, 'tokens')}",
    )
    console.print(f"  {money}, {counts}")
    if principal.owner and (limits.person_day_usd or limits.person_day_tokens):
        person = f"{_limit(limits.person_day_usd, 'USD')}, {_limit(limits.person_day_tokens, 'tokens')}"
        console.print(f"  each person: {person}")
    for each in report.spent:
        console.print(f"  {printable(each.principal)}, {printable(each.model)}: {_used(each)}")
    if not report.spent:
        console.print("  No model elsewhere was asked.")


def _used(spent: Spent) -> str:
    money = "price not known" if spent.usd is None else f"{spent.usd:,.4f} USD"
    read = f"{spent.input_tokens:,} tokens read ({spent.cached_tokens:,} from a cache)"
    still = f"; {counted(spent.open, 'question')} without a report, counted at the worst" if spent.open else ""
    return f"{counted(spent.questions, 'question')}, {money}, {read}, {spent.output_tokens:,} written{still}"


def _limit(limit: float, unit: str) -> str:
    return f"{limit:,g} {unit}" if limit else f"unlimited {unit}"
