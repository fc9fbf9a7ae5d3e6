"""One request to the MCP server: on whose behalf, and where its work is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from homeground.types import Principal
from homeground.workspace import Workspace

Admit = Callable[[Callable[[], Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Visit:
    """``admit`` does work in a thread, in its turn. ``tell`` hears of each statement of an answer, from that thread."""

    workspace: Workspace
    principal: Principal
    admit: Admit
    tell: Callable[[int, str], None] = lambda number, text: None
