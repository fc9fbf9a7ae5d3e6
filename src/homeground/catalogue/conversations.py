"""Conversations: rows in, rows out. Every question names the person, and rows of others are as if they were not there.

A turn keeps the text of its statements and the addresses of their quotes. When a revision goes, what rests on it goes
from every turn (``forget``); what a person may not read any more is left out when it is shown (``readable``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, or_, select, update

from homeground.catalogue.folding import owe
from homeground.catalogue.schema import (
    CURRENT,
    conversations,
    documents,
    revisions,
    turn_receipts,
    turn_revisions,
    turns,
)
from homeground.catalogue.schema_rules import placements

Pair = tuple[str, str]  # the name of a document, and the SHA-256 of a revision


@dataclass(frozen=True, slots=True)
class Said:
    """A text that was said, and the revisions that it rests on. ``citations`` are (document, revision, page, start,
    end)."""

    text: str
    rests: tuple[Pair, ...] = ()
    origin: str = ""
    support: float = 0.0
    citations: tuple[tuple[str, str, int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A turn as it is stored. ``withheld`` counts statements that were forgotten; ``entry`` is the number of the audit
    entry with its receipt, None where there is none."""

    number: int
    asked_at: datetime
    question: str
    standalone: Said | None
    refused: bool
    reason: str | None
    statements: tuple[Said, ...]
    withheld: int = 0
    entry: int | None = None

    @property
    def rests(self) -> frozenset[Pair]:
        """All that the turn rests on."""
        said = (*self.statements, *filter(None, [self.standalone]))
        return frozenset(pair for each in said for pair in each.rests)


def begin(connection: Connection, identity: str, principal: str, now: datetime) -> None:
    """An empty conversation."""
    connection.execute(insert(conversations).values(id=identity, principal=principal, started_at=now, changed_at=now))


def owned(connection: Connection, identity: str, principal: str) -> bool:
    """Whether the person has a conversation of this id."""
    query = select(conversations.c.id).where(conversations.c.id == identity, conversations.c.principal == principal)
    return connection.execute(query).first() is not None


def latest(connection: Connection, principal: str) -> str | None:
    """The id of the conversation that the person went on with last."""
    query = select(conversations.c.id).where(conversations.c.principal == principal)
    found: str | None = connection.scalar(query.order_by(conversations.c.changed_at.desc()).limit(1))
    return found


def append(connection: Connection, identity: str, turn: KeptTurn) -> None:
    """One more turn; its number is the next one."""
    number = 1 + (connection.scalar(select(func.max(turns.c.number)).where(_of(identity))) or 0)
    connection.execute(
        insert(turns).values(
            conversation_id=identity,
            number=number,
            asked_at=turn.asked_at,
            question=turn.question,
            refused=turn.refused,
            reason=turn.reason,
            **_packed(turn),
        )
    )
    rows = [
        {"conversation_id": identity, "number": number, "document": document, "sha256": sha256}
        for document, sha256 in sorted(turn.rests)
    ]
    if rows:
        connection.execute(insert(turn_revisions), rows)
    if turn.entry is not None:
        connection.execute(insert(turn_receipts).values(conversation_id=identity, number=number, entry=turn.entry))
    connection.execute(update(conversations).where(conversations.c.id == identity).values(changed_at=turn.asked_at))


def listing(
    connection: Connection, principal: str, limit: int | None = None, before: tuple[datetime, str] | None = None
) -> Sequence[Row[Any]]:
    """The person's conversations, the latest first: id, started_at, changed_at, turn_count, title.

    At most ``limit`` of them, of those that stand ``before`` a time of change and an id.
    """
    counted = select(func.count()).where(turns.c.conversation_id == conversations.c.id).scalar_subquery()
    first = select(turns.c.question).where(turns.c.conversation_id == conversations.c.id, turns.c.number == 1)
    query = select(conversations, counted.label("turn_count"), first.scalar_subquery().label("title"))
    query = query.where(conversations.c.principal == principal)
    if before is not None:
        moment, identity = before
        at, of = conversations.c.changed_at, conversations.c.id
        query = query.where(or_(at < moment, and_(at == moment, of < identity)))
    return connection.execute(
        query.order_by(conversations.c.changed_at.desc(), conversations.c.id.desc()).limit(limit)
    ).all()


def turns_of(connection: Connection, identity: str) -> list[KeptTurn]:
    """The turns in their order."""
    return [_unpacked(row) for row in connection.execute(_stored().where(_of(identity)).order_by(turns.c.number))]


