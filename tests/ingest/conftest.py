"""A workspace without models and worker processes: everything that a sync does, in memory and in milliseconds."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from homeground.catalogue import Catalogue
from homeground.ingest.progress import Progress, SyncReport
from homeground.ingest.sources import add_source
from homeground.ingest.sync import Sync
from homeground.settings import IngestSettings
from homeground.types import Page, ParsedDocument


class TinyEmbedder:
    """Texts of the same length have the same vector."""

    def __init__(self, digest: str = "tiny", dimension: int = 4) -> None:
        self.digest, self.dimension, self.encoded, self.model = digest, dimension, 0, digest

    def encode(self, texts):
        self.encoded += len(texts)
        vectors = np.ones((len(texts), self.dimension), np.float32)
        vectors[:, 0] = [len(text) for text in texts]
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class MemoryIndex:
    """The part of an index that a sync uses."""

    def __init__(self, dimension: int) -> None:
        self.dimension, self.version, self.rows = dimension, 0, {}
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    def replace(self, documents, rows) -> int:
        self.before()
        assert {row.document for row in rows} <= set(documents)
        assert all(row.vector.shape == (self.dimension,) for row in rows)
        kept = {document: old for document, old in self.rows.items() if document not in documents}
        for row in rows:
            kept.setdefault(row.document, []).append(row)
        self.rows, self.version = kept, self.version + 1
        self.after()
        return self.version

    def revisions(self, documents=None) -> dict[int, str]:
        asked = self.rows if documents is None else documents
        return {each: self.rows[each][0].revision for each in asked if each in self.rows}

    def place(self, classes) -> int:
        for document in set(classes) & set(self.rows):
            self.rows[document] = [replace(row, access=classes[document]) for row in self.rows[document]]
            self.version += 1
        return self.version

    def classes(self) -> dict[int, int]:
        return {document: rows[0].access for document, rows in self.rows.items()}

    def maintain(self) -> None:
        pass


@dataclass(frozen=True)
class Parsed:
    path: Path
    document: ParsedDocument | None
    problem: str | None
    seconds: float
    sha256: str


class TextPool:
    """Reads text files, one page a form feed. ``during`` is called with each path while it is being read."""

    def __init__(self, during: Callable[[Path], None] = lambda path: None) -> None:
        self.during, self.read = during, []

    def __call__(self, settings: IngestSettings) -> "TextPool":
        return self

    def __enter__(self) -> "TextPool":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def parse_all(self, paths) -> Iterator[Parsed]:
        for path in paths:
            self.read.append(path.name)
            yield self._parse(path)

    def _parse(self, path: Path) -> Parsed:
        try:
            data = path.read_bytes()
        except OSError as error:
            self.during(path)
            return Parsed(path, None, error.strerror, 0.0, "")
        self.during(path)
        digest = hashlib.sha256(data).hexdigest()
        if b"BROKEN" in data:
            return Parsed(path, None, "it is broken", 0.0, digest)
        texts = data.decode().split("\f")
        pages = tuple(Page(number, text, problem=None if text else "no text") for number, text in enumerate(texts, 1))
        return Parsed(path, ParsedDocument(path.stem, "text/plain", pages), None, 0.0, digest)


@dataclass
class World:
    """A workspace and the folder that it is kept in step with."""

    home: Path
    folder: Path
    catalogue: Catalogue
    embedder: TinyEmbedder = field(default_factory=TinyEmbedder)
    pool: TextPool = field(default_factory=TextPool)
    settings: IngestSettings = field(default_factory=IngestSettings)
    indexes: dict[str, MemoryIndex] = field(default_factory=dict)
    told: list[Progress] = field(default_factory=list)

    @property
    def index(self) -> MemoryIndex:
        return self.indexes[self.catalogue.facts("index")["index"]]

    def open_index(self, name: str, dimension: int) -> MemoryIndex:
        (self.home / name).mkdir(exist_ok=True)
        return self.indexes.setdefault(name, MemoryIndex(dimension))

    def write(self, name: str, text: str, *, age: float = 60) -> Path:
        """Writes a file as of a minute ago, unless said otherwise: old enough to be trusted."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        then = time.time_ns() - int(age * 1e9)
        os.utime(path, ns=(then, then))
        return path

    def add(self, given: str = "docs", **more):
        return add_source(self.catalogue, self.home, given, **more)

    def syncing(self) -> Sync:
        return Sync(
            self.catalogue, self.home, self.open_index, self.embedder, self.settings, self.told.append, self.pool
        )

    def sync(self, **options) -> SyncReport:
        report = self.syncing().run(**options)
        self.check()
        return report

    def check(self) -> None:
        """The index and the catalogue say the same, nothing is on its way, and every sum is right."""
        assert self.catalogue.pending() == []
        documents = {each.id: each for each in self.documents()}
        assert {each: rows[0].revision for each, rows in self.index.rows.items()} == {
            each: document.revision for each, document in documents.items() if document.passages
        }
        for document, rows in self.index.rows.items():
            for row in rows:
                page = self.catalogue.page_text(document, row.revision, row.page)
                assert page[row.start : row.end] == row.text
        self.check_statistics()

    def check_statistics(self) -> None:
        rows = [row for some in self.index.rows.values() for row in some]
        terms = {term for row in rows for term in row.terms}
        found = self.catalogue.statistics(self.everything(), terms)
        assert found.passages == len(rows)
        assert found.mean_length == (sum(len(row.terms) for row in rows) / len(rows) if rows else 0)
        assert found.frequency == {term: sum(term in row.terms for row in rows) for term in terms}

    def everything(self) -> frozenset[int]:
        return frozenset(source.access for source in self.catalogue.sources())

    def documents(self):
        return self.catalogue.documents(self.everything())

    def texts(self) -> dict[str, str]:
        """What the index answers with, by document."""
        names = self.catalogue.describe(set(self.index.rows))
        return {names[each].name: " ".join(row.text for row in rows) for each, rows in self.index.rows.items()}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    home, folder = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    (folder / "docs").mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setattr("homeground.ingest.plan._RACY_NS", 0)  # files of these tests are made a moment before
    catalogue = Catalogue(home / "catalogue.db", create=True)
    yield World(home, folder, catalogue)
    catalogue.close()
