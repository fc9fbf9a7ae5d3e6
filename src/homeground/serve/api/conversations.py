"""Conversations: everybody sees and erases their own, and goes on with one by its id (see `ask`)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from homeground.answer.output import statement_json
from homeground.serve.api import forms
from homeground.serve.api.cursors import Cursor, cursor_of, place_of
from homeground.serve.callers import Here, Reading
from homeground.serve.service import Service
from homeground.types import Conversation, Principal, Turn

router = APIRouter(tags=["conversations"])
ConversationId = Annotated[str, Path(max_length=64)]


@router.get("/conversations", response_model=forms.Conversations)
def conversations(
    caller: Reading, here: Here, limit: Annotated[int, Query(ge=1, le=500)] = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """The caller's conversations, the latest first."""
    found = here.workspace.conversations(caller.principal, limit=limit + 1, before=place_of(cursor))
    following = cursor_of(found[limit - 1].place) if len(found) > limit else None
    return {"conversations": [conversation_form(each) for each in found[:limit]], "next": following}


@router.get("/conversations/{conversation}", response_model=forms.WholeConversation)
def conversation(conversation: ConversationId, caller: Reading, here: Here) -> dict[str, Any]:
    """One conversation, as far as its asker may still read what it rests on."""
    found = here.workspace.conversation(conversation, caller.principal)
    return conversation_form(found) | {"turns": [_turn(each) for each in found.turns]}


@router.delete("/conversations/{conversation}", response_model=forms.ErasedConversations)
def erase(conversation: ConversationId, caller: Reading, here: Here) -> dict[str, Any]:
    """Erase one conversation, from the disk as well."""
    return _erased(here, caller.principal, [conversation])


@router.delete("/conversations", response_model=forms.ErasedConversations)
def erase_all(caller: Reading, here: Here) -> dict[str, Any]:
    """Erase all of the caller's conversations, from the disk as well."""
    return _erased(here, caller.principal)


def _erased(here: Service, principal: Principal, identities: list[str] | None = None) -> dict[str, Any]:
    erased = here.workspace.erase_conversations(principal, identities)
    return {"erased": erased, "overwritten": not here.workspace.catalogue.owes()}


def conversation_form(each: Conversation) -> dict[str, Any]:
    """A conversation without its turns."""
    return {key: getattr(each, key) for key in ("id", "title", "started_at", "changed_at", "count")}


def _turn(turn: Turn) -> dict[str, Any]:
    told = {key: getattr(turn, key) for key in ("number", "asked_at", "question", "standalone", "refused", "reason")}
    told |= {"statements": [statement_json(each) for each in turn.statements], "withheld": turn.withheld}
    return told | {"receipt": turn.receipt.id if turn.receipt else None}
