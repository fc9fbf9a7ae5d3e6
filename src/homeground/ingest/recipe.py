"""What an index was made by, as the catalogue remembers it: the embedder, and how text is cut and analysed.

The catalogue's fact ``index`` names the index that counts; ``embedder``, ``model``, ``dimension`` and ``recipe`` say
what made it. Two indexes of one recipe hold the same rows for the same revisions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

from homeground.catalogue import Catalogue
from homeground.ingest.batch import Vectors, cut_pages
from homeground.settings import IngestSettings
from homeground.types import Heading, Page, ParsedDocument, Table

if TYPE_CHECKING:
    from homeground.index.contract import PassageIndex

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
    def model(self) -> str:
        """By what name or folder the same embedder is found again; empty when it is not known."""

    @property
    def dimension(self) -> int:
        """The length of a vector."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) vectors of unit length."""


OpenIndex = Callable[[str, int], "PassageIndex"]


@dataclass(frozen=True, slots=True)
class Made:
    """What an index was made by. ``embedder`` is a digest, ``model`` the name or folder under which it was found.

    ``recipe`` covers the embedder, the splitter and the analyser.
    """

    name: str
    embedder: str
    dimension: int
    recipe: str
    model: str = ""

    def facts(self) -> dict[str, str]:
        """As the catalogue keeps it."""
        described = asdict(self)
        return {"index": described.pop("name")} | {key: str(value) for key, value in described.items()}

    @property
    def number(self) -> int:
        """Indexes are counted: no name is given twice, so that whoever has one open is never shown another."""
        return int(self.name.rpartition("-")[2])


def made(catalogue: Catalogue) -> Made | None:
    """The index that counts now; None in a workspace that was never synced."""
    facts = catalogue.facts("index", "embedder", "dimension", "recipe", "model")
    if "index" not in facts:
        return None
    dimension = int(facts["dimension"])
    return Made(facts["index"], facts["embedder"], dimension, facts["recipe"], facts.get("model", ""))


def recipe(embedder: Embedder, settings: IngestSettings) -> str:
    """One digest of all that decides what is in the index: shown by doing it, on a small sample."""
    return recipe_of(embedder.digest, settings)


def recipe_of(digest: str, settings: IngestSettings) -> str:
    """The recipe of an embedder that is known by its digest alone."""
    page = Page(
        1,
        _SAMPLE,
        "",
        (Heading(0, 1, "Widgets and Gears"),),
        (Table(_SAMPLE.index("Year"), _SAMPLE.index("東京"), "Year Revenue"),),
    )
    cut = cut_pages(ParsedDocument("Sample", "text/plain", (page,)), "sample.txt", settings)
    shown = json.dumps([digest, settings.passage_words, settings.overlap_words, repr(cut)])
    return hashlib.sha256(shown.encode()).hexdigest()
