"""The index beside: built for another embedder while the present one answers, kept after a cut-over to go back to.

There is one at most, and the catalogue's fact ``beside`` describes it. What it holds is compared with the catalogue
each time, document by document and revision by revision: so a killed build goes on, and an index that was kept for
months is brought up to date by embedding what changed. Nobody asks it before one catalogue transaction makes it the
index. What a sync takes out of the index goes out of this one as well: deleted text does not lie about on the disk.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from homeground.catalogue import Catalogue, KnownFile
from homeground.errors import StorageError, WorkspaceError
from homeground.ingest.batch import FINISH_CHUNK, align, reconcile, recover
from homeground.ingest.progress import Meter
from homeground.ingest.recipe import Embedder, Made, OpenIndex, made, recipe, recipe_of
from homeground.ingest.stored import Part, parts_of, rows_of_part
from homeground.settings import IngestSettings

if TYPE_CHECKING:
    from homeground.index.contract import PassageIndex

COMING, ASIDE, KEPT = "coming", "aside", "kept"
_ROUNDS = 3  # of embedding what came meanwhile, before the rest is done under the lock
_FLOAT_BYTES = 4
_TIDYING = 1.5  # times the index: compaction writes files anew before it deletes the old ones

Lock = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Beside:
    """The index beside: what made it, and what it is there for.

    ``role`` is coming (on its way), aside (complete; a person decides) or kept (to go back to). ``seen`` names the
    commit of the counting index after which nothing outdated was left here; empty when that is not known.
    """

    made: Made
    role: str
    seen: str = ""

    def facts(self) -> dict[str, str]:
        """As the catalogue keeps it."""
        return {"beside": json.dumps(asdict(self))}


NOTHING = {"beside": ""}


def beside(catalogue: Catalogue) -> Beside | None:
    """The index that lies beside the one that counts; None when there is none."""
    text = catalogue.facts("beside").get("beside")
    if not text:
        return None
    told = json.loads(text)
    return Beside(Made(**told["made"]), told["role"], told["seen"])


def fresh_name(catalogue: Catalogue) -> tuple[str, dict[str, str]]:
    """A name that no index ever had, and the fact that says so."""
    there, now = beside(catalogue), made(catalogue)
    given = int(catalogue.facts("indexes").get("indexes", "0"))
    number = 1 + max(given, now.number if now else 0, there.made.number if there else 0)
    return f"passages-{number}", {"indexes": str(number)}


class BesideIndex:
    """What is done to the index beside. All but ``embed`` and ``room`` is for the holder of the writer's lock."""

    def __init__(self, catalogue: Catalogue, home: Path, open_index: OpenIndex, settings: IngestSettings) -> None:
        self.catalogue, self.home, self.open_index, self.settings = catalogue, home, open_index, settings

    # -- Building ---------------------------------------------------------------------------------

    def begin(self, embedder: Embedder, role: str = COMING) -> Beside:
        """The index to build for this embedder: the one that lies there when it fits, else a new one in its place."""
        want = recipe(embedder, self.settings)
        there = beside(self.catalogue)
        if there and there.made.recipe == want:
            target = replace(there, role=role)
            if target != there:
                self.catalogue.set(**target.facts())
            return target
        self.drop()
        name, given = fresh_name(self.catalogue)
        target = Beside(Made(name, embedder.digest, embedder.dimension, want, embedder.model), role)
        shutil.rmtree(self.home / name, ignore_errors=True)
        self.catalogue.set(**target.facts(), **given)
        return target

    def embed(self, target: Beside, embedder: Embedder, meter: Meter, lock: Lock) -> int:
        """Embeds what the index lacks; returns how many documents it was.

        The lock is held when a part is written, and at the end for making the search structures: in between others may
        sync, and what they bring is embedded too, but for a last rest that ``settle`` finds.
        """
        index = self._open(target.made)
        done = 0
        for _ in range(_ROUNDS):
            files = self._compare(index)[0]
            if not files:
                break
            done += self._embed(target, index, files, embedder, meter, lock)
        with lock():
            self._counting(target)
            index.maintain()
        return done

    def settle(self, target: Beside, embedder: Embedder, meter: Meter) -> tuple[PassageIndex, int]:
        """Makes the index hold exactly what the catalogue says; returns it, and how many documents it lacked."""
        now = self._counting(target)
        counting = self.open_index(now.name, now.dimension)
        make_whole(self.catalogue, counting)
        index = self._open(target.made)
        files, gone = self._compare(index)
        self._take_out(index, gone)
        done = self._embed(target, index, files, embedder, meter, nullcontext) if files else 0
        align(self.catalogue, index)
        index.maintain()
        return index, done

    def take_over(self, target: Beside, index: PassageIndex) -> None:
        """From this instant on it is the index; the one before is kept beside. ``settle`` it under the same lock."""
        old = self._counting(target)
        kept = Beside(old, KEPT).facts()
        self.catalogue.set(**target.made.facts(), index_version=str(index.version), rebuilding="", **kept)

    # -- Afterwards -------------------------------------------------------------------------------

    def set_aside(self, target: Beside) -> None:
        """It is complete, and waits for a decision."""
        self.catalogue.set(**replace(target, role=ASIDE, seen="").facts())

    def drop(self) -> Beside | None:
        """Deletes the index beside; returns what it was."""
        there = beside(self.catalogue)
        if there:
            self.catalogue.set(**NOTHING)  # first: an index that the catalogue knows is never half a one
            shutil.rmtree(self.home / there.made.name, ignore_errors=True)
        return there

    def prune(self, counting: str) -> None:
        """Takes out what is outdated. ``counting`` names the commit of the counting index: once for each.

        When passages are cut in another way now, none of the rows will ever be of use: then all of them go.
        """
        there = beside(self.catalogue)
        if there is None or there.seen == counting:
            return
        folder = self.home / there.made.name
        if there.made.recipe != recipe_of(there.made.embedder, self.settings):
            shutil.rmtree(folder, ignore_errors=True)
        elif folder.exists():
            index = self._open(there.made)
            if gone := self._compare(index)[1]:
                self._take_out(index, gone)
                index.maintain()
        self.catalogue.set(**replace(there, seen=counting).facts())

    def follow(self) -> None:
        """Gives its passages the access classes that the catalogue says; what is not asked is as closed as the rest."""
        there = beside(self.catalogue)
        if there and (self.home / there.made.name).exists():
            align(self.catalogue, self._open(there.made))

    def room(self, dimension: int) -> tuple[int, int]:
        """Bytes that an index of such vectors will take, and bytes that are free; StorageError when they do not do."""
        now = made(self.catalogue)
        if now is None:
            return 0, shutil.disk_usage(self.home).free
        passages = sum(each.passages for each in self.catalogue.known_files())
        more = _FLOAT_BYTES * passages * (dimension - now.dimension)
        need = max(size_of(self.home / now.name) + more, _FLOAT_BYTES * passages * dimension)
        there, free = beside(self.catalogue), shutil.disk_usage(self.home).free
        usable = free + (size_of(self.home / there.made.name) if there else 0)
        if usable < _TIDYING * need:
            raise StorageError(
                f"A second index beside the first takes about {_TIDYING * need / 1e6:,.0f} MB while it is built, and "
                f"{usable / 1e6:,.0f} MB are free in {self.home}. Make room, or move the workspace."
            )
        return need, free

    # -- Inside -----------------------------------------------------------------------------------

    def _open(self, wanted: Made) -> PassageIndex:
        return self.open_index(wanted.name, wanted.dimension)

    def _counting(self, target: Beside) -> Made:
        """The index that counts, while the target is still what lies beside it, and cut in the same way."""
        now, there = made(self.catalogue), beside(self.catalogue)
        if now is None or there is None or there.made != target.made:
            raise WorkspaceError("Another process has put something else beside the index. Run the command again.")
        if now.recipe != recipe_of(now.embedder, self.settings):
            raise WorkspaceError("The passages are cut in another way now. Run homeground sync first, then this again.")
        return now

    def _compare(self, index: PassageIndex) -> tuple[list[KnownFile], list[int]]:
        """The documents that the index lacks in their current revision, and those that it should not hold."""
        known = [each for each in self.catalogue.known_files() if each.passages and not each.withheld]
        held, current = index.revisions(), {each.document: each.sha256 for each in known}
        lacking = [each for each in known if held.get(each.document) != each.sha256]
        return lacking, [document for document, revision in held.items() if current.get(document) != revision]

    def _take_out(self, index: PassageIndex, documents: list[int]) -> None:
        for start in range(0, len(documents), FINISH_CHUNK):
            index.replace(documents[start : start + FINISH_CHUNK], [])

    def _embed(
        self, target: Beside, index: PassageIndex, files: list[KnownFile], embedder: Embedder, meter: Meter, lock: Lock
    ) -> int:
        meter.expect("rebuild", len(files), sum(each.stamp.size for each in files))
        for part in parts_of(self.catalogue, files, self.settings):
            rows = rows_of_part(part, embedder, meter)
            with lock():
                self._counting(target)
                still = self._standing(part)
                index.replace(still, [row for row in rows if row.document in still])
            for known, _ in part:
                meter.count(1, known.stamp.size, name=known.name)
        return len(files)

    def _standing(self, part: Part) -> Collection[int]:
        """Those of the part that are still what they were when their pages were read."""
        standing = self.catalogue.standing({known.document for known, _ in part})
        return {known.document for known, _ in part if (known.document, known.sha256) in standing}


def make_whole(catalogue: Catalogue, index: PassageIndex) -> None:
    """Completes or undoes what a killed run left in the counting index."""
    recover(catalogue, index)
    if catalogue.facts("index_version").get("index_version") != str(index.version):
        reconcile(catalogue, index)  # whoever wrote last was killed, or one of the two is from a backup


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder; 0 when it is not there."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # old versions are deleted meanwhile
            total += path.stat().st_size if path.is_file() else 0
    return total
