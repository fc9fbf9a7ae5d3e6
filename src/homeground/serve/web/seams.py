"""What the pages use of parts that a service may be without: what is not there is not shown."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request

from homeground.errors import NotFoundError
from homeground.types import Principal


def csrf_of(request: Request) -> str:
    """The token that a form of this visitor must carry."""
    try:
        from homeground.serve.csrf import token_for  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return ""
    return str(token_for(request))


def sso_offered(request: Request) -> bool:
    """Whether single sign-on is set up."""
    return getattr(request.app.state.service, "oidc", None) is not None


def has_route(app: FastAPI, path: str, method: str) -> bool:
    """Whether the service answers there."""
    operations: dict[str, Any] = app.openapi()["paths"].get(path, {})
    return method.lower() in operations


def people_of(workspace: Any) -> Any | None:
    """The people of the workspace, where it has any notion of them."""
    return getattr(workspace, "people", None)


def tokens_of(workspace: Any) -> Any | None:
    """The API tokens of the workspace, where there are such."""
    return getattr(workspace, "tokens", None)


def can_remove(workspace: Any) -> bool:
    """Whether single documents can be taken out."""
    return hasattr(workspace, "remove_document")


def remove_document(workspace: Any, name: str, principal: Principal) -> None:
    """Takes a document out. NotFoundError where that cannot be done."""
    if not can_remove(workspace):
        raise NotFoundError("Single documents cannot be taken out here.")
    workspace.remove_document(name, principal)


def can_explain(workspace: Any) -> bool:
    """Whether the workspace says why somebody may read a document."""
    return hasattr(workspace, "explain_access")


def explain_access(workspace: Any, who: str, document: str, principal: Principal) -> Any:
    """Why a person (NAME, or NAME,GROUP…) may read a document or may not. NotFoundError where nobody can say."""
    if not can_explain(workspace):
        raise NotFoundError("Nobody can say here who may read a document.")
    name, *groups = (part.strip() for part in who.split(","))
    return workspace.explain_access(Principal(name, frozenset(filter(None, groups))), document, principal)
