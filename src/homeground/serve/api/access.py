"""Who may read what: rules, explanations, and documents that were taken out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, Field

from homeground.access.explain import AccessExplanation
from homeground.access.removal import RemovedDocument
from homeground.access.rules import AccessRule
from homeground.serve.callers import Administering, Here, Reading
from homeground.serve.errors import ForbiddenError

router = APIRouter(prefix="/access", tags=["access"])

_MOST = 4096
Grant = Annotated[str, Field(min_length=1, max_length=300)]
Name = Annotated[str, Query(min_length=1, max_length=_MOST)]


class RuleChange(BaseModel):
    """What a rule says from now on. Without a list it stays as it is; an empty one takes it away."""

    target: str = Field(min_length=1, max_length=_MOST)
    allow: list[Grant] | None = Field(None, max_length=1000)
    deny: list[Grant] | None = Field(None, max_length=1000)


class Rules(BaseModel):
    """Every rule, source by source."""

    rules: list[AccessRule]


class Cleared(BaseModel):
    """``hidden`` documents cannot be found until the sync that is running has moved them."""

    cleared: str
    hidden: int


class Named(BaseModel):
    """A document by its name."""

    document: str = Field(min_length=1, max_length=_MOST)


class Removed(BaseModel):
    """Documents that were taken out although their files are still there."""

    removed: list[RemovedDocument]


@router.get("")
def rules(caller: Administering, here: Here) -> Rules:
    """Every rule: sources, and their folders and documents."""
    return Rules(rules=here.workspace.access_rules(caller.principal))


@router.put("")
def set_rule(wanted: RuleChange, caller: Administering, here: Here) -> AccessRule:
    """Say who may read a source, a folder (`SOURCE:FOLDER/`) or a document, and who may not; acts at the next query."""
    return here.workspace.set_access(wanted.target, allow=wanted.allow, deny=wanted.deny, principal=caller.principal)


@router.delete("")
def clear_rule(target: Name, caller: Administering, here: Here) -> Cleared:
    """Take the rule of a folder or a document away."""
    return Cleared(cleared=target, hidden=here.workspace.clear_access(target, principal=caller.principal))


@router.get("/explain")
def explain(
    document: Name,
    caller: Reading,
    here: Here,
    who: Annotated[
        str | None, Query(max_length=_MOST, description="NAME, or NAME,GROUP; the caller if left out")
    ] = None,
) -> AccessExplanation:
    """Whether somebody may read a document, and why: anybody for admins, else the caller."""
    if who is None or who == caller.principal.name:
        return here.workspace.explain_access(caller.principal, document, caller.acting)
    if not caller.may("admin"):
        raise ForbiddenError("This needs the permission 'admin': without it you may ask about yourself only.")
    asked = here.workspace.person(who)
    return here.workspace.explain_access(asked, document, caller.principal)


@router.get("/removed")
def removed(caller: Reading, here: Here) -> Removed:
    """The documents that were taken out: all of them for admins, else those that the caller took out."""
    return Removed(removed=here.workspace.removed_documents(caller.acting))


@router.post("/restore", status_code=status.HTTP_202_ACCEPTED)
def restore(wanted: Named, caller: Administering, here: Here) -> Named:
    """Let a document that was taken out come back with the next sync."""
    here.workspace.restore_document(wanted.document, caller.principal)
    return wanted
