"""How much there is of everything, for the figures of a service: counts only, over all access classes."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from homeground.catalogue.schema import CURRENT, revisions, totals
from homeground.catalogue.schema_jobs import jobs as job_table
from homeground.catalogue.schema_jobs import seals

STATES = ("queued", "running", "done", "failed", "cancelled")


def jobs(connection: Connection) -> dict[str, int]:
    """Jobs by state; every state is there."""
    query = select(job_table.c.state, func.count()).group_by(job_table.c.state)
    counted = {row[0]: row[1] for row in connection.execute(query)}
    return {state: counted.get(state, 0) for state in STATES}


def sizes(connection: Connection) -> dict[str, int]:
    """Documents and passages that can be found, and entries of the audit log."""
    documents = select(func.count()).select_from(revisions).where(revisions.c.state == CURRENT)
    counted = {
        "documents": connection.scalar(documents),
        "passages": connection.scalar(select(func.sum(totals.c.passages))),
        "audit_entries": connection.scalar(select(func.count()).select_from(seals)),
    }
    return {name: int(count or 0) for name, count in counted.items()}
