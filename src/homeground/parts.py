"""Settings in, parts out: the only file that names back-ends.

parts = Parts(home, settings)        # opens the catalogue
parts.hits(question, scope, limit)   # searches the index that counts now
parts.answerer("rcg")                # what answers, loaded when it is first asked for
"""

from __future__ import annotations

import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from homeground import config
from homeground.catalogue import Catalogue
from homeground.errors import ConfigError, ModelError, WorkspaceError
from homeground.types import Hit, Principal

if TYPE_CHECKING:
    from homeground.answer.generate import Writer
    from homeground.answer.reader import Reader
    from homeground.catalogue import CitedPage, DocumentName
    from homeground.index.contract import PassageIndex, Scope
    from homeground.ingest.progress import Listener
    from homeground.ingest.sync import Sync
    from homeground.models.encoder import Encoder
    from homeground.models.generator import Generator
    from homeground.models.local import LocalGenerator
    from homeground.models.remote import RemoteGenerator
    from homeground.models.spending import Spending
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
        self._opening = threading.Lock()

    def close(self) -> None:
        """Close the catalogue, and let the index and a loaded generator go."""
        if generator := self.__dict__.get("generator"):
            generator.close()
        self.catalogue.close()
        self._index = None

    # -- Models -----------------------------------------------------------------------------------

    @cached_property
    def encoder(self) -> Encoder:
        """The embedder that the settings name, its files checked."""
        from homeground.models.encoder import load_encoder

        return load_encoder(self.settings.models.embedder)

    @cached_property
    def generator(self) -> LocalGenerator | RemoteGenerator | None:
        """The generator that the settings name, one here with its files checked; None for the built-in reader."""
        from homeground.models.local import load_generator
        from homeground.models.registry import READER
        from homeground.models.remote_name import remote_name

        named = self.settings.models.answer
        if named == READER:
            return None
        if remote_name(named, self.settings.remote) is None:
            return load_generator(named, self.settings.local)
        from homeground.models.remote import load_remote

        return load_remote(named, self.settings.remote)

    def generator_for(self, principal: Principal) -> Generator | None:
        """The generator as one person may use it: what leaves this process passes the budgets."""
        generator = self.generator
        if generator is None or not generator.destination:
            return generator
        from homeground.models.budget import Budgeted

        # Whatever else guards what leaves goes here, around the generator: Budgeted(Redacting(Recorded(generator))).
        return Budgeted(generator, self.spending, principal.name)

    @cached_property
    def spending(self) -> Spending:
        """What models elsewhere have used up, and the budgets."""
        from homeground.models.prices import price_of
        from homeground.models.spending import Spending

        return Spending(self.catalogue, self.settings.budget, price_of(self.settings.remote))

    def answerer(self, mode: str, principal: Principal) -> Reader | Writer:
        """What answers a person in a knowledge mode; ConfigError when it is none, or none that the reader can."""
        from homeground.answer.generate import Writer
        from homeground.answer.prompts import MODES
        from homeground.answer.reader import Reader

        known = next((each for each in MODES if each == mode), None)
        if known is None:
            raise ConfigError(f"{mode!r} is no knowledge mode: choose one of {', '.join(MODES)}")
        generator = self.generator_for(principal)
        if generator is not None:
            return Writer(generator, self.encoder, known, self.settings.answer.max_tokens)
        if known != "rcg":
            raise ConfigError(
                f"The built-in reader only quotes: {known} needs a generator. See `homeground models use --help`"
            )
        return Reader(self.encoder)

    def digests(self) -> dict[str, str]:
        """The models that take part in an answer, by name."""
        writing = {self.generator.name: self.generator.digest} if self.generator else {}
        return {self.encoder.name: self.encoder.digest} | writing

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
