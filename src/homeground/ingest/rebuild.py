"""The passage index for writing: which one it is, whole after a crash, and made by today's embedder and rules.

When the embedder of the settings, the splitter or the analyser has changed, a new index is built beside the old one
from the stored pages (nothing is parsed again), and one catalogue transaction makes it the index: a search uses one or
the other, never vectors of two embedders. A killed rebuild goes on where it was. The old index is deleted by the next
sync, when nobody reads it any more. Where ``ingest.beside`` has an index of this very recipe, that one takes over.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from homeground.catalogue import Catalogue
from homeground.ingest.batch import align
from homeground.ingest.beside import NOTHING, Beside, BesideIndex, beside, fresh_name, make_whole
from homeground.ingest.progress import Meter
from homeground.ingest.recipe import Embedder, Made, OpenIndex, made, recipe, recipe_of
from homeground.ingest.stored import Part, parts_of, rows_of_part
from homeground.settings import IngestSettings

if TYPE_CHECKING:
    from homeground.index.contract import PassageIndex


class Rebuild:
    """Opens the index for writing; the holder of the writer's lock does this first."""

    def __init__(
        self, catalogue: Catalogue, home: Path, open_index: OpenIndex, embedder: Embedder, settings: IngestSettings
    ) -> None:
        self.catalogue, self.home, self.open_index = catalogue, home, open_index
        self.embedder, self.settings = embedder, settings
        self.beside = BesideIndex(catalogue, home, open_index, settings)

    def open(self, meter: Meter) -> tuple[PassageIndex, int]:
        """The index, recovered and up to date, and how many documents were embedded anew for it."""
        now = made(self.catalogue)
        want = recipe(self.embedder, self.settings)
        if now is None:
            name, given = fresh_name(self.catalogue)
            now = Made(name, self.embedder.digest, self.embedder.dimension, want, self.embedder.model)
            self._clear(keep=())
            self.catalogue.set(**now.facts(), **given)
        index = self.open_index(now.name, now.dimension)
        make_whole(self.catalogue, index)
        there = beside(self.catalogue)
        if now.recipe == want:
            if self.catalogue.facts("rebuilding").get("rebuilding"):  # it was given up: nothing goes on with it
                self.catalogue.set(rebuilding="")
            self._clear(keep=(now.name, there.made.name if there else ""))
            return index, 0
        if there and there.made.recipe == want and now.recipe == recipe_of(now.embedder, self.settings):
            return self._take_over(there, meter)
        return self._rebuild(now, want, meter)

    def _clear(self, keep: Sequence[str]) -> None:
        """Deletes indexes that do not count: of a rebuild that was given up, or from before one."""
        for folder in self.home.glob("passages-*"):
            if folder.name not in keep:
                shutil.rmtree(folder)

    def _take_over(self, there: Beside, meter: Meter) -> tuple[PassageIndex, int]:
        """A swap of the embedder was decided, and killed before its end; or the settings name what was kept."""
        index, done = self.beside.settle(there, self.embedder, meter)
        self.beside.take_over(there, index)
        return index, done

    def _rebuild(self, old: Made, want: str, meter: Meter) -> tuple[PassageIndex, int]:
        new = self._target(old, want)
        index = self.open_index(new.name, new.dimension)
        done = self.catalogue.recounted()
        files = [each for each in self.catalogue.known_files() if each.document not in done]
        meter.expect("rebuild", len(files), sum(each.stamp.size for each in files))
        for part in parts_of(self.catalogue, files, self.settings):
            self._embed(index, part, meter)
            for known, _ in part:
                meter.count(1, known.stamp.size, name=known.name)
        align(self.catalogue, index)  # rules may have changed since the first of them was embedded
        index.maintain()
        self.catalogue.apply_recounts(**new.facts(), rebuilding="")
        return index, len(files)

    def _target(self, old: Made, want: str) -> Made:
        """The index to build: the one that a killed rebuild began, if it was for the same recipe."""
        name, _, begun = self.catalogue.facts("rebuilding").get("rebuilding", "").partition(" ")
        if begun == want:
            return Made(name, self.embedder.digest, self.embedder.dimension, want, self.embedder.model)
        name, given = fresh_name(self.catalogue)
        self.catalogue.set(**NOTHING)
        self._clear(keep=(old.name,))
        self.catalogue.begin_recounts(rebuilding=f"{name} {want}", **given)
        return Made(name, self.embedder.digest, self.embedder.dimension, want, self.embedder.model)

    def _embed(self, index: PassageIndex, part: Part, meter: Meter) -> None:
        rows = rows_of_part(part, self.embedder, meter)
        index.replace({known.document for known, _ in part}, rows)
        self.catalogue.stage_recounts({known.document: cut.revision.terms for known, cut in part})