def erase(connection: Connection, principal: str, identities: Collection[str] | None) -> int:
    """Deletes these conversations of the person, or all of them; returns how many there were."""
    condition = conversations.c.principal == principal
    if identities is not None:
        condition = and_(condition, conversations.c.id.in_(identities))
    return connection.execute(delete(conversations).where(condition)).rowcount


def expired(connection: Connection, before: datetime) -> bool:
    """Whether there is a conversation that nobody went on with since."""
    query = select(conversations.c.id).where(conversations.c.changed_at < before).limit(1)
    return connection.execute(query).first() is not None


def expire(connection: Connection, before: datetime) -> int:
    """Deletes every conversation that nobody went on with since."""
    return connection.execute(delete(conversations).where(conversations.c.changed_at < before)).rowcount


def readable(connection: Connection, access: Collection[int], pairs: Iterable[Pair]) -> frozenset[Pair]:
    """Of these revisions the ones that are current and visible."""
    wanted = frozenset(pairs)
    query = (
        select(documents.c.name, revisions.c.sha256)
        .join(revisions, revisions.c.document_id == documents.c.id)
        .join(placements, placements.c.document_id == documents.c.id)
        .where(documents.c.name.in_({name for name, _ in wanted}), revisions.c.state == CURRENT)
        .where(placements.c.access_id.in_(access), ~documents.c.withheld, ~placements.c.moving)
    )
    return wanted & {(row.name, row.sha256) for row in connection.execute(query)}


def forget(connection: Connection) -> int:
    """Takes out of every turn what rests on a revision that is gone; returns how many turns that were."""
    kept = exists().where(
        documents.c.name == turn_revisions.c.document,
        revisions.c.document_id == documents.c.id,
        revisions.c.sha256 == turn_revisions.c.sha256,
        revisions.c.state == CURRENT,
    )
    gone: dict[tuple[str, int], set[Pair]] = {}
    for row in connection.execute(select(turn_revisions).where(~kept)):
        gone.setdefault((row.conversation_id, row.number), set()).add((row.document, row.sha256))
    for (identity, number), pairs in gone.items():
        _forget(connection, identity, number, pairs)
    connection.execute(delete(turn_revisions).where(~kept))
    if gone:
        owe(connection)
    return len(gone)


def _forget(connection: Connection, identity: str, number: int, pairs: set[Pair]) -> None:
    place = and_(_of(identity), turns.c.number == number)
    turn = _unpacked(connection.execute(_stored().where(place)).one())
    left = without(turn, lambda pair: pair not in pairs)
    connection.execute(update(turns).where(place).values(**_packed(left)))


def without(turn: KeptTurn, holds: Any) -> KeptTurn:
    """The turn without what rests on a revision for which ``holds`` is false."""
    statements = tuple(each for each in turn.statements if all(holds(pair) for pair in each.rests))
    standalone = turn.standalone if turn.standalone and all(holds(pair) for pair in turn.standalone.rests) else None
    lost = len(turn.statements) - len(statements)
    return replace(turn, standalone=standalone, statements=statements, withheld=turn.withheld + lost)


def _of(identity: str) -> Any:
    return turns.c.conversation_id == identity


def _stored() -> Any:
    """Turns with the number of their audit entry."""
    same = and_(turn_receipts.c.conversation_id == turns.c.conversation_id, turn_receipts.c.number == turns.c.number)
    return select(turns, turn_receipts.c.entry).outerjoin(turn_receipts, same)


def _packed(turn: KeptTurn) -> dict[str, Any]:
    return {
        "standalone": _said(turn.standalone) if turn.standalone else {},
        "statements": [_said(each) for each in turn.statements],
        "withheld": turn.withheld,
    }


def _said(said: Said) -> dict[str, Any]:
    rests, citations = [list(pair) for pair in said.rests], [list(each) for each in said.citations]
    return {"text": said.text, "rests": rests, "origin": said.origin, "support": said.support, "citations": citations}


def _unpacked(row: Row[Any]) -> KeptTurn:
    return KeptTurn(
        row.number,
        row.asked_at,
        row.question,
        _read(row.standalone) if row.standalone else None,
        row.refused,
        row.reason,
        tuple(_read(each) for each in row.statements),
        row.withheld,
        row.entry,
    )


def _read(said: dict[str, Any]) -> Said:
    rests = tuple((document, sha256) for document, sha256 in said["rests"])
    return Said(said["text"], rests, said["origin"], said["support"], tuple(tuple(each) for each in said["citations"]))
