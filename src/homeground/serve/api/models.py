"""Models: which there are, their cards, which does what, and changing that."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from homeground.access.caller import Caller
from homeground.errors import ConfigError, NotFoundError
from homeground.models import registry
from homeground.models.card import ModelCard
from homeground.serve import tasks
from homeground.serve.api import forms
from homeground.serve.api.jobs import job_form
from homeground.serve.callers import Administering, Here, Reading
from homeground.serve.service import Service
from homeground.types import Status

router = APIRouter(tags=["models"])
ModelName = Annotated[str, Path(max_length=200)]
_CARD = (
    "name",
    "task",
    "digest",
    "description",
    "origin",
    "revision",
    "licence",
    "architecture",
    "format",
    "precision",
    "quantisation",
    "parameters",
    "dimension",
    "max_tokens",
    "bytes",
    "measured",
)


@router.get("/models", response_model=forms.Models)
def models(caller: Reading, here: Here) -> dict[str, Any]:
    """The models of this machine, and which of them this workspace uses."""
    known, used = registry.known_models(), in_use(here, caller)
    cards = [model_form(card, used) for card in known.cards]
    return {"models": cards, "in_use": used, "broken": list(known.broken) if caller.may("admin") else []}


@router.post("/models/use", response_model=forms.Models)
def use(wanted: forms.UseModel, caller: Administering, here: Here) -> dict[str, Any]:
    """Choose which model does what, from the next question on. The embedder of an index is swapped instead."""
    card = here.workspace.use_model(local(wanted.name), wanted.purpose)
    told = {"what": f"{wanted.purpose} {wanted.name}", "purpose": wanted.purpose, "model": wanted.name}
    here.workspace.log.record("use", caller.principal, told | {"digest": card.digest if card else ""})
    return models(caller, here)


@router.post("/models/swap", response_model=forms.Job, status_code=202)
def swap(wanted: forms.SwapEmbedder, caller: Administering, here: Here) -> dict[str, Any]:
    """Swap the embedder, in the background: embedded beside, compared on the questions of the audit log, cut over."""
    local(wanted.name)
    return job_form(here.jobs.submit(tasks.SWAP, caller.principal.key, wanted.model_dump()), caller)


@router.post("/models/swap/back", response_model=forms.Job, status_code=202)
def swap_back(caller: Administering, here: Here) -> dict[str, Any]:
    """Go back to the embedder before the last swap, in the background."""
    return job_form(here.jobs.submit(tasks.SWAP_BACK, caller.principal.key), caller)


@router.post("/models/swap/drop", response_model=forms.Job, status_code=202)
def swap_drop(caller: Administering, here: Here) -> dict[str, Any]:
    """Delete the index that lies beside the present one, in the background."""
    return job_form(here.jobs.submit(tasks.SWAP_DROP, caller.principal.key), caller)


@router.get("/models/{name}", response_model=forms.Model)
def card(name: ModelName, caller: Reading, here: Here) -> dict[str, Any]:
    """The card of one model."""
    return model_form(_known(name), in_use(here, caller))


@router.post("/models/{name}/verify", response_model=forms.Verified)
def verify(name: ModelName, caller: Administering, here: Here) -> dict[str, Any]:
    """Check every file of a model against its manifest; an error of the code `model` names what is not as it says."""
    found = registry.verify(_known(name).folder)
    return {"name": found.name, "digest": found.digest}


def _known(name: str) -> ModelCard:
    """A model by its name alone: a folder of the server's machine is not for the network to name."""
    cards = registry.known_models().cards
    found = next((each for each in cards if name in (each.name, each.folder.name)), None)
    if found is None:
        raise NotFoundError(f"There is no model {name!r}. Known: {', '.join(each.folder.name for each in cards)}.")
    return found


def local(name: str) -> str:
    """How the settings name a model of this machine; ConfigError for any other."""
    if name == registry.READER:
        return name
    try:
        return registry.reference(_known(name))
    except NotFoundError as error:
        raise ConfigError(f"{error} A model elsewhere is chosen in homeground.toml.") from None


def in_use(here: Service, caller: Caller) -> dict[str, Any]:
    """Which models the workspace uses."""
    now: Status = here.workspace.status(caller.principal)
    told = {key: getattr(now, key) for key in ("embedder", "embedder_digest", "next_embedder")}
    lies = now.beside
    beside = lies and caller.may("admin") and {key: getattr(lies, key) for key in forms.Beside.model_fields}
    return told | {"answer": here.workspace.settings.models.answer, "beside": beside or None}


def model_form(card: ModelCard, used: dict[str, Any]) -> dict[str, Any]:
    """A card as the API sends it: without the paths of the server's machine."""
    told = {key: getattr(card, key) for key in _CARD}
    uses = ["answer"] if used["answer"] in (card.folder.name, card.name) else []
    uses += ["embedder"] if used["embedder_digest"] == card.digest else []
    return told | {"languages": list(card.languages), "where": registry.where(card), "used_for": uses}
