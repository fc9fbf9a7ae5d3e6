"""What the pages use of parts that a service may be without: what is not there is not shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fastapi import FastAPI, Request

from homeground.access.audit import Entry, entries, head
from homeground.access.seal import canonical
from homeground.errors import NotFoundError
from homeground.models.choose import use_model as write_model
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


# -- Jobs -----------------------------------------------------------------------------------------


def jobs_of(service: Any) -> Any | None:
    """The background jobs of the service, where it has such."""
    return getattr(service, "jobs", None)


def submit(service: Any, kind: str, principal: Principal, parameters: Mapping[str, object]) -> Any:
    """Queues a job. NotFoundError where the service has none."""
    jobs = jobs_of(service)
    if jobs is None:
        raise NotFoundError("This service does no work in the background.")
    return jobs.submit(kind, principal.name, parameters)


# -- People and documents -------------------------------------------------------------------------


def people_of(workspace: Any) -> Any | None:
    """The people of the workspace, where it has any notion of them."""
    return getattr(workspace, "people", None)


def tokens_of(workspace: Any) -> Any | None:
    """The API tokens of the workspace, where there are such."""
    return getattr(workspace, "tokens", None)


def can_remove(workspace: Any) -> bool:
    """Whether single documents can be taken out."""
    return hasattr(workspace, "remove_document")


def remove_document(service: Any, name: str, principal: Principal) -> None:
    """Takes a document out: deletes the file of an upload, leaves any other where it is. NotFoundError if it cannot."""
    workspace = service.workspace
    if hasattr(workspace, "withdraw") and workspace.withdraw(name, principal):
        submit(service, "sync", principal, {})
    elif can_remove(workspace):
        workspace.remove_document(name, principal)
    else:
        raise NotFoundError("Single documents cannot be taken out here.")


def can_explain(workspace: Any) -> bool:
    """Whether the workspace says why somebody may read a document."""
    return hasattr(workspace, "explain_access")


def explain_access(workspace: Any, who: str, document: str, principal: Principal) -> Any:
    """Why a person (NAME, or NAME,GROUP…) may read a document or may not. NotFoundError where nobody can say."""
    if not can_explain(workspace):
        raise NotFoundError("Nobody can say here who may read a document.")
    return workspace.explain_access(workspace.person(who), document, principal)


def use_model(workspace: Any, name: str, principal: Principal) -> None:
    """Chooses what answers: at once where the workspace can, else from its next start on."""
    if not hasattr(workspace, "use_model"):
        write_model(workspace.folder / "homeground.toml", name, "answer")
        return
    card = workspace.use_model(name, "answer")
    told = {"what": f"answer {name}", "purpose": "answer", "model": name, "digest": card.digest if card else ""}
    workspace.log.record("use", principal, told)


# -- The audit log --------------------------------------------------------------------------------


def audit_page(
    workspace: Any, principal: Principal, wanted: Mapping[str, str], before: int, limit: int
) -> tuple[Sequence[Entry], bool]:
    """Entries that fit, newest first, and whether there are older ones; ``wanted`` has kind, person, q, since, until."""
    since, until = _day(wanted["since"]), _day(wanted["until"])
    if not hasattr(workspace, "log"):
        found = [each for each in entries(workspace.catalogue, head(workspace.catalogue).count) if _fits(each, wanted)]
        rest = [each for each in found if not before or each.seq < before]
        return rest[:limit], len(rest) > limit
    from homeground.access.entries import AuditFilter  # type: ignore[import-not-found,unused-ignore]

    sought = AuditFilter(
        since=since,
        until=until and until + timedelta(days=1),
        kind=wanted["kind"] or None,
        principal=wanted["person"] or None,
        text=wanted["q"] or None,
    )
    page = workspace.log.page(principal, sought, limit=limit, before=before or None)
    return page.entries, page.next is not None


def _fits(entry: Entry, wanted: Mapping[str, str]) -> bool:
    return (
        wanted["kind"] in ("", entry.kind)
        and wanted["person"] in ("", entry.principal)
        and (not wanted["since"] or entry.time[:10] >= wanted["since"])
        and (not wanted["until"] or entry.time[:10] <= wanted["until"])
        and wanted["q"].casefold() in canonical(entry.body).casefold()
    )


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time.min, UTC) if text else None
    except ValueError:
        return None
