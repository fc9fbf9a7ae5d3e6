"""Receipts of earlier answers, from the audit log: as far as their asker may still read what they name.

A receipt is kept once, in the entry of the log that tells of the answer. Where that entry was erased there is none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from homeground.access.policy import visible_to
from homeground.answer.output import receipt_of
from homeground.catalogue import Catalogue
from homeground.catalogue.conversations import KeptTurn, Pair, readable
from homeground.catalogue.schema import audit
from homeground.types import Citation, Principal, Receipt


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a receipt says today, how many documents it names no more, and the pages that came nearest to a question
    that was refused, by name."""

    receipt: Receipt | None
    unnamed: int = 0
    nearest: tuple[Citation, ...] = ()


NOTHING = Recalled(None)


def recall(catalogue: Catalogue, principal: Principal, turns: Iterable[KeptTurn]) -> dict[int, Recalled]:
    """The receipts of these turns, by the number of the turn."""
    by_entry = {turn.entry: turn for turn in turns if turn.entry is not None}
    with catalogue.reading() as connection:
        bodies = _bodies(connection, principal, by_entry)
        pairs = {pair for body in bodies.values() for pair in body["revisions"].items()}
        visible = readable(connection, visible_to(principal, catalogue), pairs) if pairs else frozenset()
    return {by_entry[entry].number: _recalled(by_entry[entry], body, visible) for entry, body in bodies.items()}


def _bodies(connection: Connection, principal: Principal, entries: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The bodies of these entries, as far as they tell of answers that the person got; an erased one tells nothing."""
    mine = (audit.c.kind == "ask", audit.c.principal == principal.name)
    rows = connection.execute(select(audit.c.seq, audit.c.body).where(audit.c.seq.in_(list(entries)), *mine)).all()
    told = {row.seq: json.loads(row.body) for row in rows}
    return {seq: body for seq, body in told.items() if body}


def _recalled(turn: KeptTurn, body: Mapping[str, Any], visible: frozenset[Pair]) -> Recalled:
    """Only the current revisions of what the person may read are named, as with citations; and the question as the
    turn still shows it, for a standalone one has words from documents."""
    revisions = {name: digest for name, digest in body["revisions"].items() if (name, digest) in visible}
    flags = [each for each in body["flags"] if each["document"] in revisions]
    standalone = turn.standalone.text if turn.standalone else None
    receipt = receipt_of({**body, "revisions": revisions, "flags": flags, "standalone": standalone})
    return Recalled(receipt, len(body["revisions"]) - len(revisions), _nearest(turn, body, revisions))


def _nearest(turn: KeptTurn, body: Mapping[str, Any], revisions: Mapping[str, str]) -> tuple[Citation, ...]:
    shown = body["shown"].items() if turn.refused else ()
    return tuple(
        Citation(name, revisions[name], page, 0, 0, "") for name, pages in shown if name in revisions for page in pages
    )
