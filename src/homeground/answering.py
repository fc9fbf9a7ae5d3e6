"""What answers the questions of a workspace: readers and generators, by routes, behind gate and budget.

answering = Answering(parts)
desk = answering.desk(principal, scope, "rcg")  # what answering one question needs, loaded when it is asked for
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

from homeground.errors import ConfigError, EgressError, NotFoundError
from homeground.settings import RouteSettings, Settings
from homeground.types import Answer, Flag, Hit, Principal, SearchFilter

if TYPE_CHECKING:
    from homeground.access.gate import EgressGate
    from homeground.access.lately import Lately
    from homeground.answer.ask import Desk
    from homeground.answer.followup import Earlier
    from homeground.answer.generate import Writer
    from homeground.answer.prompts import Mode
    from homeground.answer.reader import Reader
    from homeground.answer.route import Route, Situation
    from homeground.answer.toolbox import Toolbox
    from homeground.answer.understood import Understood
    from homeground.catalogue.conversations import KeptTurn
    from homeground.index.contract import Scope
    from homeground.models.generator import Generator
    from homeground.models.spending import Spending
    from homeground.parts import Parts
    from homeground.types import Statement


class Answering:
    """Generators of one workspace, each loaded when it is first asked for. Safe to use from several threads."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.catalogue = parts, parts.catalogue
        self._generators: dict[str, Generator] = {}
        self._loading = threading.Lock()

    @property
    def settings(self) -> Settings:
        """Those of the workspace, as they are now."""
        return self.parts.settings

    def close(self) -> None:
        """Let the generators go."""
        for generator in self._generators.values():
            if close := getattr(generator, "close", None):
                close()

    # -- Generators -------------------------------------------------------------------------------

    @property
    def generator(self) -> Generator | None:
        """The generator that the settings name, its files checked; None for the built-in reader."""
        return self.generator_named(self.settings.models.answer)

    def generator_named(self, name: str) -> Generator | None:
        """A generator, loaded when it is first asked for; None for the built-in reader. ModelError when it is none."""
        from homeground.models.registry import READER

        if name == READER:
            return None
        with self._loading:
            if name not in self._generators:
                self._generators[name] = self._load_generator(name)
            return self._generators[name]

    def has(self, name: str) -> bool:
        """Whether a generator is loaded already."""
        return name in self._generators

    def _load_generator(self, name: str) -> Generator:
        from homeground.models.remote_name import remote_name

        if remote_name(name, self.settings.remote) is not None:
            from homeground.models.remote import load_remote

            return load_remote(name, self.settings.remote)
        from homeground.models.local import load_generator

        return load_generator(name, self.settings.local)

    @cached_property
    def spending(self) -> Spending:
        """What models elsewhere have used up, and the budgets."""
        from homeground.models.prices import price_of
        from homeground.models.spending import Spending

        return Spending(self.catalogue, self.settings.budget, price_of(self.settings.remote))

    # -- Answering --------------------------------------------------------------------------------

    def ask(
        self,
        question: str,
        principal: Principal,
        within: SearchFilter,
        mode: str | None,
        conversation: str | None,
        on_statement: Callable[[Statement], None] | None = None,
        on_understood: Callable[[str], None] | None = None,
        *,
        before: Sequence[Earlier] = (),
        use: str | None = None,
        toolbox: Toolbox | None = None,
    ) -> Answer:
        """An answer or a refusal, in the audit log and in its conversation; the arguments are ``Workspace.ask``'s."""
        from homeground.access import history
        from homeground.access.audit import append, pages_of
        from homeground.access.policy import scope_of
        from homeground.answer.ask import ask
        from homeground.answer.output import receipt_json
        from homeground.answer.prompts import known_mode

        known, settings, identity = known_mode(mode or self.settings.answer.mode), self.settings.answer, None
        begun = datetime.now(UTC)
        if conversation is not None:
            keep_days = self.settings.conversations.keep_days
            identity = history.resume(self.catalogue, principal, conversation, keep_days)
        with self.parts.steady():
            scope = scope_of(principal, self.catalogue, within)
            turns = history.past(self.catalogue, principal, identity) if identity else ()
            turns = (*turns, *history.brought(before, own_words=conversation is not None))
            answer = ask(
                question,
                principal,
                self.desk(principal, scope, known, turns, on_understood, use, toolbox),
                statements=settings.statements,
                refuse_below=settings.refuse_below,
                say=on_statement,
            )
        cited = [each for statement in answer.statements for each in statement.citations]
        told = {"refused": answer.refused, "shown": pages_of([*cited, *answer.passages])}
        told["borrowed"] = history.borrowed(answer, turns)
        entry = append(self.catalogue, "ask", principal, receipt_json(answer.receipt) | told)
        if conversation is None:
            return answer
        kept = history.record(self.catalogue, principal, identity, answer, turns, begun, entry.seq)
        return replace(answer, conversation=kept)

    def desk(
        self,
        principal: Principal,
        scope: Scope,
        mode: Mode,
        turns: Sequence[KeptTurn] = (),
        tell: Callable[[str], None] | None = None,
        use: str | None = None,
        toolbox: Toolbox | None = None,
    ) -> Desk:
        """What answering one question of a principal needs, after these turns, by what is named. For one thread."""
        from homeground.answer.ask import Desk
        from homeground.answer.receipt import new_id

        receipt = new_id()
        gate, pages = self.gate(principal, receipt), _Pages(self.parts, principal)
        return Desk(
            search=lambda asked: self.parts.hits(asked, scope, self.settings.search.limit),
            page_text=pages.text,
            count_terms=lambda terms: self.catalogue.statistics(scope.access, terms),
            routes=self.routes(mode, principal, gate, use, toolbox),
            index_version=self.parts.index_version(),
            models={self.parts.encoder.name: self.parts.encoder.digest},
            mode=mode,
            renew=pages.renew,
            let_go=pages.let_go,
            situation=lambda asked, hits: self.situation(asked, hits, gate),
            egress_bytes=lambda: gate.bytes,
            receipt_id=receipt,
            flags_of=lambda names: self.flags(names, scope),
            understand=self.understanding(turns, tell, principal, gate) if turns else None,
        )

    def gate(self, principal: Principal, receipt: str) -> EgressGate:
        """What one question of a principal may send to other machines, and the record of it."""
        from homeground.access.egress import Policy
        from homeground.access.gate import EgressGate

        policy = Policy(self.settings.egress, self.settings.egress_rules)
        return EgressGate(policy, self.catalogue, principal, receipt)

    def answerer(
        self, use: str, mode: Mode, principal: Principal, gate: EgressGate, toolbox: Toolbox | None = None
    ) -> Reader | Writer:
        """What answers a principal under a name, in a knowledge mode, with what the gate lets through."""
        from homeground.answer.generate import Writer
        from homeground.answer.reader import Reader

        generator = self.generator_named(use)
        if generator is None:
            return Reader(self.parts.encoder)
        guarded = self._guarded(generator, principal, gate)
        offered = toolbox if generator.destination else None  # what runs here calls no tools
        return Writer(guarded, self.parts.encoder, mode, self.settings.answer.max_tokens, gate, offered)

    def _guarded(self, generator: Generator, principal: Principal, gate: EgressGate) -> Generator:
        """The generator behind the gate, and behind the budgets when it runs elsewhere."""
        guarded = gate.guard(generator)
        if not generator.destination:
            return guarded
        from homeground.models.budget import Budgeted

        return Budgeted(guarded, self.spending, principal.name)

    @property
    def names(self) -> tuple[str, ...]:
        """What may be asked by name: what the settings name, and the built-in reader."""
        from homeground.models.registry import READER

        return tuple(dict.fromkeys([*(one.use for one in self._ways(None)), READER]))

    def _ways(self, use: str | None) -> Sequence[RouteSettings]:
        """The routes of the settings, or that to one answerer: under the same conditions, whatever went before it."""
        from homeground.models.registry import READER

        ways = self.settings.routes or (RouteSettings(use=self.settings.models.answer),)
        if use is None:
            return ways
        named = [replace(one, when=("failed", "skipped")) for one in ways if one.use == use]
        if not named and use != READER:
            raise NotFoundError(f"Nothing of the name {use!r} answers here.")
        return named or (RouteSettings(use=READER),)

    def routes(
        self,
        mode: Mode,
        principal: Principal,
        gate: EgressGate,
        use: str | None = None,
        toolbox: Toolbox | None = None,
    ) -> list[Route[Reader | Writer]]:
        """The ways to an answer, in their order; ConfigError when the only one cannot answer in this mode."""
        from homeground.answer.route import Route
        from homeground.models.registry import READER

        unfit = "" if mode == "rcg" else f"The built-in reader only quotes: {mode} needs a generator."
        named = self._ways(use)
        if unfit and all(one.use == READER for one in named):
            raise ConfigError(f"{unfit} See `homeground models use --help`")
        answerer = partial(self.answerer, mode=mode, principal=principal, gate=gate, toolbox=toolbox)
        return [Route(one, partial(answerer, one.use), unfit if one.use == READER else "") for one in named]

    def situation(self, question: str, hits: Sequence[Hit], gate: EgressGate) -> Situation:
        """What the conditions of routes look at."""
        from homeground.answer.route import Situation

        return Situation(
            question,
            too_sensitive=lambda most: gate.above(most, hits),
            usual_ms=self._lately.usual_ms,
            spent_usd=self._lately.spent_usd,
        )

    @cached_property
    def _lately(self) -> Lately:
        from homeground.access.lately import Lately

        return Lately(self.catalogue)

    def understanding(
        self, turns: Sequence[KeptTurn], tell: Callable[[str], None] | None, principal: Principal, gate: EgressGate
    ) -> Callable[[str], Understood]:
        """What makes a follow-up question standalone after these turns; ``tell`` gets it when it was changed.

        Where the generator runs elsewhere, nothing out of a document takes part: earlier answers are not sent. Where
        not even questions may go there, the rules decide.
        """
        from homeground.access.history import earlier
        from homeground.answer.understood import understood

        generator = self.generator
        before = earlier(turns, own_words=bool(generator and generator.destination))

        def understand(question: str) -> Understood:
            if generator:
                self.catalogue.let_go()  # it may take its time; the search moves on to the present
            found = understood(question, before, self._rewriter(generator, principal, gate))
            if found.standalone and tell:
                tell(found.standalone)
            return found

        return understand

    def _rewriter(self, generator: Generator | None, principal: Principal, gate: EgressGate) -> Generator | None:
        if generator is None:
            return None
        try:
            gate.load(generator.destination, ())
        except EgressError:
            return None
        return self._guarded(generator, principal, gate)

    def flags(self, names: Sequence[str], scope: Scope) -> dict[tuple[str, str], tuple[Flag, ...]]:
        """The flagged places of the documents of these names, by name and revision."""
        from homeground.catalogue import flagging

        with self.catalogue.reading() as connection:
            return flagging.of_documents(connection, scope.access, names)


class _Pages:
    """The pages that one question looks at, each read once for the instant at which its thread sees the catalogue."""

    def __init__(self, parts: Parts, principal: Principal) -> None:
        self._parts, self._principal = parts, principal
        self._texts: dict[tuple[str, str, int], str] = {}

    def text(self, name: str, revision: str, page: int) -> str:
        """The text of a page; NotFoundError when it is not there, or not readable."""
        key = name, revision, page
        if key not in self._texts:
            self._texts[key] = self._parts.cited(name, revision, page, self._principal).text
        return self._texts[key]

    def let_go(self, hits: Sequence[Hit]) -> None:
        """Reads the pages of these hits, and holds on to no instant from here to ``renew``: they stay as they were."""
        for hit in hits:
            with suppress(NotFoundError):
                self.text(hit.document, hit.revision, hit.page)
        self._parts.catalogue.let_go()

    def renew(self) -> None:
        """Moves on to the present instant."""
        self._texts.clear()
        self._parts.catalogue.renew()
