"""What the routes ask of a workspace about single documents: who may read one, and taking one out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, cast

from homeground.types import Principal

if TYPE_CHECKING:
    from homeground.workspace import Workspace


class Ruled(Protocol):
    """A workspace with rules of access."""

    def set_access(
        self,
        target: str,
        *,
        allow: Iterable[str] | None = None,
        deny: Iterable[str] | None = None,
        principal: Principal,
    ) -> object:
        """Says who may read a source, a folder or a document."""

    def remove_document(self, name: str, principal: Principal) -> object:
        """Takes a document out: excluded from now on, its text gone at once."""


def ruled(workspace: Workspace) -> Ruled:
    """The workspace, as far as its rules go."""
    return cast(Ruled, workspace)
