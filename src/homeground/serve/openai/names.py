"""Models as the protocol names them. ``homeground`` is the workspace: whatever its settings let answer."""

from __future__ import annotations

from pathlib import Path

from homeground.serve.openai.errors import UnknownModelError
from homeground.serve.service import Service

HOUSE = "homeground"


def answerers(here: Service) -> dict[str, str]:
    """What answers by itself, by the name that clients use: never a path of the server's machine."""
    return {_shown(name): name for name in here.workspace.answerers if _shown(name) != HOUSE}


def embedder(here: Service) -> str:
    """The name of the embedder that questions use."""
    return here.workspace.parts.encoder.name


def known(here: Service) -> tuple[str, ...]:
    """Every name that a client may use."""
    return tuple(dict.fromkeys([HOUSE, *answerers(here), embedder(here)]))


def answerer(here: Service, model: str) -> str | None:
    """What is to answer: None leaves it to the workspace. UnknownModelError when there is no such name."""
    if model == HOUSE:
        return None
    found = answerers(here).get(model)
    if found is None:
        raise unknown(here, model)
    return found


def unknown(here: Service, model: str) -> UnknownModelError:
    """The error for a name that is none."""
    return UnknownModelError(f"The model {model!r} does not exist here. Known: {', '.join(known(here))}.")


def _shown(name: str) -> str:
    local = "://" not in name and ("/" in name or "\\" in name)
    return Path(name.replace("\\", "/")).name if local else name
