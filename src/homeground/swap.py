"""Another embedder for a workspace: check → embed beside → compare on the user's questions → cut over; and back.

Until the cut-over questions use the embedder and the index that they used before, in this process and in others; syncs
go on as well. Every step may be interrupted: the same command goes on with what is there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from homeground import config
from homeground.access.audit import append, entries
from homeground.errors import ModelError
from homeground.ingest.beside import ASIDE, COMING, KEPT, Beside, beside, size_of
from homeground.ingest.lock import swap_lock, writer_lock
from homeground.ingest.progress import Listener, Meter
from homeground.ingest.recipe import Made, made
from homeground.ingest.sync import disk_errors
from homeground.models.choose import fitting, use_model, with_setting
from homeground.types import BesideStatus

if TYPE_CHECKING:
    from homeground.answer.ask import Desk
    from homeground.evaluate.cases import Case
    from homeground.evaluate.embedders import Comparison, Seat
    from homeground.index.contract import Scope
    from homeground.models.encoder import Encoder
    from homeground.parts import Pair, Parts
    from homeground.types import Hit, Principal


@dataclass(frozen=True, slots=True)
class SwapPlan:
    """What a swap is about to do: from and to which embedder, how much is embedded at most, and the room it takes.

    ``gives_up`` names the embedder whose index lies beside now and is deleted; empty when there is none.
    """

    old: str
    new: str
    passages: int
    needs_mb: float
    free_mb: float
    gives_up: str = ""


@dataclass(frozen=True, slots=True)
class SwapReport:
    """What a swap did. ``swapped``: the new embedder answers now; else its index lies aside for a decision.

    ``why`` says in words why it was or was not; ``embedded`` counts documents.
    """

    old: str
    new: str
    swapped: bool
    why: str
    embedded: int = 0
    seconds: float = 0.0
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Embedders:
    """The embedder that made the index, what the next sync changes to (None: no change), and what lies beside."""

    name: str
    digest: str
    next: str | None
    beside: BesideStatus | None


def embedders(parts: Parts) -> Embedders:
    """Which embedders a workspace uses and keeps; no model is loaded."""
    from homeground.models import registry

    wanted = registry.read_card(registry.find(parts.wanted()))
    now, there = made(parts.catalogue), beside(parts.catalogue)
    lies = None
    if there:
        size = size_of(parts.home / there.made.name) / 1e6
        lies = BesideStatus(parts.name_of(there.made), there.made.embedder, there.role, size)
    if now is None or now.embedder == wanted.digest:
        return Embedders(wanted.name, wanted.digest, None, lies)
    return Embedders(parts.name_of(now), now.embedder, wanted.name, lies)


def check_needed(parts: Parts, name: str) -> None:
    """ModelError when the embedder of this name made the index or the one beside it, which is of no use without it."""
    from homeground.models import registry

    digest = registry.read_card(registry.find(name)).digest
    now, there = made(parts.catalogue), beside(parts.catalogue)
    for what, words in ((now, "index"), (there and there.made, "second index, beside the present one,")):
        if what and what.embedder == digest:
            raise ModelError(f"The {words} of the workspace was made by {name}. Swap or drop it first, or add --force")


class EmbedderSwap:
    """Swaps the embedder of one workspace. ``principal`` is who compares: no text that it may not read takes part."""

    def __init__(
        self,
        parts: Parts,
        principal: Principal,
        on_progress: Listener | None = None,
        on_plan: Callable[[SwapPlan], None] = lambda plan: None,
    ) -> None:
        self.parts, self.principal, self.on_plan = parts, principal, on_plan
        self.catalogue, self.home = parts.catalogue, parts.home
        self.meter, self.index = Meter(on_progress), parts.beside()
        self.settings = parts.home.parent / config.FILE_NAME

    def swap(
        self,
        named: str | None = None,
        *,
        questions: Path | str | None = None,
        allow_loss: float | None = None,
        accept: bool = False,
    ) -> SwapReport:
        """To the embedder of this name or folder; without a name, to the one that a swap has begun with.

        Both are compared on the ``questions`` of a file (see ``evaluate.cases``), without one on those of the audit
        log; the new one takes over unless MRR may be worse by more than ``allow_loss`` (None: 0.05). ``accept`` does
        not compare. What is interrupted goes on with the next call.
        """
        from homeground.evaluate.embedders import ALLOWED_LOSS, judge

        began, encoder, cases = time.monotonic(), self._new(named), self._cases(questions)
        with swap_lock(self.home), disk_errors(self.home):
            now = made(self.catalogue)
            if now is None or now.embedder == encoder.digest:
                return self._only_the_setting(encoder, now)
            target, embedded = self._build(encoder, now, COMING)
            comparison = None if accept else self._compare(target, now, cases)
            verdict = judge(comparison, ALLOWED_LOSS if allow_loss is None else allow_loss)
            if accept or verdict.passed:
                embedded += self._cut_over(target, encoder, "accepted" if accept else "compared")
            else:
                with writer_lock(self.home, wait=True):
                    self.index.set_aside(target)
            why = "you accepted it without a comparison" if accept else verdict.why
            swapped, spent = accept or verdict.passed, time.monotonic() - began
            return SwapReport(self._name(now), encoder.name, swapped, why, embedded, spent, comparison)

    def back(self) -> SwapReport:
        """To the embedder before the last swap: what changed since is embedded, then its index takes over."""
        began, there = time.monotonic(), beside(self.catalogue)
        if there is None or there.role != KEPT:
            raise ModelError("There is no index to go back to: none was kept, or another swap has taken its place.")
        with swap_lock(self.home), disk_errors(self.home):
            encoder, now = self._again(there.made), made(self.catalogue)
            assert now is not None  # something is kept beside it
            target, embedded = self._build(encoder, now, KEPT)
            embedded += self._cut_over(target, encoder, "back")
            why = "you went back"
            return SwapReport(self._name(now), encoder.name, True, why, embedded, time.monotonic() - began)

    def drop(self) -> str:
        """Deletes the index beside, whatever it is there for; the present one stays. Returns its embedder's name."""
        with writer_lock(self.home, wait=True):
            there = self.index.drop()
        if there is None:
            raise ModelError("No index lies beside the present one: there is nothing to drop.")
        return self._name(there.made)

    # -- Building ---------------------------------------------------------------------------------

    def _new(self, named: str | None) -> Encoder:
        there = beside(self.catalogue)
        if named is None:
            if there is None or there.role not in (COMING, ASIDE):
                raise ModelError("No swap is under way. Name an embedder: homeground models swap NAME")
            return self._again(there.made)
        fitting(named, "embedder")
        encoder = self.parts.embedder(named)
        with_setting(self.settings.read_text("utf-8"), "models", "embedder", encoder.model)  # now, not after hours
        return encoder

    def _again(self, what: Made) -> Encoder:
        """The embedder of the index beside."""
        from homeground.models import registry

        card = registry.find_digest(what.embedder, what.model)
        if card is None:
            raise ModelError(
                f"The embedder {what.model} of the second index is not there any more. Get it again with homeground "
                "models pull or add; or delete that index with homeground models swap --drop."
            )
        return self.parts.embedder(str(card.folder))

    def _only_the_setting(self, encoder: Encoder, now: Made | None) -> SwapReport:
        use_model(self.settings, encoder.model, "embedder")
        why = "nothing was read yet" if now is None else "it made the present index"
        return SwapReport(encoder.name, encoder.name, True, why)

    def _build(self, encoder: Encoder, now: Made, role: str) -> tuple[Beside, int]:
        needs, free = self.index.room(encoder.dimension)
        passages, there = sum(each.passages for each in self.catalogue.known_files()), beside(self.catalogue)
        gives_up = self._name(there.made) if there and there.made.embedder != encoder.digest else ""
        self.on_plan(SwapPlan(self._name(now), encoder.name, passages, needs / 1e6, free / 1e6, gives_up))
        lock = partial(writer_lock, self.home, wait=True, brief=True)
        with lock():
            target = self.index.begin(encoder, role)
        return target, self.index.embed(target, encoder, self.meter, lock)

    def _cut_over(self, target: Beside, encoder: Encoder, how: str) -> int:
        """The setting first: a sync after a kill between the two finishes what was decided here."""
        now = made(self.catalogue)
        with writer_lock(self.home, wait=True):
            index, embedded = self.index.settle(target, encoder, self.meter)
            use_model(self.settings, encoder.model, "embedder")
            self.index.take_over(target, index)
        old, new = (now.embedder if now else ""), encoder.digest
        told = {"what": f"embedder {self._name(now)} → {encoder.name}", "old": old, "new": new, "decided": how}
        append(self.catalogue, "swap", self.principal, told)
        return embedded

    def _name(self, what: Made | None) -> str:
        return self.parts.name_of(what) if what else ""

    # -- Comparing --------------------------------------------------------------------------------

    def _cases(self, questions: Path | str | None) -> list[Case]:
        from homeground.evaluate.cases import MOST_LOOKED_AT, asked_cases, read_cases

        return read_cases(Path(questions)) if questions else asked_cases(entries(self.catalogue, MOST_LOOKED_AT))

    def _compare(self, target: Beside, now: Made, cases: Sequence[Case]) -> Comparison | None:
        from homeground.access.policy import visible_to
        from homeground.evaluate.cases import resolved
        from homeground.evaluate.embedders import compare

        if not cases:
            return None
        names = {each.name for each in self.catalogue.names(visible_to(self.principal, self.catalogue)).values()}
        known = [resolved(case, names) for case in cases]
        unknown = [case.question for case, found in zip(cases, known, strict=True) if case.places and not found.places]
        self.meter.expect("compare", len(cases), len(cases))
        pairs = self.parts.pair_of(now), self.parts.pair_of(target.made)
        old, new = (self._seat(pair) for pair in pairs)
        return compare(known, unknown, old, new, lambda: self.meter.count(1, 1))

    def _seat(self, pair: Pair) -> Seat:
        """What the principal would be shown by this pair; nothing goes into the audit log."""
        from homeground.access.policy import scope_of
        from homeground.answer.ask import ask
        from homeground.evaluate.embedders import SEARCHED, Asked

        settings = self.parts.settings.answer

        def asked(question: str) -> Asked:
            with self.catalogue.steady():
                scope = scope_of(self.principal, self.catalogue)
                hits = self.parts.hits(question, scope, SEARCHED, pair)
                desk = self._desk(hits, pair, scope)
                most, least = settings.statements, settings.refuse_below
                return Asked(hits, ask(question, self.principal, desk, statements=most, refuse_below=least))

        return asked

    def _desk(self, hits: Sequence[Hit], pair: Pair, scope: Scope) -> Desk:
        """Where the built-in reader answers from these hits, whatever answers otherwise."""
        from homeground.answer.ask import Desk
        from homeground.answer.reader import Reader
        from homeground.answer.route import Route
        from homeground.models.registry import READER
        from homeground.settings import RouteSettings

        parts, principal = self.parts, self.principal
        return Desk(
            search=lambda _: hits[: parts.settings.search.limit],
            page_text=lambda name, revision, page: parts.cited(name, revision, page, principal).text,
            count_terms=lambda terms: parts.catalogue.statistics(scope.access, terms),
            routes=[Route(RouteSettings(use=READER), lambda: Reader(pair.encoder))],
            index_version=0,
            models={},
        )
