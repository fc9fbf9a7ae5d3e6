"""A writer that lives in a process of its own, so that it can be killed: reads commands from stdin, one JSON list a
line.

["home", folder]        takes up the workspace in this folder, with the embedder of the beginning
["add", path, grants]   adds a source, or changes its grants
["remove", name]        removes a source
["rule", target, allow, deny, instant]
                        sets a rule of access, or clears it when both lists are null; likewise deadly
["take", name, instant] removes a document; ["give", name] restores it
["embed", name, size]   from now on with another embedder
["build", name, size]   builds the index of another embedder beside the present one, and leaves it at that
["swap", name, size, instant]
                        swaps to another embedder; kills itself at the given instant, as below
["back", instant]       goes back to the embedder before, likewise
["settle", instant]     cuts over to what lies beside, whatever came since it was built
["drop"]                deletes the index beside
["sync", instant]       syncs; kills itself with SIGKILL at the given instant, if any:
                        a method of the catalogue or the index, whether before or after it, and at which call:
                        "after replace 2"

Answers "done" after each, or "error WORDS". When it is killed, the process that it was forked from, which has imported
everything and done nothing, brings forth the next; each begins by saying "ready PID".
"""

import hashlib
import json
import os
import signal
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from homeground.access import removal, rules
from homeground.catalogue import Catalogue
from homeground.ingest.beside import COMING, KEPT, Beside, BesideIndex, beside
from homeground.ingest.lock import writer_lock
from homeground.ingest.moving import Moving
from homeground.ingest.progress import Meter
from homeground.ingest.sources import add_source
from homeground.ingest.sync import Sync
from homeground.settings import IngestSettings
from homeground.types import Page, ParsedDocument, Principal

METHODS = (
    *("new_documents", "prepare", "replace", "finish", "rename", "restamp", "maintain"),
    *("begin_recounts", "stage_recounts", "apply_recounts", "note_look"),
)
SWAPPING = ("set", "set", "replace", "replace", "maintain", "revisions", "decide")
SETTINGS = IngestSettings(batch_passages=4)
ROOT = Principal("root", owner=True)


class WordEmbedder:
    """Texts that share words have near vectors."""

    def __init__(self, digest: str = "words", dimension: int = 32) -> None:
        self.name, self.digest, self.dimension, self.model = "words", digest, dimension, digest

    def encode(self, texts) -> np.ndarray:
        return np.stack([self._one(text) for text in texts])

    def _one(self, text: str) -> np.ndarray:
        vector = np.full(self.dimension, 1e-3, np.float32)
        for word in text.lower().split():
            vector[zlib.crc32(word.encode()) % self.dimension] += 1
        return vector / np.linalg.norm(vector)


@dataclass(frozen=True)
class TextPool:
    """Reads text files in this process, a page to each form feed."""

    settings: IngestSettings

    def __enter__(self) -> "TextPool":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def parse_all(self, paths) -> Iterator[SimpleNamespace]:
        for path in paths:
            yield self._parse(path)

    def _parse(self, path: Path) -> SimpleNamespace:
        try:
            data = path.read_bytes()
        except OSError as error:
            return SimpleNamespace(path=path, document=None, problem=str(error), seconds=0.0, sha256="")
        digest = hashlib.sha256(data).hexdigest()
        if b"BROKEN" in data:
            return SimpleNamespace(path=path, document=None, problem="broken", seconds=0.0, sha256=digest)
        pages = tuple(Page(number, text) for number, text in enumerate(data.decode().split("\f"), 1))
        document = ParsedDocument("", "text/plain", pages)
        return SimpleNamespace(path=path, document=document, problem=None, seconds=0.0, sha256=digest)


