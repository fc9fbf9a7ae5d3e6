"""What the audit log can be narrowed to: the kinds of its entries, and the persons in it."""

from __future__ import annotations

from sqlalchemy import Connection, select

from homeground.catalogue.schema import audit


def kinds(connection: Connection) -> list[str]:
    """The kinds of the entries, sorted."""
    return sorted(connection.scalars(select(audit.c.kind).distinct()))


def persons(connection: Connection) -> list[str]:
    """Everybody who stands in the log, sorted."""
    return sorted(filter(None, connection.scalars(select(audit.c.principal).distinct())))
