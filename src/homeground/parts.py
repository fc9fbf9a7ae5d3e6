"""Settings in, parts out: the only file that names back-ends.

parts = Parts(home, settings)        # opens the catalogue
parts.hits(question, scope, limit)   # searches the index that counts now
parts.answerer("rcg")                # what answers, loaded when it is first asked for
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from homeground import config
from homeground.catalogue import Catalogue
from homeground.errors import ConfigError, ModelError, WorkspaceError
from homeground.types import Flag, Hit, Principal

if TYPE_CHECKING:
    from homeground.answer.generate import Writer
    from homeground.answer.reader import Reader
    from homeground.answer.understood import Understood
    from homeground.catalogue import CitedPage, DocumentName
    from homeground.catalogue.conversations import KeptTurn
    from homeground.index.contract import PassageIndex, Scope
    from homeground.ingest.progress import Listener
    from homeground.ingest.sync import Sync
    from homeground.models.encoder import Encoder
    from homeground.models.local import LocalGenerator
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
    def generator(self) -> LocalGenerator | None:
        """The generator that the settings name, its files checked; None for the built-in reader."""
        from homeground.models.local import load_generator
        from homeground.models.registry import READER

        named = self.settings.models.answer
        return None if named == READER else load_generator(named, self.settings.local)

    def answerer(self, mode: str) -> Reader | Writer:
        """What answers in a knowledge mode; ConfigError when it is none, or none that the reader can."""
        from homeground.answer.generate import Writer
        from homeground.answer.prompts import MODES
        from homeground.answer.reader import Reader

        known = next((each for each in MODES if each == mode), None)
        if known is None:
            raise ConfigError(f"{mode!r} is no knowledge mode: choose one of {', '.join(MODES)}")
        if self.generator is not None:
            return Writer(self.generator, self.encoder, known, self.settings.answer.max_tokens)
        if known != "rcg":
            raise ConfigError(
                f"The built-in reader only quotes: {known} needs a generator. See `homeground models use --help`"
            )
        return Reader(self.encoder)

    def digests(self) -> dict[str, str]:
        """The models that take part in an answer, by name."""
        writing = {self.generator.name: self.generator.digest} if self.generator else {}
        return {self.encoder.name: self.encoder.digest} | writing

    def understanding(
        self, turns: Sequence[KeptTurn], tell: Callable[[str], None] | None
    ) -> Callable[[str], Understood] | None:
        """What makes a follow-up question standalone after these turns; None where there are none.

        ``tell`` gets the question when it was changed.

        Where the generator runs elsewhere, nothing out of a document takes part: earlier answers are not sent.
        """
        from homeground.access.history import earlier
        from homeground.answer.understood import understood

        if not turns:
            return None
        before = earlier(turns, own_words=bool(self.generator and self.generator.destination))

        def understand(question: str) -> Understood:
            found = understood(question, before, self.generator)
            if found.standalone and tell:
                tell(found.standalone)
            return found

        return understand

    # -- Documents --------------------------------------------------------------------------------

    def sync(self, on_progress: Listener | None) -> Sync:
        """What brings the index up to date with the sources."""
        from homeground.ingest.sync import Sync

        return Sync(self.catalogue, self.home, self._open_index, self.encoder, self.settings.ingest, on_progress)

    def cited(self, document: str, revision: str, page: int, principal: Principal) -> CitedPage:
        """A page of a revision, if the principal may read it; NotFoundError otherwise."""
        from homeground.access.policy import visible_to

        return self.catalogue.cited_page(visible_to(principal, self.catalogue), document, revision, page)

    def flags(self, names: Sequence[str], scope: Scope) -> dict[tuple[str, str], tuple[Flag, ...]]:
        """The flagged places of the documents of these names, by name and revision."""
        from homeground.catalogue import flagging

        with self.catalogue.reading() as connection:
            return flagging.of_documents(connection, scope.access, names)

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