class Actor:
    """The writer of one workspace."""

    def __init__(self, folder: Path) -> None:
        os.chdir(folder)
        self.home = folder / "home"
        self.catalogue = Catalogue(self.home / "catalogue.db", create=True)
        self.setting = self.home / "embedder.json"  # what homeground.toml is to a workspace
        self.embedder = WordEmbedder(*json.loads(self.setting.read_text())) if self.setting.exists() else WordEmbedder()

    def add(self, path: str, grants: list[str] | None) -> None:
        add_source(self.catalogue, self.home, path, grants=grants)

    def remove(self, name: str) -> None:
        self._sync().remove(self.catalogue.source(name))

    def rule(self, target: str, allow: list[str] | None, deny: list[str] | None, instant: str = "") -> None:
        catalogue = deadly(self.catalogue, instant)
        if allow is None and deny is None:
            rules.clear_rule(catalogue, target, ROOT)
        else:
            rules.set_rule(catalogue, target, allow, deny, ROOT)
        self._follow(instant)

    def take(self, name: str, instant: str = "") -> None:
        removal.remove(deadly(self.catalogue, instant), name, ROOT)
        self._follow(instant)

    def give(self, name: str) -> None:
        removal.restore(self.catalogue, name, ROOT)

    def _follow(self, instant: str) -> None:
        Moving(deadly(self.catalogue, instant), self.home, self._opener(instant), SETTINGS).finish()

    def embed(self, digest: str, dimension: int) -> None:
        self.embedder = WordEmbedder(digest, dimension)

    def build(self, digest: str, dimension: int) -> None:
        self._build(self._beside(""), WordEmbedder(digest, dimension), COMING)

    def swap(self, digest: str, dimension: int, instant: str = "") -> None:
        self._swap(WordEmbedder(digest, dimension), COMING, instant)

    def back(self, instant: str = "") -> None:
        there = beside(self.catalogue)
        if there and there.role == KEPT:
            self._swap(WordEmbedder(there.made.embedder, there.made.dimension), KEPT, instant)

    def settle(self, instant: str = "") -> None:
        if there := beside(self.catalogue):
            embedder = WordEmbedder(there.made.embedder, there.made.dimension)
            self._cut_over(self._beside(instant), there, embedder, deadly(self, instant))

    def drop(self) -> None:
        with writer_lock(self.home):
            self._beside("").drop()

    def decide(self, embedder: WordEmbedder) -> None:
        """As `models swap`: the setting is written just before the index takes over."""
        self.embedder = embedder
        self.setting.with_suffix(".new").write_text(json.dumps([embedder.digest, embedder.dimension]))
        self.setting.with_suffix(".new").replace(self.setting)

    def _swap(self, embedder: WordEmbedder, role: str, instant: str) -> None:
        index = self._beside(instant)
        self._cut_over(index, self._build(index, embedder, role), embedder, deadly(self, instant))

    def _cut_over(self, index: BesideIndex, target: Beside, embedder: WordEmbedder, me: object) -> None:
        with writer_lock(self.home):
            new, _ = index.settle(target, embedder, Meter(None))
            me.decide(embedder)
            index.take_over(target, new)

    def _build(self, index: BesideIndex, embedder: WordEmbedder, role: str):
        lock = partial(writer_lock, self.home)
        with lock():
            target = index.begin(embedder, role)
        index.embed(target, embedder, Meter(None), lock)
        return target

    def _beside(self, instant: str) -> BesideIndex:
        return BesideIndex(deadly(self.catalogue, instant), self.home, self._opener(instant), SETTINGS)

    def sync(self, instant: str = "") -> None:
        self._sync(instant).run(wait=True)

    def _sync(self, instant: str = "") -> Sync:
        opener = self._opener(instant)
        return Sync(deadly(self.catalogue, instant), self.home, opener, self.embedder, SETTINGS, None, TextPool)

    def _opener(self, instant: str):
        def open_index(name: str, dimension: int):
            from homeground.index.lance import LanceIndex

            return deadly(LanceIndex.open(str(self.home / name), dimension), instant)

        return open_index


def deadly(thing: object, instant: str) -> object:
    """The same thing, but the process dies at the instant."""
    if not instant:
        return thing
    when, what, call = instant.split()
    return Deadly(thing, when, what, int(call)) if hasattr(thing, what) else thing


class Deadly:
    """Passes everything on, except life."""

    def __init__(self, thing: object, when: str, what: str, call: int) -> None:
        self._thing, self._when, self._what, self._left = thing, when, what, call

    def __getattr__(self, name: str):
        found = getattr(self._thing, name)
        return self._wrap(found) if name == self._what else found

    def _wrap(self, method: Callable[..., object]) -> Callable[..., object]:
        def run(*arguments: object, **named: object) -> object:
            self._left -= 1
            if self._left == 0 and self._when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = method(*arguments, **named)
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return run


def live() -> None:
    """One life: until killed, or the end of the commands."""
    print(f"ready {os.getpid()}", flush=True)
    actor = None
    for line in sys.stdin:
        try:
            verb, *arguments = json.loads(line)
            if verb == "home":
                actor = Actor(Path(*arguments))
            else:
                getattr(actor, verb)(*arguments)
            print("done", flush=True)
        except Exception as error:
            print(f"error {type(error).__name__} {error}".replace("\n", " "), flush=True)


def main() -> None:
    """A life after another."""
    import lancedb  # noqa: F401 - once for all lives

    warnings.filterwarnings("ignore", "lancedb fork support", RuntimeWarning)
    while True:
        child = os.fork()
        if not child:
            live()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return


if __name__ == "__main__":
    main()
