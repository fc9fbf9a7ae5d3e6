"""The ledger of what left this machine: an entry before each request goes, another when it has ended.

Both stand in the audit log, in its one chain: what is changed, cut or moved there shows. No text is kept, only its
SHA-256 and size: whoever has the text can show that it is what was sent. A request without an end was cut off with the
process that made it; it may have arrived.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import select

from homeground.access.audit import append
from homeground.access.audit import verify as verify_chain
from homeground.catalogue import Catalogue
from homeground.catalogue.schema import audit
from homeground.errors import AuditError
from homeground.types import Principal

BEGUN, ENDED = "egress", "egress end"
SENT, FAILED, CANCELLED, OPEN = "sent", "failed", "cancelled", "open"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one request carries: passages of ``revisions`` (document → revision), ``bytes`` of messages in UTF-8.

    ``redactions`` are places that hold a placeholder for a value; ``receipt`` is the id of the answer's receipt.
    """

    destination: str
    model: str
    sha256: str
    bytes: int
    passages: int
    revisions: Mapping[str, str]
    redactions: int
    receipt: str


@dataclass(frozen=True, slots=True)
class Departure:
    """A request that left, or was about to. ``outcome`` is sent, failed, cancelled, or open when it never ended.

    ``seq`` is its number in the audit log; times are ISO 8601 in UTC, ``ended`` is empty for an open one.
    """

    seq: int
    time: str
    principal: str
    parcel: Parcel
    outcome: str
    ended: str


def begin(catalogue: Catalogue, principal: str | Principal, parcel: Parcel) -> int:
    """Records that a request is about to leave; returns the number of the entry."""
    return append(catalogue, BEGUN, principal, asdict(parcel)).seq


def end(catalogue: Catalogue, principal: str | Principal, seq: int, outcome: str) -> None:
    """Records how the request of entry ``seq`` ended."""
    append(catalogue, ENDED, principal, {"of": seq, "outcome": outcome})


def departures(
    catalogue: Catalogue, limit: int | None = None, day: date | None = None, destination: str | None = None
) -> list[Departure]:
    """What left, newest first: at most ``limit``, of one day (UTC), to one destination; None means all."""
    query = select(audit).where(audit.c.kind.in_([BEGUN, ENDED])).order_by(audit.c.seq.desc())
    ends: dict[int, tuple[str, str]] = {}
    found: list[Departure] = []
    with catalogue.reading() as connection:
        for row in connection.execute(query):
            body = json.loads(row.body)
            if row.kind == ENDED:
                ends[body["of"]] = body["outcome"], row.time
                continue
            if (day is None or row.time.startswith(day.isoformat())) and destination in (None, body["destination"]):
                outcome, ended = ends.get(row.seq, (OPEN, ""))
                found.append(Departure(row.seq, row.time, row.principal, Parcel(**body), outcome, ended))
            if len(found) == limit:
                break
    return found


def verify(catalogue: Catalogue) -> int:
    """How many requests left, after checking the chain and that each end belongs to one; AuditError otherwise."""
    verify_chain(catalogue)
    begun: set[int] = set()
    ended: set[int] = set()
    query = select(audit.c.seq, audit.c.kind, audit.c.body).where(audit.c.kind.in_([BEGUN, ENDED]))
    with catalogue.reading() as connection:
        for row in connection.execute(query.order_by(audit.c.seq)):
            of = row.seq if row.kind == BEGUN else json.loads(row.body)["of"]
            if row.kind == ENDED and (of not in begun or of in ended):
                raise AuditError(f"Audit entry {row.seq} ends a request, entry {of}, that was not on its way.")
            (begun if row.kind == BEGUN else ended).add(of)
    return len(begun)
