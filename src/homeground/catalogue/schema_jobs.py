"""Tables of format 3: jobs."""

from __future__ import annotations

from sqlalchemy import Table

TABLES: tuple[Table, ...] = ()
