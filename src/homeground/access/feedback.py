"""What people say of answers, and the questions to measure with that come of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import delete, insert, select

from homeground.access.entries import readable, understood
from homeground.catalogue import Catalogue
from homeground.catalogue.schema import audit
from homeground.catalogue.schema_jobs import feedback
from homeground.errors import NotFoundError
from homeground.types import Principal

Verdict = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a person said of one answer. ``places`` are the documents and pages where, they say, the answer stands.

    ``principal`` is the key of whoever said it (see ``Principal.key``).
    """

    receipt: str
    principal: str
    question: str
    verdict: Verdict
    comment: str
    places: tuple[tuple[str, int], ...]
    at: datetime


def give(
    catalogue: Catalogue,
    principal: Principal,
    receipt: str,
    verdict: Verdict,
    comment: str,
    places: Sequence[tuple[str, int]],
) -> Feedback:
    """Keeps what a person says of an answer that they got; a later word takes the place of the earlier one.

    NotFoundError when they got no answer with this receipt.
    """
    said = Feedback(
        receipt,
        principal.key,
        _question(catalogue, principal, receipt),
        verdict,
        comment,
        tuple(dict.fromkeys(places)),
        datetime.now(UTC),
    )
    values = {field.name: getattr(said, field.name) for field in fields(said)}
    values["places"] = [list(each) for each in said.places]
    with catalogue.writing() as connection:
        mine = (feedback.c.receipt == receipt, feedback.c.principal == said.principal)
        connection.execute(delete(feedback).where(*mine))
        connection.execute(insert(feedback).values(**values))
    return said


def _question(catalogue: Catalogue, principal: Principal, receipt: str) -> str:
    """The question behind a receipt, as it was understood; as it was asked where that has words from elsewhere."""
    quoted = json.dumps(receipt)
    query = select(audit.c.body).where(audit.c.kind == "ask", audit.c.principal == principal.name)
    with catalogue.reading() as connection:
        bodies = connection.scalars(query.where(audit.c.body.contains(f'"id":{quoted}', autoescape=True))).all()
    for body in map(json.loads, bodies):
        if body.get("id") == receipt:
            return understood(body, readable(catalogue, principal)) or str(body.get("question"))
    raise NotFoundError(f"You have no answer with the receipt {receipt!r}.")


def verdicts(catalogue: Catalogue, principal: Principal, receipts: Collection[str]) -> dict[str, Verdict]:
    """What the person said of answers with these receipts."""
    query = select(feedback.c.receipt, feedback.c.verdict).where(feedback.c.principal == principal.key)
    with catalogue.reading() as connection:
        rows = connection.execute(query.where(feedback.c.receipt.in_(receipts))).all()
    return {row.receipt: row.verdict for row in rows}


def everything(catalogue: Catalogue) -> list[Feedback]:
    """What everybody said, oldest first."""
    with catalogue.reading() as connection:
        rows = connection.execute(select(feedback).order_by(feedback.c.at, feedback.c.receipt)).all()
    return [
        Feedback(
            row.receipt,
            row.principal,
            row.question,
            row.verdict,
            row.comment,
            tuple((document, page) for document, page in row.places),
            row.at,
        )
        for row in rows
    ]


def cases(said: Sequence[Feedback]) -> Iterator[dict[str, Any]]:
    """Lines of a questions file (see ``evaluate.cases``): one per place; one without a place where nobody named one."""
    for each in said:
        told = {"question": each.question, "verdict": each.verdict}
        for document, page in each.places:
            yield told | {"document": document, "page": page}
        if not each.places:
            yield told
