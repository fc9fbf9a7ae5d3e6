"""Read documents → rows of the index, and the protocol that makes a batch of them true in one instant.

prepare (catalogue) → replace (index: the instant of truth) → finish (catalogue). See ``catalogue.writing``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeground.catalogue import Catalogue, NewRevision, TermCounts
from homeground.catalogue.schema import in_utc
from homeground.ingest.plan import Job
from homeground.settings import IngestSettings
from homeground.types import ParsedDocument, Passage

if TYPE_CHECKING:
    from homeground.index.contract import PassageIndex, Row

Vectors = NDArray[np.float32]

FINISH_CHUNK = 2_000  # documents dropped in one batch


@dataclass(frozen=True, slots=True)
class Cut:
    """A revision, cut into passages: all that the index needs of it except the vectors.

    ``texts`` are what is embedded, ``terms`` what lexical search sees; both in the order of ``passages``.
    """

    revision: NewRevision
    source: int
    access: int
    passages: tuple[Passage, ...] = ()
    texts: tuple[str, ...] = ()
    terms: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A cut document on its way into a batch, and the job that it came from."""

    job: Job
    cut: Cut


def cut_document(revision: NewRevision, source: int, access: int, name: str, settings: IngestSettings) -> Cut:
    """Splits and analyses what was read; nothing readable gives a cut without passages."""
    if revision.parsed is None:
        return Cut(revision, source, access)
    passages, texts, terms = cut_pages(revision.parsed, name, settings)
    counted = replace(revision, terms=count_terms(terms))
    return Cut(counted, source, access, passages, texts, terms)


def cut_pages(
    parsed: ParsedDocument, name: str, settings: IngestSettings
) -> tuple[tuple[Passage, ...], tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Passages, the texts under which they are embedded, and their terms."""
    from homeground.index.analyser import analyse
    from homeground.ingest.split import embedding_text, split

    passages = tuple(split(parsed, name, settings))
    texts = tuple(embedding_text(parsed.title, passage) for passage in passages)
    return passages, texts, tuple(tuple(analyse(text)) for text in texts)


def count_terms(terms: Sequence[Sequence[str]]) -> TermCounts:
    """The lexical statistics of one document."""
    frequency = Counter(term for passage in terms for term in set(passage))
    return TermCounts(len(terms), sum(len(passage) for passage in terms), frequency)


def rows_of(cut: Cut, document: int, vectors: Vectors) -> list[Row]:
    """The rows of the index for one document; ``vectors`` is (passages, dimension)."""
    from homeground.index.contract import Row

    parsed = cut.revision.parsed
    date = in_utc(parsed.date) if parsed and parsed.date else None
    return [
        Row(
            document=document,
            revision=cut.revision.sha256,
            source=cut.source,
            access=cut.access,
            date=date,
            ordinal=ordinal,
            page=passage.page,
            start=passage.start,
            end=passage.end,
            text=passage.text,
            context=passage.context,
            terms=terms,
            vector=vector,
        )
        for ordinal, (passage, terms, vector) in enumerate(zip(cut.passages, cut.terms, vectors, strict=True))
    ]


def commit(catalogue: Catalogue, index: PassageIndex, entries: Sequence[Entry], vectors: Sequence[Vectors]) -> None:
    """Makes the revisions of ``entries`` true; ``vectors`` has one array per entry."""
    new = [entry for entry in entries if entry.job.document is None]
    made = catalogue.new_documents(
        [(entry.job.found.source, entry.job.found.path, entry.job.found.name) for entry in new]
    )
    ids = {id(entry): document for entry, document in zip(new, made, strict=True)}
    documents = [entry.job.document or ids[id(entry)] for entry in entries]
    puts = [replace(entry.cut.revision, document=each) for entry, each in zip(entries, documents, strict=True)]
    drops = [entry.job.replaces for entry in entries if entry.job.replaces is not None]
    rows = [
        row
        for entry, document, part in zip(entries, documents, vectors, strict=True)
        for row in rows_of(entry.cut, document, part)
    ]
    _commit(catalogue, index, puts, drops, rows)


def commit_drops(catalogue: Catalogue, index: PassageIndex, drops: Sequence[int]) -> None:
    """Takes documents out."""
    for start in range(0, len(drops), FINISH_CHUNK):
        _commit(catalogue, index, [], drops[start : start + FINISH_CHUNK], [])


def _commit(
    catalogue: Catalogue, index: PassageIndex, puts: Sequence[NewRevision], drops: Sequence[int], rows: Sequence[Row]
) -> None:
    batch = catalogue.prepare(puts, drops)
    index.replace({put.document for put in puts} | set(drops), rows)
    catalogue.finish(batch)


def reconcile(catalogue: Catalogue, index: PassageIndex) -> int:
    """Withholds documents of which the index does not hold the current revision; the sync reads them anew.

    After a restored backup, say, of the catalogue or of the index. Returns how many they were.
    """
    expected = {each.document: each.sha256 for each in catalogue.known_files() if each.passages}
    held = index.revisions(expected)
    wrong = [document for document, revision in expected.items() if held.get(document) != revision]
    catalogue.withhold(wrong)
    return len(wrong)


def recover(catalogue: Catalogue, index: PassageIndex) -> None:
    """Completes or undoes what a killed run left. Only the holder of the writer's lock may call it.

    The index commit is atomic: if it holds one new revision of the batch, it holds them all. A batch that puts no
    passage (deletions, documents without text) leaves no such trace, but doing it twice is the same as doing it once.
    """
    for batch in catalogue.pending():
        if not batch.held:
            index.replace(batch.documents, [])
            catalogue.finish(batch.id)
        elif any(batch.held[each] == revision for each, revision in index.revisions(batch.held).items()):
            catalogue.finish(batch.id)
        else:
            catalogue.discard(batch.id)
    catalogue.sweep()
