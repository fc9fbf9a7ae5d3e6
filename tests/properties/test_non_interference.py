"""What a principal finds, and with which scores, does not depend on documents that it may not read."""

import random
from pathlib import Path

import pytest

from homeground.access.policy import scope_of, visible_to
from homeground.catalogue import Catalogue
from homeground.errors import NotFoundError
from homeground.ingest.rebuild import made
from homeground.ingest.sources import add_source
from homeground.ingest.sync import Sync
from homeground.retrieve.search import Searcher
from homeground.types import Principal, SearchFilter

BOB = Principal("bob")
WORDS = [f"word{number}" for number in range(60)]
RARE = [f"rare{number}" for number in range(60)]


def text(rng: random.Random) -> str:
    pages = [" ".join(rng.choices(WORDS, k=30) + rng.choices(RARE, k=3)) for _ in range(rng.randint(1, 3))]
    return "\f".join(pages)


class Office:
    """A workspace with an open and a secret folder."""

    def __init__(self, base: Path, actor, opened: list[str], secret: list[str]) -> None:
        from homeground.index.lance import LanceIndex

        self.base, self.home, self.embedder = base, base / "home", actor.WordEmbedder()
        self.home.mkdir(parents=True)
        self.catalogue = Catalogue(self.home / "catalogue.db", create=True)
        self.index = None
        self._actor, self._open = actor, lambda name, size: LanceIndex.open(str(self.home / name), size)
        # The secret comes first, so that its documents have ids before and between those of the others.
        self.fill("secret", secret[::2], ["group:board"])
        self.fill("open", opened, ["everyone"])
        self.fill("secret", secret, ["group:board"])

    def fill(self, folder: str, texts: list[str], grants: list[str]) -> None:
        (self.base / folder).mkdir(exist_ok=True)
        for number, content in enumerate(texts):
            (self.base / folder / f"{number:03}.txt").write_text(content)
        add_source(self.catalogue, self.home, str(self.base / folder), grants=grants, name=folder)
        Sync(
            self.catalogue, self.home, self._open, self.embedder, self._actor.SETTINGS, None, self._actor.TextPool
        ).run()
        now = made(self.catalogue)
        self.index = self._open(now.name, now.dimension)

    def find(self, question: str, principal: Principal, limit: int):
        searcher = Searcher(self.index, self.embedder, self.catalogue)
        found = searcher.search(question, scope_of(principal, self.catalogue), limit)
        names = self.catalogue.describe({each.candidate.document for each in found})
        return [
            (Path(names[each.candidate.document].name).name, each.candidate.page, each.candidate.text, each.score)
            for each in found
        ]


@pytest.mark.parametrize("seed", [1, 2])
def test_hits_and_scores_ignore_what_is_forbidden(tmp_path, actor, seed):
    rng = random.Random(seed)
    opened = [text(rng) for _ in range(25)]
    secret = [text(rng) for _ in range(40)]
    offices = [
        Office(tmp_path / "without", actor, opened, []),
        Office(tmp_path / "with", actor, opened, secret),
        Office(tmp_path / "other", actor, opened, [RARE[1] + " " + each for each in secret[:7]]),
    ]
    for _ in range(25):
        question = " ".join(rng.sample(WORDS, 3) + rng.sample(RARE, 2))
        without, *others = (office.find(question, BOB, 10) for office in offices)
        assert without
        assert all(other == without for other in others)
    for office in offices:
        office.catalogue.close()


def test_nothing_else_tells_of_what_is_forbidden(tmp_path, actor):
    rng = random.Random(3)
    opened, secret = [text(rng) for _ in range(6)], ["merger " + text(rng) for _ in range(6)]
    without = Office(tmp_path / "without", actor, opened, []).catalogue
    office = Office(tmp_path / "with", actor, opened, secret)
    catalogue = office.catalogue
    access = visible_to(BOB, catalogue)
    assert catalogue.counts(access) == without.counts(visible_to(BOB, without))
    assert catalogue.statistics(access, ["merger", *WORDS]) == without.statistics(
        visible_to(BOB, without), ["merger", *WORDS]
    )
    assert len(catalogue.documents(access)) == 6
    said = set()
    for name, source in [("secret", None), (None, "secret"), ("absent", None), (None, "absent")]:
        with pytest.raises(NotFoundError) as error:
            if source:
                scope_of(BOB, catalogue, SearchFilter(source))
            else:
                catalogue.cited_page(access, str(tmp_path / "with" / name / "000.txt"), "", 1)
        said.add(str(error.value).replace(name or source, "NAME"))
    assert len(said) == 2, "forbidden and absent read the same"
    assert all("merger" not in each[2] for each in office.find("merger", BOB, 50))
    for each in (without, catalogue):
        each.close()
