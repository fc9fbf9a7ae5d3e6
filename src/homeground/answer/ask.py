"""Question in, checked and cited answer out: search → read → verify → decide → receipt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from homeground.answer.cite import PageText
from homeground.answer.limits import Limit, limits
from homeground.answer.reader import CountTerms, Reader
from homeground.answer.receipt import Stopwatch, write_receipt
from homeground.answer.refusal import reason_to_refuse
from homeground.answer.verify import verify
from homeground.types import Answer, Hit, Principal

SHOWN_PASSAGES = 5


@dataclass(frozen=True, slots=True)
class Desk:
    """What answering needs, already bound to one principal: nothing here can look past what it may read."""

    search: Callable[[str], Sequence[Hit]]
    page_text: PageText
    count_terms: CountTerms
    reader: Reader
    index_version: int
    models: Mapping[str, str]


def ask(question: str, principal: Principal, desk: Desk, *, statements: int, refuse_below: float) -> Answer:
    """Answer with at most ``statements`` checked statements, or refuse with a reason and the nearest passages.

    ``refuse_below`` is the support in [0, 1] below which an answer is refused.
    """
    watch, beyond = Stopwatch(), limits(question)
    with watch.step("search"):
        hits = tuple(desk.search(question)) if question.strip() else ()
    with watch.step("read"):
        reading = desk.reader.read(question, hits, desk.page_text, desk.count_terms, statements)
    with watch.step("verify"):
        checked = verify(reading.statements, desk.page_text)
    reason = reason_to_refuse(checked, hits, beyond, refuse_below)
    receipt = write_receipt(question, principal, hits, desk.index_version, desk.models, watch.timings_ms)
    return Answer(
        question=question,
        refused=reason is not None,
        statements=() if reason else checked,
        passages=hits[:SHOWN_PASSAGES],
        receipt=receipt,
        reason=reason,
        notes=_notes(beyond, reading.notes, reason),
    )


def _notes(beyond: tuple[Limit, ...], found: tuple[str, ...], reason: str | None) -> tuple[str, ...]:
    """What the person should know beside the statements; a refusal has said its part in the reason."""
    return () if reason else tuple(limit.text for limit in beyond) + found
