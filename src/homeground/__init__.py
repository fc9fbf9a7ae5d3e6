"""homeground: checked and cited answers from a company's own documents, by small models on its own machines.

from homeground import Workspace
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

# -- Who asks, and what comes back --------------------------------------------------------------
from homeground.types import (
    Answer,
    Citation,
    Conversation,
    Document,
    DocumentFilter,
    DocumentsFound,
    Flag,
    FlaggedPassage,
    Hit,
    Principal,
    Receipt,
    SearchFilter,
    ShownPage,
    Statement,
    Status,
    Turn,
)

# -- What can go wrong --------------------------------------------------------------------------
from homeground.errors import HomegroundError  # isort: skip

if TYPE_CHECKING:
    from homeground.workspace import Workspace

__all__ = [
    "Answer",
    "Citation",
    "Conversation",
    "Document",
    "DocumentFilter",
    "DocumentsFound",
    "Flag",
    "FlaggedPassage",
    "Hit",
    "HomegroundError",
    "Principal",
    "Receipt",
    "SearchFilter",
    "ShownPage",
    "Statement",
    "Status",
    "Turn",
    "Workspace",
]


def __getattr__(name: str) -> Any:
    """Load `Workspace` when it is first asked for: `homeground --help` must not wait for it."""
    if name == "Workspace":
        from homeground.workspace import Workspace

        return Workspace
    raise AttributeError(f"module 'homeground' has no attribute {name!r}")
