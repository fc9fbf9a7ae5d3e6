"""Settings in, parts out: with answering.py the only file that names back-ends.

parts = Parts(home, settings)        # opens the catalogue
parts.hits(question, scope, limit)   # searches the index that counts now
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from homeground import config
from homeground.catalogue import Catalogue
from homeground.errors import ConfigError, HomegroundError, ModelError, WorkspaceError
from homeground.settings import Settings
from homeground.types import Hit, Principal, SearchFilter

if TYPE_CHECKING:
    from homeground.answering import Answering
    from homeground.catalogue import CitedPage, DocumentName
    from homeground.index.contract import PassageIndex, Scope
    from homeground.ingest.beside import BesideIndex
    from homeground.ingest.drawing import Drawer
    from homeground.ingest.moving import Moving
    from homeground.ingest.progress import Listener, SyncReport
    from homeground.ingest.recipe import Made
    from homeground.ingest.sync import Sync
    from homeground.ingest.uploads import Uploads
    from homeground.ingest.watch import Watch
    from homeground.models.card import ModelCard
    from homeground.models.encoder import Encoder
    from homeground.retrieve.search import ScoredCandidate

CATALOGUE = "catalogue.db"


@dataclass(frozen=True, slots=True)
class Pair:
    """An index and the embedder that made it. ``index`` is None before anything was read.

    A question uses one pair from its beginning to its end, whatever is swapped meanwhile.
    """

    index: PassageIndex | None
    encoder: Encoder


class Parts:
    """The parts of one workspace, each made when it is first needed. ``home`` is the private folder of its data.

    Safe to use from several threads.
    """

    def __init__(self, home: Path, settings: Settings, *, create: bool) -> None:
        self.home, self.settings = home, settings
        home.mkdir(mode=0o700, exist_ok=True)
        self.catalogue = Catalogue(home / CATALOGUE, create=create, keep_former=settings.revisions.keep)
        self._newest: tuple[str, Pair] | None = None
        self._pinned: ContextVar[list[Pair]] = ContextVar("pair")
        self._encoders: dict[str, Encoder] = {}
        self._opening = threading.RLock()

    def close(self) -> None:
        """Close the catalogue, and let the index and the loaded models go."""
        self.answering.close()
        if "drawer" in self.__dict__:
            self.drawer.close()
        self.catalogue.close()
        self._newest = None
        self._encoders.clear()

    @contextmanager
    def steady(self) -> Iterator[None]:
        """Within it, this thread sees the catalogue as of one instant, and uses one index with its embedder."""
        with self.catalogue.steady():
            # Event loops keep the context in which they were begun: what they keep must be empty when this ends, or an
            # index and an embedder stay in memory for as long as the process runs.
            pinned = [self.pair()]
            token = self._pinned.set(pinned)
            try:
                yield
            finally:
                self._pinned.reset(token)
                pinned.clear()

    @cached_property
    def answering(self) -> Answering:
        """What answers questions over these parts."""
        from homeground.answering import Answering

        return Answering(self)

    @cached_property
    def drawer(self) -> Drawer:
        """What draws pages."""
        from homeground.ingest.drawing import Drawer

        return Drawer(self.settings.ingest)

    # -- Models -----------------------------------------------------------------------------------

    @property
    def encoder(self) -> Encoder:
        """The embedder that questions use: that of the index, or of the settings when nothing was read yet."""
        return self.pair().encoder

    def embedder(self, named: str) -> Encoder:
        """An embedder by name or folder, its files checked when it is first asked for."""
        from homeground.models import registry
        from homeground.models.encoder import load_encoder

        digest = registry.read_card(registry.find(named)).digest
        with self._opening:
            if digest not in self._encoders:
                self._encoders[digest] = load_encoder(named)
            return self._encoders[digest]

    def name_of(self, made: Made) -> str:
        """How the embedder that made an index is called; its digest where it is not there any more."""
        from homeground.models import registry

        card = registry.find_digest(made.embedder, made.model, self.settings.models.embedder)
        return card.name if card else made.model or made.embedder[:12]

    def wanted(self) -> str:
        """The embedder that homeground.toml names by now: another process may have written it since this one began."""
        path = self.home.parent / config.FILE_NAME
        return (config.load(path) if path.is_file() else self.settings).models.embedder

    def use_model(self, name: str, purpose: str) -> ModelCard | None:
        """Writes into homeground.toml which model does what, and uses it from now on; see ``Workspace.use_model``."""
        from homeground.models.choose import use_model
        from homeground.models.remote_name import remote_name

        path = self.home.parent / config.FILE_NAME
        elsewhere = remote_name(name, self.settings.remote)
        if purpose == "embedder" and not elsewhere and self.catalogue.facts("index"):
            raise ConfigError(
                "This workspace has passages already. Swap its embedder, compared and with a way back: "
                f"homeground models swap {name}"
            )
        card = use_model(path, name, purpose)
        self.settings = replace(self.settings, models=config.load(path).models)
        return card

    # -- Documents --------------------------------------------------------------------------------

    def sync(self, on_progress: Listener | None) -> Sync:
        """What brings the index up to date with the sources."""
        from homeground.ingest.sync import Sync

        def now() -> Encoder:
            return self.embedder(self.wanted())

        ingest = self.settings.ingest
        return Sync(self.catalogue, self.home, self._open_index, now(), ingest, on_progress, renew=now)

    def watch(self, on_report: Callable[[SyncReport], None], on_error: Callable[[HomegroundError], None]) -> Watch:
        """What syncs after every change in the sources."""
        from homeground.ingest.watch import Watch

        return Watch(self.sync(None), self.catalogue, on_report=on_report, on_error=on_error)

    def moving(self) -> Moving:
        """What makes the index follow a change of rules, or a removal."""
        from homeground.ingest.moving import Moving

        return Moving(self.catalogue, self.home, self._open_index, self.settings.ingest)

    def beside(self) -> BesideIndex:
        """What builds and keeps a second index for another embedder."""
        from homeground.ingest.beside import BesideIndex

        return BesideIndex(self.catalogue, self.home, self._open_index, self.settings.ingest)

    def cited(self, document: str, revision: str, page: int, principal: Principal) -> CitedPage:
        """A page of a revision, if the principal may read it; NotFoundError otherwise."""
        from homeground.access.policy import visible_to

        return self.catalogue.cited_page(visible_to(principal, self.catalogue), document, revision, page)

    @cached_property
    def uploads(self) -> Uploads:
        """The folder into which files are handed in."""
        from homeground.ingest.uploads import Uploads

        return Uploads(self.home.parent, self.home)

    def page_text(self, principal: Principal) -> Callable[[str, str, int], str]:
        """What gives the text of a page of a revision, as far as the principal may read it; NotFoundError otherwise."""
        return lambda document, revision, page: self.cited(document, revision, page, principal).text

    # -- The index --------------------------------------------------------------------------------

    def search(self, question: str, principal: Principal, limit: int, within: SearchFilter | None) -> list[Hit]:
        """The passages that match and that the principal may read, best first."""
        from homeground.access.policy import scope_of

        with self.steady():
            return self.hits(question, scope_of(principal, self.catalogue, within), limit)

    def hits(self, question: str, scope: Scope, limit: int, pair: Pair | None = None) -> list[Hit]:
        """The passages within the scope that match, best first; by the index that counts, unless by another pair."""
        from homeground.access.policy import settled
        from homeground.retrieve.search import Searcher

        asked = pair or self.pair()
        if asked.index is None:
            return []
        searcher = Searcher(asked.index, asked.encoder, self.catalogue)
        scored = settled(self.catalogue, lambda: searcher.search(question, scope, limit), lambda each: each.candidate)
        names = self.catalogue.describe({each.candidate.document for each in scored})
        return [_hit(each, names) for each in scored if _belongs(each, names)]

    def index_version(self) -> int:
        """Counts the commits of the index; 0 before the first."""
        index = self.pair().index
        return index.version if index else 0

    def index(self) -> PassageIndex:
        """The index that searches use now; WorkspaceError when nothing was read yet."""
        index = self.pair().index
        if index is None:
            raise WorkspaceError("Nothing was read yet. Add documents: homeground add FOLDER")
        return index

    def pair(self) -> Pair:
        """The index that counts now, and the embedder that made it; what the settings say by now acts at the next sync.

        Raises:
            ModelError: when that embedder is not there any more.
        """
        from homeground.ingest.recipe import made

        if pinned := self._pinned.get(()):
            return pinned[0]
        now = made(self.catalogue)
        if now is None:
            return Pair(None, self.embedder(self.settings.models.embedder))
        with self._opening:
            if self._newest is None or self._newest[0] != now.name:
                self._newest = (now.name, self.pair_of(now))
                self._encoders = {
                    name: each for name, each in self._encoders.items() if each is self._newest[1].encoder
                }
            return self._newest[1]

    def pair_of(self, made: Made) -> Pair:
        """An index, opened, with the embedder that made it."""
        return Pair(self._open_index(made.name, made.dimension), self.maker(made))

    def maker(self, made: Made) -> Encoder:
        """The embedder that made an index; ModelError when it is not there any more."""
        from homeground.models import registry

        named = self.settings.models.embedder
        card = registry.find_digest(made.embedder, made.model, named)
        if card is None:
            gone = f": {made.model}, which is not there any more" if made.model else ""
            raise ModelError(
                f"The index was made by another embedder than {named}{gone}. "
                "`homeground sync` embeds the passages anew; no file is read again."
            )
        return self.embedder(str(card.folder))

    def _open_index(self, name: str, dimension: int) -> PassageIndex:
        from homeground.index.lance import LanceIndex

        return LanceIndex.open(str(self.home / name), dimension)


def _belongs(scored: ScoredCandidate, names: dict[int, DocumentName]) -> bool:
    """Whether a passage carries the class that the catalogue says: an index from a backup may know older ones."""
    named = names.get(scored.candidate.document)
    return named is not None and named.access == scored.candidate.access


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
