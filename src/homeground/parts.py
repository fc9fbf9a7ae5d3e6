"""Settings in, parts out: the only file that names back-ends.

parts = Parts(home, settings)        # opens the catalogue
parts.hits(question, scope, limit)   # searches the index that counts now
parts.desk(principal, scope, "rcg")  # what answering needs; models load when they are first asked
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from homeground import config
from homeground.catalogue import Catalogue
from homeground.errors import ConfigError, ModelError, WorkspaceError
from homeground.types import Hit, Principal

if TYPE_CHECKING:
    from homeground.access.gate import EgressGate
    from homeground.access.lately import Lately
    from homeground.answer.ask import Desk
    from homeground.answer.generate import Writer
    from homeground.answer.prompts import Mode
    from homeground.answer.reader import Reader
    from homeground.answer.route import Route, Situation
    from homeground.catalogue import CitedPage, DocumentName
    from homeground.index.contract import PassageIndex, Scope
    from homeground.ingest.progress import Listener
    from homeground.ingest.sync import Sync
    from homeground.models.encoder import Encoder
    from homeground.models.generator import Generator
    from homeground.retrieve.search import ScoredCandidate

CATALOGUE = "catalogue.db"


class Parts:
    """The parts of one workspace, each made when it is first needed. ``home`` is the private folder of its data.

    Safe to use from several threads.
    """

    def __init__(self, home: Path, settings: config.Settings, *, create: bool) -> None:
        self.home, self.settings = home, settings
        home.mkdir(mode=0o700, exist_ok=True)
        self.catalogue = Catalogue(home / CATALOGUE, create=create)
        self._index: tuple[str, PassageIndex] | None = None
        self._opening, self._loading = threading.Lock(), threading.Lock()
        self._generators: dict[str, Generator] = {}

    def close(self) -> None:
        """Close the catalogue, and let the index and a loaded generator go."""
        for generator in self._generators.values():
            if close := getattr(generator, "close", None):
                close()
        self.catalogue.close()
        self._index = None

    # -- Models -----------------------------------------------------------------------------------

    @cached_property
    def encoder(self) -> Encoder:
        """The embedder that the settings name, its files checked."""
        from homeground.models.encoder import load_encoder

        return load_encoder(self.settings.models.embedder)

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

    def _load_generator(self, name: str) -> Generator:
        from homeground.models.local import load_generator

        return load_generator(name, self.settings.local)

    # -- Answering --------------------------------------------------------------------------------

    def desk(self, principal: Principal, scope: Scope, mode: Mode) -> Desk:
        """What answering one question of a principal needs. For one thread."""
        from homeground.answer.ask import Desk
        from homeground.answer.receipt import new_id

        receipt = new_id()
        gate = self.gate(principal, receipt)
        return Desk(
            search=lambda asked: self.hits(asked, scope, self.settings.search.limit),
            page_text=lambda name, revision, page: self.cited(name, revision, page, principal).text,
            count_terms=lambda terms: self.catalogue.statistics(scope.access, terms),
            routes=self.routes(mode, principal, gate),
            index_version=self.index_version(),
            models={self.encoder.name: self.encoder.digest},
            mode=mode,
            renew=self.catalogue.renew,
            situation=lambda asked, hits: self.situation(asked, hits, gate),
            egress_bytes=lambda: gate.bytes,
            receipt_id=receipt,
        )

    def gate(self, principal: Principal, receipt: str) -> EgressGate:
        """What one question of a principal may send to other machines, and the record of it."""
        from homeground.access.egress import Policy
        from homeground.access.gate import EgressGate

        policy = Policy(self.settings.egress, self.settings.egress_rules)
        return EgressGate(policy, self.catalogue, principal.name, receipt)

    def answerer(self, use: str, mode: Mode, principal: Principal, gate: EgressGate) -> Reader | Writer:
        """What answers a principal under a name, in a knowledge mode, with what the gate lets through."""
        from homeground.answer.generate import Writer
        from homeground.answer.reader import Reader

        generator = self.generator_named(use)
        if generator is None:
            return Reader(self.encoder)
        return Writer(gate.guard(generator), self.encoder, mode, self.settings.answer.max_tokens, gate)

    def routes(self, mode: Mode, principal: Principal, gate: EgressGate) -> list[Route[Reader | Writer]]:
        """The ways to an answer, in their order; ConfigError when the only one cannot answer in this mode."""
        from homeground.answer.route import Route
        from homeground.models.registry import READER

        unfit = "" if mode == "rcg" else f"The built-in reader only quotes: {mode} needs a generator."
        named = self.settings.routes or (config.RouteSettings(use=self.settings.models.answer),)
        if unfit and all(one.use == READER for one in named):
            raise ConfigError(f"{unfit} See `homeground models use --help`")
        return [
            Route(one, partial(self.answerer, one.use, mode, principal, gate), unfit if one.use == READER else "")
            for one in named
        ]

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

    # -- Documents --------------------------------------------------------------------------------

    def sync(self, on_progress: Listener | None) -> Sync:
        """What brings the index up to date with the sources."""
        from homeground.ingest.sync import Sync

        return Sync(self.catalogue, self.home, self._open_index, self.encoder, self.settings.ingest, on_progress)

    def cited(self, document: str, revision: str, page: int, principal: Principal) -> CitedPage:
        """A page of a revision, if the principal may read it; NotFoundError otherwise."""
        from homeground.access.policy import visible_to

        return self.catalogue.cited_page(visible_to(principal, self.catalogue), document, revision, page)

    # -- The index --------------------------------------------------------------------------------

    def hits(self, question: str, scope: Scope, limit: int) -> list[Hit]:
        """The passages within the scope that match, best first."""
        from homeground.access.policy import settled
        from homeground.retrieve.search import Searcher

        if not self._made():
            return []
        searcher = Searcher(self.index(), self.encoder, self.catalogue)
        scored = settled(self.catalogue, lambda: searcher.search(question, scope, limit), lambda each: each.candidate)
        names = self.catalogue.describe({each.candidate.document for each in scored})
        return [_hit(each, names) for each in scored if each.candidate.document in names]

    def index_version(self) -> int:
        """Counts the commits of the index; 0 before the first."""
        return self.index().version if self._made() else 0

    def index(self) -> PassageIndex:
        """The index that searches use now; a rebuild may have put another in its place since the last question.

        Raises:
            WorkspaceError: when nothing was read yet.
            ModelError: when it was made by another embedder than that of the settings.
        """
        from homeground.ingest.rebuild import made

        now = made(self.catalogue)
        if now is None:
            raise WorkspaceError("Nothing was read yet. Add documents: homeground add FOLDER")
        if now.embedder != self.encoder.digest:
            raise ModelError(
                f"The index was made by another embedder than {self.encoder.name}. "
                "`homeground sync` embeds the passages anew; no file is read again."
            )
        with self._opening:
            if self._index is None or self._index[0] != now.name:
                self._index = (now.name, self._open_index(now.name, now.dimension))
            return self._index[1]

    def _open_index(self, name: str, dimension: int) -> PassageIndex:
        from homeground.index.lance import LanceIndex

        return LanceIndex.open(str(self.home / name), dimension)

    def _made(self) -> bool:
        """Whether there is an index to search: there is none before the first sync."""
        from homeground.ingest.rebuild import made

        return made(self.catalogue) is not None


def _hit(scored: ScoredCandidate, names: dict[int, DocumentName]) -> Hit:
    row = scored.candidate
    named = names[row.document]
    return Hit(
        document=named.name,
        title=named.title,
        revision=row.revision,
        page=row.page,
        start=row.start,
        end=row.end,
        text=row.text,
        score=scored.score,
        context=row.context,
        source=named.source,
        date=named.date,
    )
