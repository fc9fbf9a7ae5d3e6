"""A folder, the workspace that follows it, and a plain model of what must be true of what is found.

The model knows, for every document name, what may be answered from it now: exactly the bytes on the disk after a
completed sync; after a killed one, what was on the disk at the last completed sync or at any attempt since.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from homeground.access.policy import scope_of, settled, visible_to
from homeground.catalogue import Catalogue
from homeground.index.contract import Scope
from homeground.ingest.beside import beside
from homeground.ingest.rebuild import made
from homeground.retrieve.search import Searcher
from homeground.types import Principal

PEOPLE = {
    "bob": Principal("bob"),
    "ann": Principal("ann"),
    "hr": Principal("carl", frozenset({"hr"})),
    "owner": Principal("root", frozenset({"hr"}), owner=True),
}
GRANTS = (["everyone"], ["group:hr"], ["user:ann", "group:hr"], ["owner"])
EMBEDDERS = (("words", 32), ("other", 16), ("third", 24))
MOST_FILES = 18  # three pages each: fewer passages than one leg of a search brings home

Content = str | None
Pages = dict[int, str]


class Writer:
    """The process that syncs and gets killed; see actor.py. One for all towns: a new life costs milliseconds."""

    def __init__(self, script: Path) -> None:
        command = [sys.executable, "-W", "error", script]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._born(self.hear())

    def _born(self, said: str) -> int:
        word, pid = said.split()
        assert word == "ready", said
        return int(pid)

    def hear(self) -> str:
        return self.process.stdout.readline().rstrip("\n")

    def send(self, *command: object) -> None:
        print(json.dumps(command), file=self.process.stdin, flush=True)

    def tell(self, *command: object) -> None:
        self.send(*command)
        said = self.hear()
        assert said == "done", said

    def finished(self) -> bool:
        """Waits for the answer to a command that may be deadly: whether it was done."""
        said = self.hear()
        if said != "done":
            self.pid = self._born(said)
        return said == "done"

    def kill(self) -> bool:
        """Kills it now; whether the command before was done by then."""
        os.kill(self.pid, signal.SIGKILL)
        said = self.hear()
        done = said == "done"
        self.pid = self._born(self.hear() if done else said)
        return done

    def end(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(30) == 0


@dataclass
class Town:
    """One folder and one workspace. ``embedder`` is the one that searches use."""

    base: Path
    writer: Writer
    embedder: object
    rng: random.Random
    files: dict[str, str] = field(default_factory=dict)
    possible: dict[str, set[Content]] = field(default_factory=dict)
    grants: dict[str, list[str]] = field(default_factory=dict)
    versions: int = 0
    kills: int = 0
    syncs: int = 0

    def __post_init__(self) -> None:
        self.home = self.base / "home"
        self.home.mkdir()
        for folder in ("docs/hr", "more"):
            (self.base / folder).mkdir(parents=True)
        self.revive()
        self.catalogue = Catalogue(self.home / "catalogue.db")
        self.index, self.index_name = None, ""
        for source in ("docs", "more"):
            self.grant(source, ["everyone"])

    # -- The writer -------------------------------------------------------------------------------

    def revive(self) -> None:
        self.writer.tell("home", str(self.base))

    def sync(self) -> None:
        self.writer.tell("sync")
        self._attempted(finished=True)

    def sync_until(self, instant: str) -> bool:
        """A sync that dies at the instant, if it gets there; whether it died."""
        self.writer.send("sync", instant)
        return self._attempted(self.writer.finished())

    def sync_for(self, seconds: float) -> bool:
        """A sync that is killed after a while; whether it was not done by then."""
        self.writer.send("sync")
        time.sleep(seconds)
        died = self._attempted(self.writer.kill())
        if not died:
            self.revive()
        return died

    def change_embedder(self, instant: str = "") -> bool:
        """Swaps to one of the embedders, goes back, gives up or stops half-way; whether it died at the instant."""
        now = made(self.catalogue)
        if now is None:
            return False
        command = self.rng.choice(("swap", "swap", "swap", "back", "settle", "settle", "build", "build", "drop"))
        other = self.rng.choice([each for each in EMBEDDERS if each[0] != now.embedder])
        if command in ("build", "drop"):
            self.writer.tell(command, *(other if command == "build" else ()))
            return False
        self.writer.send(command, *(other if command == "swap" else ()), instant)
        died = not self.writer.finished()
        self.kills += died
        return died

    def _attempted(self, finished: bool) -> bool:
        if finished:
            self.syncs += 1
            self.possible = {name: {text} for name, text in self.files.items()}
            return False
        self.kills += 1
        for name in {*self.files, *self.possible}:
            self.possible.setdefault(name, {None}).add(self.files.get(name))
        return True

    # -- What happens to the folder -----------------------------------------------------------------

    def step(self) -> None:
        """One thing, chosen at random."""
        doings = [self.write] * 4 + [self.change] * 4 + [self.delete] * 2 + [self.rename] * 2 + [self.swap, self.touch]
        doings += [self.spoil, self.regrant, self.nest]
        self.rng.choice(doings)()

    def _pick(self) -> str | None:
        return self.rng.choice(sorted(self.files)) if self.files else None

    def _free(self) -> str:
        folder = self.rng.choice(("docs", "docs/hr", "more", "docs/sub"))
        return f"{folder}/{self.rng.randrange(10**6)}.txt"

    def _put(self, name: str, text: str) -> None:
        (self.base / name).parent.mkdir(parents=True, exist_ok=True)
        (self.base / name).write_text(text)
        self.files[name] = text

    def _text(self) -> str:
        self.versions += 1
        words = (f"common version{self.versions} page{number}" for number in range(self.rng.randint(1, 3)))
        return "\f".join(words)

    def write(self) -> None:
        if len(self.files) < MOST_FILES:
            self._put(self._free(), self._text())

    def change(self) -> None:
        name = self._pick()
        if name:
            self._put(name, self._text())

    def spoil(self) -> None:
        name = self._pick()
        if name:
            self._put(name, self.rng.choice(("BROKEN", "", self.files[name])))

    def delete(self) -> None:
        name = self._pick()
        if name:
            (self.base / name).unlink()
            del self.files[name]

    def rename(self) -> None:
        name, new = self._pick(), self._free()
        if name and new not in self.files:
            (self.base / new).parent.mkdir(parents=True, exist_ok=True)
            (self.base / name).rename(self.base / new)
            self.files[new] = self.files.pop(name)

    def swap(self) -> None:
        if len(self.files) > 1:
            one, other = self.rng.sample(sorted(self.files), 2)
            first, second = self.files[one], self.files[other]
            self._put(one, second)
            self._put(other, first)

    def touch(self) -> None:
        name = self._pick()
        if name:
            (self.base / name).touch()

    def regrant(self) -> None:
        self.grant(self.rng.choice(sorted(self.grants)), self.rng.choice(GRANTS))
        self.check()  # it acts on the next question

    def grant(self, source: str, grants: list[str]) -> None:
        self.writer.tell("add", source, grants)
        self.grants[source] = grants

    def nest(self) -> None:
        """Adds or removes a source within another: its documents are hidden until they have moved."""
        if "docs/hr" in self.grants:
            self.writer.tell("remove", "docs/hr")
            del self.grants["docs/hr"]
        else:
            self.grant("docs/hr", self.rng.choice(GRANTS))
        for name, texts in self.possible.items():
            if name.startswith("docs/hr/"):
                texts.add(None)
        self.check()

    # -- What must be true ----------------------------------------------------------------------------

    def may_read(self, name: str, person: Principal) -> bool:
        source = max((each for each in self.grants if name.startswith(each + "/")), key=len)
        return bool(person.grants & set(self.grants[source]))

    def find(self, person: Principal, question: str = "common") -> dict[str, Pages]:
        """All that a search brings this person: the text of each page, by document name."""
        index = self._reader()
        if index is None:
            return {}
        searcher = Searcher(index, self.embedder, self.catalogue)
        scope = scope_of(person, self.catalogue)
        shown: dict[str, Pages] = {}
        with self.catalogue.steady():
            found = settled(self.catalogue, lambda: searcher.search(question, scope, 500), lambda each: each.candidate)
            names = self.catalogue.describe({each.candidate.document for each in found})
            for hit in (each.candidate for each in found):
                page = self.catalogue.page_text(hit.document, hit.revision, hit.page)
                assert page[hit.start : hit.end] == hit.text, "a citation that does not hold"
                shown.setdefault(names[hit.document].name, {})[hit.page] = hit.text
        return shown

    def _reader(self):
        from homeground.index.lance import LanceIndex

        now = made(self.catalogue)
        if now is None:  # nothing was ever synced
            return None
        if now.name != self.index_name:
            self.index, self.index_name = LanceIndex.open(str(self.home / now.name), now.dimension), now.name
        assert (self.embedder.digest, self.embedder.dimension) == (now.embedder, now.dimension), (
            "vectors of two embedders"
        )
        return self.index

    def check(self) -> None:
        """Nothing stale, nothing leaked, nothing lost; and whole documents only."""
        for person in PEOPLE.values():
            found = self.find(person)
            for name, pages in found.items():
                assert self.may_read(name, person), f"leaked: {name} to {person}"
                assert any(pages == pages_of(text) for text in self.possible[name]), f"stale or mixed: {name} {pages}"
            for name, texts in self.possible.items():
                if self.may_read(name, person) and all(pages_of(text) for text in texts):
                    assert name in found, f"lost: {name}"
            listed = {each.name for each in self.catalogue.documents(visible_to(person, self.catalogue))}
            assert all(self.may_read(name, person) for name in listed)

    def check_settled(self) -> None:
        """After a completed sync: exact."""
        self.check()
        assert self.catalogue.pending() == []
        for person in PEOPLE.values():
            mine = {name: text for name, text in self.files.items() if self.may_read(name, person)}
            access = visible_to(person, self.catalogue)
            assert {each.name for each in self.catalogue.documents(access)} == set(mine)
            passages = sum(len(pages_of(text)) for text in mine.values())
            counted = self.catalogue.statistics(access, ["common"])
            assert (counted.passages, counted.frequency.get("common", 0)) == (passages, passages)
        self._look_for_the_old()
        self._look_into(self._reader())
        self._look_beside()

    def _look_into(self, index) -> None:
        """The index itself holds nothing but what is current: no orphans that merely are not shown."""
        scope = scope_of(PEOPLE["owner"], self.catalogue)
        everything = Scope(access=frozenset(range(1, 100)) | scope.access)
        rows = index.read(lambda found: found.rows(found.lexical(["common"], everything, 1000)))
        standing = self.catalogue.standing({row.document for row in rows})
        assert {(row.document, row.revision) for row in rows} <= standing, "orphans in the index"

    def _look_beside(self) -> None:
        """Nor does the index beside, which nobody asks: and no other index is left over."""
        from homeground.index.lance import LanceIndex

        there = beside(self.catalogue)
        known = {made(self.catalogue).name, there.made.name if there else ""}
        assert {folder.name for folder in self.home.glob("passages-*")} <= known, "an index that nobody needs"
        if there and (self.home / there.made.name).exists():
            self._look_into(LanceIndex.open(str(self.home / there.made.name), there.made.dimension))

    def _look_for_the_old(self) -> None:
        """Asks for what was replaced or deleted; whatever comes must be of today."""
        if self.versions:
            asked = f"version{self.rng.randint(1, self.versions)} common"
            today = {page for text in self.files.values() for page in pages_of(text).values()}
            for pages in self.find(PEOPLE["owner"], asked).values():
                assert set(pages.values()) <= today


def pages_of(text: Content) -> Pages:
    """The pages that a search can find of a text."""
    if text is None or "BROKEN" in text:
        return {}
    return {number: page for number, page in enumerate(text.split("\f"), 1) if page}


def instants(rng: random.Random, methods: Iterable[str]) -> str:
    """A random instant to die at."""
    return f"{rng.choice(('before', 'after'))} {rng.choice(tuple(methods))} {rng.choice((1, 1, 1, 2, 3))}"
