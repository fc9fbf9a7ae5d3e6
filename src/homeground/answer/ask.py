"""Question in, checked and cited answer out: search → read or write, by the route that fits → verify → receipt."""

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
from homeground.answer.route import FAILED, Followed, Route, Situation, follow
from homeground.answer.understood import Understood
from homeground.answer.verify import holding, verify
from homeground.models.generator import Usage
from homeground.types import Answer, FlaggedPassage, Hit, Principal, Receipt, Statement, ToolCall

SHOWN_PASSAGES = 5
SAID_NOTHING = "Missing evidence: the model found no answer in the passages."
UNSUPPORTED = "Missing evidence: nothing that the model wrote is supported by the passages."
NOT_KNOWN = "The model does not know."
_SHOWN_LACKING = 3  # of the statements that were dropped, that the note names


@dataclass(frozen=True, slots=True)
class Desk:
    """What answering needs, already bound to one principal: nothing here can look past what it may read.

    ``routes`` are the ways to an answer, each with the built-in reader or what lets a generator write; ``situation`` is
    what their conditions look at, given the question and what was found. ``renew`` moves on to the present instant:
    what was written a while ago is held against it. ``let_go`` keeps the pages of these hits and holds on to no instant
    until then: before a generator writes, which may take a minute. ``egress_bytes`` counts what this question sent
    elsewhere.
    ``understand`` makes a follow-up question standalone, None where nothing was asked before.
    """

    search: Callable[[str], Sequence[Hit]]
    page_text: PageText
    count_terms: CountTerms
    routes: Sequence[Route[Reader | Writer]]
    index_version: int
    models: Mapping[str, str]
    mode: Mode = "rcg"
    renew: Callable[[], None] = lambda: None
    let_go: Callable[[Sequence[Hit]], None] = lambda hits: None
    situation: Callable[[str, Sequence[Hit]], Situation] = lambda question, hits: Situation(question)
    egress_bytes: Callable[[], int] = lambda: 0
    receipt_id: str = ""
    flags_of: FlagsOf = lambda names: {}
    understand: Callable[[str], Understood] | None = None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Statements that stand, or the reason why there are none."""

    statements: tuple[Statement, ...]
    reason: str | None
    notes: tuple[str, ...] = ()
    usage: Usage = field(default=Usage(0, 0))
    given: int = 0  # passages that the answerer saw: so many of the best
    calls: tuple[ToolCall, ...] = ()


def ask(
    question: str, principal: Principal, desk: Desk, *, statements: int, refuse_below: float, say: Say | None = None
) -> Answer:
    """Answer with checked statements, or refuse with a reason and the nearest passages.

    ``say`` gets each statement once it is checked. The built-in reader makes at most ``statements`` of them, and
    refuses below a support of ``refuse_below`` in [0, 1].

    Raises:
        ModelError: when every route failed, or one after a statement was said.
    """
    watch = Stopwatch()
    meant = _understood(question, desk, watch)
    asked = meant.standalone or question
    with watch.step("search"):
        hits = tuple(desk.search(asked)) if asked.strip() and desk.mode != "closed" else ()
    asking = _Asking(asked, hits, desk, watch, _Speaker(say), statements, refuse_below)
    way = follow(desk.routes, desk.situation(asked, hits), asking.answer, _refused, asking.speaker.spoke)
    found = way.outcome
    failed = (f"{each.use} failed: {each.reason}" for each in way.attempts if each.ended == FAILED and found.reason)
    flags = flagged(hits[: asking.given], desk.flags_of)
    return Answer(
        question=question,
        refused=found.reason is not None,
        statements=found.statements,
        passages=hits[:SHOWN_PASSAGES],
        receipt=_receipt(question, meant, asking, principal, way, flags),
        reason=found.reason,
        notes=(*meant.notes, *found.notes, *failed, *flag_note(flags)),
        calls=found.calls,
    )


def _receipt(
    question: str,
    meant: Understood,
    asking: _Asking,
    principal: Principal,
    way: Followed[_Outcome],
    flags: Sequence[FlaggedPassage],
) -> Receipt:
    desk = asking.desk
    return write_receipt(
        question,
        principal,
        asking.hits,
        desk.index_version,
        asking.models,
        asking.watch.timings_ms,
        desk.mode,
        _sum([meant.usage, *asking.usages]),
        id=desk.receipt_id,
        route=way.route,
        attempts=way.attempts,
        egress_bytes=desk.egress_bytes(),
        standalone=meant.standalone,
        flags=flags,
    )


class _Asking:
    """One question on its way: what was found, and what became of each way that was tried."""

    def __init__(
        self,
        question: str,
        hits: Sequence[Hit],
        desk: Desk,
        watch: Stopwatch,
        speaker: _Speaker,
        statements: int,
        refuse_below: float,
    ) -> None:
        self.question, self.hits, self.desk, self.watch, self.speaker = question, hits, desk, watch, speaker
        self.statements, self.refuse_below = statements, refuse_below
        self.models = dict(desk.models)
        self.usages: list[Usage] = []
        self.given = 0  # of the best passages: so many did some answerer see

    def answer(self, answerer: Reader | Writer) -> _Outcome:
        if len(self.models) > len(self.desk.models):  # an earlier model has taken its time
            self.desk.renew()
        if isinstance(answerer, Writer):
            self.models[answerer.generator.name] = answerer.generator.digest
            found = _written(self.question, self.hits, self.desk, answerer, self.watch, self.speaker.say)
        else:
            found = _read(self.question, self.hits, self.desk, answerer, self.watch, self.statements, self.refuse_below)
            self.speaker.say_all(found.statements)
        self.usages.append(found.usage)
        self.given = max(self.given, found.given)
        return found


class _Speaker:
    """Passes statements on, and knows whether there were any. Without a listener nothing is ever said."""

    def __init__(self, listener: Say | None) -> None:
        self._listener, self._said = listener, False
        self.say = self._pass_on if listener else None

    def say_all(self, statements: Sequence[Statement]) -> None:
        for statement in statements:
            self._pass_on(statement)

    def spoke(self) -> bool:
        return self._said

    def _pass_on(self, statement: Statement) -> None:
        if self._listener:
            self._said = True
            self._listener(statement)


def _refused(reason: str) -> _Outcome:
    return _Outcome((), reason)


def _sum(usages: Sequence[Usage]) -> Usage:
    """All together; the cost is not known when one is not."""
    costs = [each.cost_usd for each in usages if each.cost_usd is not None]
    return Usage(
        sum(each.input_tokens for each in usages),
        sum(each.output_tokens for each in usages),
        sum(each.cached_tokens for each in usages),
        sum(costs) if len(costs) == len(usages) else None,
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
    if writer.mode == "rcg" and not hits and not writer.toolbox:
        return _Outcome((), NO_PASSAGE)
    desk.let_go(hits)
    with watch.step("write"):
        written = writer.write(question, hits, desk.page_text, say)
    with watch.step("verify"):
        desk.renew()
        standing = holding(written.statements, desk.page_text)
    reason = None if standing or written.calls else _why_nothing(written, writer.mode)
    return _Outcome(standing, reason, _notes_of(written, standing), written.usage, written.passages, written.calls)


def _why_nothing(written: Written, mode: Mode) -> str:
    if written.dropped and not written.refused:
        return UNSUPPORTED
    return SAID_NOTHING if mode == "rcg" else NOT_KNOWN


def _notes_of(written: Written, standing: Sequence[Statement]) -> tuple[str, ...]:
    notes = [written.withheld] if written.withheld else []
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
