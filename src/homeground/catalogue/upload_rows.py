"""What was acknowledged under which idempotency key, for a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from homeground.catalogue.schema_jobs import uploads

_KEPT = timedelta(days=1)


def acknowledged(connection: Connection, principal: str, key: str) -> tuple[str, str] | None:
    """The document and the SHA-256 that this person got acknowledged under a key; None when none was."""
    query = select(uploads.c.name, uploads.c.sha256).where(uploads.c.principal == principal, uploads.c.key == key)
    row = connection.execute(query.where(uploads.c.at >= datetime.now(UTC) - _KEPT)).first()
    return None if row is None else (row.name, row.sha256)


def acknowledge(connection: Connection, principal: str, key: str, name: str, sha256: str, size: int) -> None:
    """Keeps what is acknowledged under a key, and forgets what is older than a day."""
    now = datetime.now(UTC)
    mine = (uploads.c.principal == principal) & (uploads.c.key == key)
    connection.execute(delete(uploads).where(mine | (uploads.c.at < now - _KEPT)))
    connection.execute(
        insert(uploads).values(principal=principal, key=key, name=name, sha256=sha256, size=size, at=now)
    )
