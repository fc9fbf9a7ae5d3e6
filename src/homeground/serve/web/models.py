"""Models: their cards, whether their files are whole, which does what, and another embedder. For the owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from homeground import config
from homeground.errors import HomegroundError, NotFoundError
from homeground.models import registry
from homeground.models.card import ModelCard
from homeground.models.choose import unfit
from homeground.models.digests import Digests
from homeground.models.remote_card import remote_card
from homeground.serve import tasks
from homeground.serve.callers import Administering, Here
from homeground.serve.web.look import show

router = APIRouter(include_in_schema=False)
Named = Annotated[str, Form(max_length=500)]
_JOBS = {"compare": tasks.SWAP, "accept": tasks.SWAP, "back": tasks.SWAP_BACK, "drop": tasks.SWAP_DROP}


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
    could_answer, could_embed = (unfit(card, purpose) is None for purpose in ("answer", "embedder"))
    return Listed(card, name, registry.where(card), does, could_answer, could_embed)


@router.post("/models/verify")
def verify(request: Request, caller: Administering, name: Named) -> HTMLResponse:
    """Reads every file of a model again, and holds it against the manifest."""
    problem = None
    try:
        registry.verify(registry.find(_known(name)), Digests(full=True))
    except HomegroundError as error:
        problem = str(error)
    return show(request, "_verified.html", caller, problem=problem)


@router.post("/models/use")
def use(request: Request, caller: Administering, here: Here, name: Named) -> HTMLResponse:
    """What answers."""
    wanted = name if name == registry.READER else _known(name)
    card = here.workspace.use_model(wanted, "answer")
    told = {"what": f"answer {wanted}", "purpose": "answer", "model": wanted, "digest": card.digest if card else ""}
    here.workspace.log.record("use", caller.principal, told)
    return models(request, caller, here)


@router.post("/models/swap")
def swap(
    request: Request,
    caller: Administering,
    here: Here,
    name: Named = "",
    how: Annotated[str, Form(pattern="^(compare|accept|back|drop)$")] = "compare",
) -> HTMLResponse:
    """Swaps the embedder in the background; the answer tells how far it is, and goes on telling."""
    wanted = {"name": _known(name) if name else None, "allow_loss": None, "accept": how == "accept"}
    job = here.jobs.submit(_JOBS[how], caller.principal.key, wanted if _JOBS[how] == tasks.SWAP else {})
    return show(request, "_job.html", caller, job=job)


def _known(name: str) -> str:
    """The name of a model of this machine: a folder is not for a browser to name. NotFoundError for any other."""
    if not any(name == registry.reference(card) for card in registry.known_models().cards):
        raise NotFoundError(f"There is no model {name!r}.")
    return name
