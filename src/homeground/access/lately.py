"""What the audit log says of the last answers: how long each route took, and what they have cost."""

from __future__ import annotations

import json
import threading
from collections import deque
from datetime import UTC, datetime, timedelta
from statistics import median

from sqlalchemy import select

from homeground.catalogue import Catalogue
from homeground.catalogue.schema import audit

ASKED = "ask"
_KEPT = 20  # times per route whose median counts
_FRESH = timedelta(hours=24)  # a route that was slow yesterday gets another chance


class Lately:
    """Reads only what was added since it last looked. Safe to share between threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue, self._lock = catalogue, threading.Lock()
        self._seen = 0
        self._took: dict[str, deque[tuple[datetime, float]]] = {}
        self._spent: dict[str, float] = {}  # day → US dollars

    def usual_ms(self, use: str, now: datetime | None = None) -> float | None:
        """The median of the last times that a route took to an answer or a refusal; None when there are none."""
        now = now or datetime.now(UTC)
        with self._lock:
            self._look(now)
            times = [ms for at, ms in self._took.get(use, ()) if now - at < _FRESH]
        return median(times) if times else None

    def spent_usd(self, now: datetime | None = None) -> float:
        """What the answers of this day (UTC) have cost, as far as their price is known."""
        now = now or datetime.now(UTC)
        with self._lock:
            self._look(now)
            return self._spent.get(now.date().isoformat(), 0.0)

    def _look(self, now: datetime) -> None:
        since = (now - _FRESH).date().isoformat()
        query = select(audit.c.seq, audit.c.time, audit.c.body).where(
            audit.c.seq > self._seen, audit.c.kind == ASKED, audit.c.time >= since
        )
        with self._catalogue.reading() as connection:
            rows = connection.execute(query.order_by(audit.c.seq)).all()
        for row in rows:
            self._seen = row.seq
            self._count(row.time, json.loads(row.body))

    def _count(self, time: str, body: dict[str, object]) -> None:
        cost, attempts = body.get("cost_usd"), body.get("attempts")
        if isinstance(cost, int | float) and cost:
            self._spent[time[:10]] = self._spent.get(time[:10], 0.0) + cost
        for each in attempts if isinstance(attempts, list) else ():
            if each["ended"] in ("answered", "refused"):
                took = self._took.setdefault(each["use"], deque(maxlen=_KEPT))
                took.append((datetime.fromisoformat(time), each["ms"]))
