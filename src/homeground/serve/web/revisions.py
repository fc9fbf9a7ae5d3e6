"""Two revisions of a document side by side: what changed, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from homeground.aligning import Span
from homeground.comparing import ComparedLine, ComparedPage
from homeground.serve import shown
from homeground.serve.callers import Here, Reading
from homeground.serve.web.look import show
from homeground.serve.work import admitted

router = APIRouter(include_in_schema=False)
NEAR = 3  # lines that stay on either side of what differs; the rest of a run of equal ones folds


@dataclass(frozen=True, slots=True)
class Run:
    """Lines that follow each other on a page; ``folded`` ones are alike on both sides and shown on a click."""

    folded: bool
    lines: tuple[ComparedLine, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A page of the comparison, in runs."""

    page: ComparedPage
    runs: tuple[Run, ...]


@router.get("/documents/compare")
async def compare(
    request: Request,
    caller: Reading,
    here: Here,
    name: str,
    former: Annotated[str, Query(max_length=64)],
    part: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> HTMLResponse:
    """A former revision beside the current one."""
    work = partial(shown.comparison, here.workspace, name, former, caller.principal, part)
    found = await admitted(here, caller, work, request, counted=False)
    sections = [Section(page, tuple(_runs(page.lines))) for page in found.pages]
    return show(request, "compare.html", caller, found=found, sections=sections, pieces=pieces)


def _runs(lines: Sequence[ComparedLine]) -> Iterator[Run]:
    for equal, group in groupby(lines, key=lambda line: line.kind == "equal"):
        run = tuple(group)
        first, last = run[0] is lines[0], run[-1] is lines[-1]
        before, after = 0 if first else NEAR, 0 if last else NEAR
        folded = run[before : len(run) - after]
        if not equal or len(folded) <= NEAR:
            yield Run(False, run)
            continue
        yield from (Run(False, part) for part in [run[:before]] if part)
        yield Run(True, folded)
        yield from (Run(False, part) for part in [run[len(run) - after :]] if part)


def pieces(text: str, spans: Sequence[Span]) -> list[tuple[str, bool]]:
    """The text in pieces, and which of them differ."""
    found: list[tuple[str, bool]] = []
    at = 0
    for start, end in spans:
        found += [(text[at:start], False), (text[start:end], True)]
        at = end
    return [piece for piece in [*found, (text[at:], False)] if piece[0]]
