"""Feedback: what people say of answers, and the questions to measure with that come of it."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Response

from homeground.serve.api import forms
from homeground.serve.callers import Administering, Here, Reading

router = APIRouter(tags=["feedback"])


@router.post("/feedback", response_model=forms.KeptFeedback)
def feedback(wanted: forms.Feedback, caller: Reading, here: Here) -> dict[str, Any]:
    """Say of an answer that you got that it is right or wrong, and where the answer stands. The last word counts."""
    workspace, person = here.workspace, caller.principal
    pages = [workspace.show(citation, person) for citation in wanted.citations]
    places = [(page.document, page.page) for page in pages]
    kept = workspace.log.judge(wanted.receipt, person, wanted.verdict, wanted.comment, places)
    told = {key: getattr(kept, key) for key in ("receipt", "verdict", "question", "comment")}
    return told | {"places": [{"document": document, "page": page} for document, page in kept.places]}


@router.get(
    "/feedback/cases",
    response_class=Response,
    responses={200: {"description": "A JSON object on each line.", "content": {"application/x-ndjson": {}}}},
)
def cases(caller: Administering, here: Here) -> Response:
    """What everybody said, as a questions file: `homeground models swap --questions` takes it."""
    lines = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in here.workspace.log.cases())
    name = {"Content-Disposition": 'attachment; filename="questions.jsonl"'}
    return Response(lines, media_type="application/x-ndjson", headers=name)
