"""Conversations: the latest ones, older ones on demand; erased, and taken along as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from homeground.access.caller import Caller
from homeground.serve.api.cursors import cursor_of, place_of
from homeground.serve.callers import Here, Reading
from homeground.serve.service import Service
from homeground.serve.web.look import HEADERS, is_part, show
from homeground.serve.web.markdown import conversation_markdown
from homeground.types import Conversation

router = APIRouter(include_in_schema=False)
AT_ONCE = 30
Before = Annotated[str, Query(max_length=8_192)]


@dataclass(frozen=True, slots=True)
class Talks:
    """Some conversations, the latest first. ``older`` is the cursor of those that follow, empty at the end."""

    listed: tuple[Conversation, ...]
    older: str


def talks(here: Service, caller: Caller, before: str = "") -> Talks:
    """The caller's latest conversations, or those that follow a cursor."""
    found = here.workspace.conversations(caller.principal, limit=AT_ONCE + 1, before=place_of(before or None))
    more = len(found) > AT_ONCE
    return Talks(tuple(found[:AT_ONCE]), cursor_of(found[AT_ONCE - 1].place) if more else "")


@router.get("/conversations")
def older(request: Request, caller: Reading, here: Here, before: Before = "", current: Before = "") -> Response:
    """The next ones, in the place of the link to them; without scripts, on a page."""
    if not is_part(request):
        return RedirectResponse(f"/?{urlencode({'before': before})}", 303)
    return show(request, "_talks.html", caller, talks=talks(here, caller, before), current_id=current, focus=True)


@router.get("/c/{identity}/markdown")
def markdown(identity: str, caller: Reading, here: Here) -> Response:
    """A conversation as a Markdown file."""
    found = here.workspace.conversation(identity, caller.principal)
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="conversation-{found.id[:8]}.md"'}
    return Response(conversation_markdown(found), media_type="text/markdown; charset=utf-8", headers=headers)


@router.post("/conversations/erase")
def erase(
    request: Request,
    caller: Reading,
    here: Here,
    identity: Annotated[str, Form()],
    current: Annotated[str, Form()] = "",
) -> Response:
    """One conversation gone, or all of them for ``*``. The page that shows it begins anew."""
    here.workspace.erase_conversations(caller.principal, None if identity == "*" else [identity])
    if current and identity in (current, "*"):
        return Response(headers={"HX-Redirect": "/"})
    return show(request, "_conversations.html", caller, talks=talks(here, caller), current_id=current)
