"""Answers and hits as plain dictionaries: what ``ask --json`` and ``search --json`` print.

The keys are a promise to programs (see docs/guide/json.md): none is renamed or dropped without a new
``FORM`` number; new ones may be added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from homeground.types import Answer, Attempt, Citation, FlaggedPassage, Hit, Receipt, Statement

FORM = 1


def hits_json(hits: Sequence[Hit]) -> dict[str, Any]:
    """``{"hits": [...]}``, best first."""
    return {"form": FORM, "hits": [hit_json(hit) for hit in hits]}


def hit_json(hit: Hit) -> dict[str, Any]:
    """One hit. ``start`` and ``end`` count characters of the page text; ``page`` counts from 1."""
    return {
        "document": hit.document,
        "title": hit.title,
        "revision": hit.revision,
        "page": hit.page,
        "start": hit.start,
        "end": hit.end,
        "text": hit.text,
        "score": round(hit.score, 6),
        "date": hit.date.isoformat() if hit.date else None,
    }


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer with its statements, the nearest passages and the receipt."""
    return {
        "form": FORM,
        "question": answer.question,
        "refused": answer.refused,
        "reason": answer.reason,
        "statements": [statement_json(statement) for statement in answer.statements],
        "notes": list(answer.notes),
        "passages": [hit_json(hit) for hit in answer.passages],
        "receipt": receipt_json(answer.receipt),
        "conversation": answer.conversation,
    }


def statement_json(statement: Statement) -> dict[str, Any]:
    """One statement with its citations."""
    return {
        "text": statement.text,
        "origin": statement.origin,
        "support": round(statement.support, 4),
        "citations": [citation_json(citation) for citation in statement.citations],
    }


def citation_json(citation: Citation) -> dict[str, Any]:
    """One citation: ``page_text[start:end] == quote``."""
    return {
        "document": citation.document,
        "revision": citation.revision,
        "page": citation.page,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
    }


def receipt_json(receipt: Receipt) -> dict[str, Any]:
    """A receipt; the time is ISO 8601 in UTC."""
    return {
        "id": receipt.id,
        "asked_at": receipt.asked_at.isoformat(),
        "question": receipt.question,
        "standalone": receipt.standalone,
        "principal": receipt.principal,
        "index_version": receipt.index_version,
        "revisions": dict(receipt.revisions),
        "models": dict(receipt.models),
        "timings_ms": dict(receipt.timings_ms),
        "mode": receipt.mode,
        "tokens": dict(receipt.tokens),
        "cost_usd": receipt.cost_usd,
        "egress_bytes": receipt.egress_bytes,
        "route": receipt.route,
        "attempts": [
            {"use": each.use, "ended": each.ended, "reason": each.reason, "ms": each.ms} for each in receipt.attempts
        ],
        "flags": [{"document": flag.document, "page": flag.page, "kind": flag.kind} for flag in receipt.flags],
    }


def receipt_of(told: Mapping[str, Any]) -> Receipt:
    """The receipt that ``receipt_json`` made this of; what else stands there does not matter."""
    keys = ("id", "question", "principal", "index_version", "revisions", "models", "timings_ms", "mode", "tokens")
    more = ("cost_usd", "egress_bytes", "route", "standalone")
    return Receipt(
        asked_at=datetime.fromisoformat(told["asked_at"]),
        attempts=tuple(Attempt(**each) for each in told["attempts"]),
        flags=tuple(FlaggedPassage(**each) for each in told["flags"]),
        **{key: told[key] for key in (*keys, *more)},
    )
