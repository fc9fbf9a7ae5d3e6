"""Conversations: erased, and taken along as Markdown."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from homeground.serve.callers import Here, Reading
from homeground.serve.web.look import HEADERS, show
from homeground.serve.web.markdown import conversation_markdown

router = APIRouter(include_in_schema=False)


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
    listed = here.workspace.conversations(caller.principal)
    return show(request, "_conversations.html", caller, conversations=listed, current_id=current)
