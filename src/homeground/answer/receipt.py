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
from homeground.types import FlaggedPassage, Hit, Principal, Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stopwatch:
    """Times the steps of one answer, in milliseconds; the steps together are the whole."""

    def __init__(self) -> None:
        self.timings_ms: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what happens inside under ``name``."""
        before = perf_counter()
        try:
            yield
        finally:
            self.timings_ms[name] = round((perf_counter() - before) * 1000, 3)


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
    standalone: str | None = None,
    flags: Sequence[FlaggedPassage] = (),
) -> Receipt:
    """A receipt with a fresh id and the present time (UTC); ``revisions`` are those of every document looked at."""
    return Receipt(
        id=uuid.uuid4().hex,
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
        standalone=standalone,
        flags=tuple(flags),
    )
