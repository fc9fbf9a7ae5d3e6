"""Question in, checked and cited answer out: search → read or write → verify → decide → receipt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from homeground.answer.cite import PageText
from homeground.answer.flagged import FlagsOf, flagged
from homeground.answer.flagged import note as flag_note
from homeground.answer.generate import Say, Writer, Written
from homeground.answer.limits import Limit, limits
from homeground.answer.prompts import Mode
from homeground.answer.reader import READ_HITS, CountTerms, Reader
from homeground.answer.receipt import Stopwatch, write_receipt
from homeground.answer.refusal import NO_PASSAGE, reason_to_refuse
from homeground.answer.understood import Understood, both
from homeground.answer.verify import holding, verify
from homeground.models.generator import Usage
from homeground.types import Answer, Hit, Principal, Receipt, Statement

SHOWN_PASSAGES = 5
SAID_NOTHING = "Missing evidence: the model found no answer in the passages."
UNSUPPORTED = "Missing evidence: nothing that the model wrote is supported by the passages."
NOT_KNOWN = "The model does not know."
_SHOWN_LACKING = 3  # of the statements that were dropped, that the note names


@dataclass(frozen=True, slots=True)
class Desk:
    """What answering needs, already bound to one principal: nothing here can look past what it may read.

    ``answerer`` is the built-in reader or what lets a generator write. ``renew`` moves on to the present instant: what
    was written a while ago is held against it. ``understand`` makes a follow-up question standalone, None where nothing
    was asked before.
    """

    search: Callable[[str], Sequence[Hit]]
    page_text: PageText
    count_terms: CountTerms
    answerer: Reader | Writer
    index_version: int
    models: Mapping[str, str]
    renew: Callable[[], None] = lambda: None
    flags_of: FlagsOf = lambda names: {}
    understand: Callable[[str], Understood] | None = None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Statements that stand, or the reason why there are none."""

    statements: tuple[Statement, ...]
    reason: str | None
    notes: tuple[str, ...] = ()
    mode: Mode = "rcg"
    usage: Usage = field(default=Usage(0, 0))
    given: int = 0  # passages that the answerer saw: so many of the best


def ask(
    question: str, principal: Principal, desk: Desk, *, statements: int, refuse_below: float, say: Say | None = None
) -> Answer:
    """Answer with checked statements, or refuse with a reason and the nearest passages.

    ``say`` gets each statement once it is checked. The built-in reader makes at most ``statements`` of them, and
    refuses below a support of ``refuse_below`` in [0, 1].
    """
    watch = Stopwatch()
    meant = _understood(question, desk, watch)
    asked = meant.standalone or question
    looks = bool(asked.strip()) and not (isinstance(desk.answerer, Writer) and desk.answerer.mode == "closed")
    with watch.step("search"):
        hits = tuple(desk.search(asked)) if looks else ()
    if isinstance(desk.answerer, Writer):
        found = _written(asked, hits, desk, desk.answerer, watch, say)
    else:
        found = _read(asked, hits, desk, desk.answerer, watch, statements, refuse_below)
        if say:
            for statement in found.statements:
                say(statement)
    flags = flagged(hits[: found.given], desk.flags_of)
    receipt = write_receipt(
        question,
        principal,
        hits,
        desk.index_version,
        desk.models,
        watch.timings_ms,
        found.mode,
        both(meant.usage, found.usage),
        standalone=meant.standalone,
        flags=flags,
    )
    return _answer(question, hits, found, receipt, (*meant.notes, *found.notes, *flag_note(flags)))


def _answer(question: str, hits: tuple[Hit, ...], found: _Outcome, receipt: Receipt, notes: tuple[str, ...]) -> Answer:
    return Answer(
        question=question,
        refused=found.reason is not None,
        statements=found.statements,
        passages=hits[:SHOWN_PASSAGES],
        receipt=receipt,
        reason=found.reason,
        notes=notes,
    )


def _understood(question: str, desk: Desk, watch: Stopwatch) -> Understood:
    if desk.understand is None:
        return Understood(None)
    with watch.step("understand"):
        return desk.understand(question)


def _read(
    question: str,
    hits: Sequence[Hit],
    desk: Desk,
    reader: Reader,
    watch: Stopwatch,
    statements: int,
    refuse_below: float,
) -> _Outcome:
    beyond = limits(question)
    with watch.step("read"):
        reading = reader.read(question, hits, desk.page_text, desk.count_terms, statements)
    with watch.step("verify"):
        checked = verify(reading.statements, desk.page_text)
    reason = reason_to_refuse(checked, hits, beyond, refuse_below)
    if reason:
        return _Outcome((), reason, given=READ_HITS)
    return _Outcome(checked, None, _notes(beyond, reading.notes), given=READ_HITS)


def _notes(beyond: tuple[Limit, ...], found: tuple[str, ...]) -> tuple[str, ...]:
    """What the person should know beside the statements; a refusal has said its part in the reason."""
    return tuple(limit.text for limit in beyond) + found


# -- A generator's answer -----------------------------------------------------------------------


def _written(
    question: str, hits: Sequence[Hit], desk: Desk, writer: Writer, watch: Stopwatch, say: Say | None
) -> _Outcome:
    if writer.mode == "rcg" and not hits:
        return _Outcome((), NO_PASSAGE)
    with watch.step("write"):
        written = writer.write(question, hits, desk.page_text, say)
    with watch.step("verify"):
        desk.renew()
        standing = holding(written.statements, desk.page_text)
    reason = None if standing else _why_nothing(written, writer.mode)
    return _Outcome(standing, reason, _notes_of(written, standing), writer.mode, written.usage, written.passages)


def _why_nothing(written: Written, mode: Mode) -> str:
    if written.dropped and not written.refused:
        return UNSUPPORTED
    return SAID_NOTHING if mode == "rcg" else NOT_KNOWN


def _notes_of(written: Written, standing: Sequence[Statement]) -> tuple[str, ...]:
    notes = []
    if written.dropped:
        lacking = "; ".join(f"“{text}” ({why})" for text, why in written.dropped[:_SHOWN_LACKING])
        notes.append(f"Left out, for no passage supports it: {lacking}")
    if gone := len(written.statements) - len(standing):
        notes.append(f"{gone} statements were taken back: their documents changed while the answer was written.")
    if written.left_out:
        notes.append(f"{written.left_out} of the passages did not fit into the model's window.")
    if written.finish == "length":
        notes.append("The answer was cut: raise max_tokens in [answer].")
    return tuple(notes)
