"""The passage index for writing: which one it is, whole after a crash, and made by today's embedder and rules.

The catalogue's fact ``index`` names the index; ``embedder`` and ``recipe`` say what made it. When the embedder, the
splitter or the analyser has changed, a new index is built beside the old one from the stored pages (nothing is parsed
again), and one catalogue transaction makes it the index: a search uses one or the other, never vectors of two
embedders. A killed rebuild goes on where it was. The old index is deleted by the next sync, when nobody reads it any
more.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from homeground.catalogue import Catalogue, KnownFile, NewRevision, TermCounts
from homeground.config import IngestSettings
from homeground.ingest.batch import Cut, Vectors, cut_document, cut_pages, reconcile, recover, rows_of
from homeground.ingest.progress import Meter
from homeground.types import Heading, Page, ParsedDocument, Table

if TYPE_CHECKING:
    from homeground.index.contract import PassageIndex

_ENCODE_AT_ONCE = 256
_SAMPLE = """Widgets and Gears

The AX-200/7b sold 1,577.00 units in FY2022, up 12.5 % ("net"). Re-ordering isn't allowed!

• first point
• second point

Year\tRevenue
2021\t$3.1m
2022\t$4.0m

東京都の人口は約1400万人です。北京是中国的首都。 Größe: café.
"""


class Embedder(Protocol):
    """What a sync asks of an embedder."""

    @property
    def digest(self) -> str:
        """Names the exact weights."""

    @property
    def dimension(self) -> int:
        """The length of a vector."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) vectors of unit length."""


OpenIndex = Callable[[str, int], "PassageIndex"]


@dataclass(frozen=True, slots=True)
class Made:
    """What an index was made by. ``recipe`` covers the embedder, the splitter and the analyser."""

    name: str
    embedder: str
    dimension: int
    recipe: str

    def facts(self) -> dict[str, str]:
        """As the catalogue keeps it."""
        return {"index": self.name, "embedder": self.embedder, "dimension": str(self.dimension), "recipe": self.recipe}


def made(catalogue: Catalogue) -> Made | None:
    """The index that counts now; None in a workspace that was never synced."""
    facts = catalogue.facts("index", "embedder", "dimension", "recipe")
    return (
        Made(facts["index"], facts["embedder"], int(facts["dimension"]), facts["recipe"]) if "index" in facts else None
    )


def recipe(embedder: Embedder, settings: IngestSettings) -> str:
    """One digest of all that decides what is in the index: shown by doing it, on a small sample."""
    page = Page(
        1,
        _SAMPLE,
        "",
        (Heading(0, 1, "Widgets and Gears"),),
        (Table(_SAMPLE.index("Year"), _SAMPLE.index("東京"), "Year Revenue"),),
    )
    cut = cut_pages(ParsedDocument("Sample", "text/plain", (page,)), "sample.txt", settings)
    shown = json.dumps([embedder.digest, settings.passage_words, settings.overlap_words, repr(cut)])
    return hashlib.sha256(shown.encode()).hexdigest()


class Rebuild:
    """Opens the index for writing; the holder of the writer's lock does this first."""

    def __init__(
        self, catalogue: Catalogue, home: Path, open_index: OpenIndex, embedder: Embedder, settings: IngestSettings
    ) -> None:
        self.catalogue, self.home, self.open_index = catalogue, home, open_index
        self.embedder, self.settings = embedder, settings

    def open(self, meter: Meter) -> tuple[PassageIndex, int]:
        """The index, recovered and up to date, and how many documents were embedded anew for it."""
        now = made(self.catalogue)
        want = recipe(self.embedder, self.settings)
        if now is None:
            now = Made("passages-1", self.embedder.digest, self.embedder.dimension, want)
            self._clear(keep=())
            self.catalogue.set(**now.facts())
        index = self.open_index(now.name, now.dimension)
        recover(self.catalogue, index)
        if self.catalogue.facts("index_version").get("index_version") != str(index.version):
            reconcile(self.catalogue, index)  # whoever wrote last was killed, or one of the two is from a backup
        if now.recipe == want:
            self._clear(keep=(now.name,))
            return index, 0
        return self._rebuild(now, want, meter)

    def _clear(self, keep: Sequence[str]) -> None:
        """Deletes indexes that do not count: of a rebuild that was given up, or from before one."""
        for folder in self.home.glob("passages-*"):
            if folder.name not in keep:
                shutil.rmtree(folder)

    def _rebuild(self, old: Made, want: str, meter: Meter) -> tuple[PassageIndex, int]:
        new = self._target(old, want)
        index = self.open_index(new.name, new.dimension)
        done = self.catalogue.recounted()
        files = [each for each in self.catalogue.known_files() if each.document not in done]
        meter.expect("rebuild", len(files), sum(each.stamp.size for each in files))
        for part in self._parts(files):
            self._embed(index, part, meter)
            for known, _ in part:
                meter.count(1, known.stamp.size, name=known.name)
        index.maintain()
        self.catalogue.apply_recounts(**new.facts())
        return index, len(files)

    def _target(self, old: Made, want: str) -> Made:
        """The index to build: the one that a killed rebuild began, if it was for the same recipe."""
        begun = self.catalogue.facts("rebuilding").get("rebuilding", "")
        number = int(old.name.rpartition("-")[2]) + 1
        new = Made(f"passages-{number}", self.embedder.digest, self.embedder.dimension, want)
        if begun != f"{new.name} {want}":
            self._clear(keep=(old.name,))
            self.catalogue.begin_recounts(rebuilding=f"{new.name} {want}")
        return new

    def _parts(self, files: Sequence[KnownFile]) -> Iterator[list[tuple[KnownFile, Cut]]]:
        part: list[tuple[KnownFile, Cut]] = []
        for known in files:
            part.append((known, self._cut(known)))
            if sum(len(cut.passages) for _, cut in part) >= self.settings.batch_passages:
                yield part
                part = []
        if part:
            yield part

    def _cut(self, known: KnownFile) -> Cut:
        parsed = self.catalogue.parsed(known.document)
        revision = NewRevision(known.document, known.sha256, known.stamp, known.reader, parsed, TermCounts())
        return cut_document(revision, known.source, known.access, known.name, self.settings)

    def _embed(self, index: PassageIndex, part: Sequence[tuple[KnownFile, Cut]], meter: Meter) -> None:
        vectors = encode_all([cut for _, cut in part], self.embedder, meter)
        rows = [
            row for (known, cut), some in zip(part, vectors, strict=True) for row in rows_of(cut, known.document, some)
        ]
        index.replace({known.document for known, _ in part}, rows)
        self.catalogue.stage_recounts({known.document: cut.revision.terms for known, cut in part})


def encode_all(cuts: Sequence[Cut], embedder: Embedder, meter: Meter) -> list[Vectors]:
    """One array of vectors per cut. In slices: progress shows and Ctrl-C is heard between them."""
    texts = [text for cut in cuts for text in cut.texts]
    slices = []
    for at in range(0, len(texts), _ENCODE_AT_ONCE):
        slices.append(embedder.encode(texts[at : at + _ENCODE_AT_ONCE]))
        meter.count(passages=len(slices[-1]))
    vectors = np.concatenate(slices) if slices else np.zeros((0, embedder.dimension), np.float32)
    ends = np.cumsum([len(cut.texts) for cut in cuts])
    return np.split(vectors, ends[:-1]) if len(cuts) else []
