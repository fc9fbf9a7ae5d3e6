"""Stored pages → passages → vectors → rows: an index is filled without reading any file again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from homeground.catalogue import Catalogue, KnownFile, NewRevision, TermCounts
from homeground.ingest.batch import Cut, Vectors, cut_document, rows_of
from homeground.ingest.progress import Meter
from homeground.ingest.recipe import Embedder
from homeground.settings import IngestSettings

if TYPE_CHECKING:
    from homeground.index.contract import Row

_ENCODE_AT_ONCE = 256

Part = list[tuple[KnownFile, Cut]]


def parts_of(catalogue: Catalogue, files: Sequence[KnownFile], settings: IngestSettings) -> Iterator[Part]:
    """Whole documents, cut anew, together about ``batch_passages`` passages a part."""
    part: Part = []
    for known in files:
        part.append((known, _cut(catalogue, known, settings)))
        if sum(len(cut.passages) for _, cut in part) >= settings.batch_passages:
            yield part
            part = []
    if part:
        yield part


def _cut(catalogue: Catalogue, known: KnownFile, settings: IngestSettings) -> Cut:
    parsed = catalogue.parsed(known.document, known.sha256)
    revision = NewRevision(known.document, known.sha256, known.stamp, known.reader, parsed, TermCounts())
    return cut_document(revision, known.source, known.access, known.name, settings)


def rows_of_part(part: Part, embedder: Embedder, meter: Meter) -> list[Row]:
    """The rows of every document of the part."""
    vectors = encode_all([cut for _, cut in part], embedder, meter)
    return [row for (known, cut), some in zip(part, vectors, strict=True) for row in rows_of(cut, known.document, some)]


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
