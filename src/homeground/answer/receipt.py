"""The receipt of an answer: who asked what when, of which revisions, with which models, how long it took."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING

from homeground.answer.prompts import Mode
from homeground.models.generator import Usage
from homeground.types import Attempt, FlaggedPassage, Hit, Principal, Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stopwatch:
    """Times the steps of one answer, in milliseconds; the steps together are the whole. A step may come again."""

    def __init__(self) -> None:
        self.timings_ms: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what happens inside under ``name``."""
        before = perf_counter()
        try:
            yield
        finally:
            took = (perf_counter() - before) * 1000
            self.timings_ms[name] = round(self.timings_ms.get(name, 0.0) + took, 3)


def write_receipt(
    question: str,
    principal: Principal,
    hits: Iterable[Hit],
    index_version: int,
    models: Mapping[str, str],
    timings_ms: Mapping[str, float],
    mode: Mode,
    usage: Usage,
    *,
    id: str = "",
    route: str = "",
    attempts: Sequence[Attempt] = (),
    egress_bytes: int = 0,
    standalone: str | None = None,
    flags: Sequence[FlaggedPassage] = (),
) -> Receipt:
    """A receipt of the present time (UTC), with a fresh id unless given; ``revisions`` of every document looked at."""
    return Receipt(
        id=id or new_id(),
        asked_at=datetime.now(UTC),
        question=question,
        principal=principal.name,
        index_version=index_version,
        revisions={hit.document: hit.revision for hit in hits},
        models=dict(models),
        timings_ms=dict(timings_ms),
        mode=mode,
        tokens={"input": usage.input_tokens, "output": usage.output_tokens, "cached": usage.cached_tokens},
        cost_usd=usage.cost_usd,
        egress_bytes=egress_bytes,
        route=route,
        attempts=tuple(attempts),
        standalone=standalone,
        flags=tuple(flags),
    )


def new_id() -> str:
    """An id that no other receipt has."""
    return uuid.uuid4().hex
