"""How many passages there are, how long, and with which terms: per access class, exact at every commit."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Connection, delete, select

from homeground.catalogue.database import chunks, insert_or_add
from homeground.catalogue.packing import unpack_counts
from homeground.catalogue.schema import revisions, term_counts, totals
from homeground.catalogue.schema_rules import placements


def shift(connection: Connection, condition: Any, sign: int) -> None:
    """Adds (1) or takes away (-1) what the revisions hold that meet the condition; moving documents do not count."""
    for access, tally in _counts(connection, condition).items():
        _add(connection, access, tally, sign)


_Tally = tuple[Counter[str], Counter[str]]


def _counts(connection: Connection, condition: Any) -> dict[int, _Tally]:
    query = (
        select(placements.c.access_id, revisions.c.passages, revisions.c.length, revisions.c.terms)
        .join(placements, placements.c.document_id == revisions.c.document_id)
        .where(condition, ~placements.c.moving)
    )
    found: dict[int, _Tally] = {}
    for row in connection.execute(query):
        sums, terms = found.setdefault(row.access_id, (Counter(), Counter()))
        sums.update(passages=row.passages, length=row.length)
        terms.update(unpack_counts(row.terms))
    return found


def _add(connection: Connection, access: int, tally: _Tally, sign: int) -> None:
    sums, terms = tally
    total = {"access_id": access, "passages": sign * sums["passages"], "length": sign * sums["length"]}
    insert_or_add(connection, totals, ["access_id"], [total])
    rows = [{"access_id": access, "term": term, "passages": sign * count} for term, count in terms.items()]
    insert_or_add(connection, term_counts, ["access_id", "term"], rows)
    if sign < 0:
        spent = (term_counts.c.access_id == access) & (term_counts.c.passages <= 0)
        for some in chunks(sorted(terms)):
            connection.execute(delete(term_counts).where(spent, term_counts.c.term.in_(some)))
