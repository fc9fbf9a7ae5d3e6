"""Models: their cards, whether their files are whole, which does what, and another embedder. For the owner."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from homeground import config
from homeground.access.caller import Caller
from homeground.errors import HomegroundError
from homeground.ingest.progress import Progress
from homeground.models import registry
from homeground.models.card import ModelCard
from homeground.models.choose import unfit, use_model
from homeground.models.digests import Digests
from homeground.models.remote_card import remote_card
from homeground.serve.callers import Administering, Here
from homeground.serve.service import Service
from homeground.serve.web.look import piece, show
from homeground.serve.web.stream import Say, streamed
from homeground.swap import EmbedderSwap, SwapPlan

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """A model on this machine: what it does now (embedder, answer or nothing), and what it could be made to do."""

    card: ModelCard
    name: str
    where: str
    does: str
    can_answer: bool
    can_embed: bool


@router.get("/models")
def models(request: Request, caller: Administering, here: Here) -> HTMLResponse:
    """Every model with its card."""
    settings = config.load(here.workspace.folder / config.FILE_NAME)
    status = here.workspace.status(caller.principal)
    known = registry.known_models()
    cards = [_listed(card, status.embedder_digest, settings.models.answer) for card in known.cards]
    return show(
        request,
        "models.html",
        caller,
        cards=sorted(cards, key=lambda each: (not each.does, each.name)),
        broken=known.broken,
        status=status,
        answers=settings.models.answer,
        answers_now=here.workspace.settings.models.answer,
        elsewhere=remote_card(settings.models.answer, settings.remote),
    )


def _listed(card: ModelCard, embedder: str, answers: str) -> Listed:
    name = registry.reference(card)
    does = "embedder" if card.digest == embedder else "answer" if answers in (name, card.name) else ""
    return Listed(
        card, name, registry.where(card), does, unfit(card, "answer") is None, unfit(card, "embedder") is None
    )


@router.post("/models/verify")
def verify(request: Request, caller: Administering, name: Annotated[str, Form()]) -> HTMLResponse:
    """Reads every file of a model again, and holds it against the manifest."""
    problem = None
    try:
        registry.verify(registry.find(name), Digests(full=True))
    except HomegroundError as error:
        problem = str(error)
    return show(request, "_verified.html", caller, problem=problem)


@router.post("/models/use")
def use(request: Request, caller: Administering, here: Here, name: Annotated[str, Form()]) -> HTMLResponse:
    """What answers from the next start of the service on."""
    use_model(here.workspace.folder / config.FILE_NAME, name, "answer")
    return models(request, caller, here)


# -- Another embedder -----------------------------------------------------------------------------


@router.post("/models/swap")
async def swap(
    request: Request,
    caller: Administering,
    here: Here,
    name: Annotated[str, Form()] = "",
    how: Annotated[str, Form(pattern="^(compare|accept|back|drop)$")] = "compare",
) -> StreamingResponse:
    """Swaps the embedder, and tells how far it is; it goes on when the browser leaves."""
    swapping = _Swapping(request, caller, here)

    async def run(say: Say) -> None:
        await run_in_threadpool(partial(swapping.run, say, name or None, how))

    return streamed(run, swapping.failed)


class _Swapping:
    """A swap and what is said of it, as pieces of the page."""

    def __init__(self, request: Request, caller: Caller, here: Service) -> None:
        self.caller, self.here = caller, here
        self.piece = partial(piece, request, "_swap.html", caller)
        self.plan: SwapPlan | None = None

    def run(self, say: Say, name: str | None, how: str) -> None:
        """Does it."""
        say(self._told(Progress("look")))
        swapping = self.here.workspace.embedder_swap(
            self.caller.principal, on_progress=lambda at: say(self._told(at)), on_plan=self._planned
        )
        say(self.piece(plan=self.plan, progress=None, error=None, **_done(swapping, name, how)))

    def _planned(self, plan: SwapPlan) -> None:
        self.plan = plan

    def _told(self, progress: Progress) -> str:
        return self.piece(plan=self.plan, progress=progress, report=None, dropped=None, error=None)

    def failed(self, error: HomegroundError | None) -> str:
        """What went wrong, in words."""
        words = "" if error is None else str(error)
        return self.piece(plan=self.plan, progress=None, report=None, dropped=None, error=words)


def _done(swapping: EmbedderSwap, name: str | None, how: str) -> dict[str, object]:
    if how == "drop":
        return {"report": None, "dropped": swapping.drop()}
    report = swapping.back() if how == "back" else swapping.swap(name, accept=how == "accept")
    return {"report": report, "dropped": None}
