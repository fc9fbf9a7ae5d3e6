"""Read documents → rows of the index, and the protocol that makes a batch of them true in one instant.

prepare (catalogue) → replace (index: the instant of truth) → finish (catalogue). See ``catalogue.writing``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeground.catalogue import Catalogue, NewRevision, TermCounts
from homeground.ingest.plan import Job
from homeground.moments import in_utc
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
    return passages, texts, tuple(tuple(analyse(text, reading=True)) for text in texts)


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
    there = catalogue.classes([each for entry in entries for each in (entry.job.document, entry.job.replaces) if each])
    entries, vectors = _still_wanted(entries, vectors, there)
    new = [entry for entry in entries if entry.job.document is None]
    made = catalogue.new_documents(
        [(found.source, found.path, found.name, found.permission) for found in (entry.job.found for entry in new)]
    )
    ids = {id(entry): document for entry, document in zip(new, made, strict=True)}
    documents = [entry.job.document or ids[id(entry)] for entry in entries]
    puts = [replace(entry.cut.revision, document=each) for entry, each in zip(entries, documents, strict=True)]
    drops = [each for each in (entry.job.replaces for entry in entries) if each in there and each is not None]
    classes = catalogue.classes(documents)  # by the rules of now: a change from here on finds the documents moving
    rows = [
        row
        for entry, document, part in zip(entries, documents, vectors, strict=True)
        for row in rows_of(replace(entry.cut, access=classes[document]), document, part)
    ]
    _commit(catalogue, index, puts, drops, rows)


def _still_wanted(
    entries: Sequence[Entry], vectors: Sequence[Vectors], there: Collection[int]
) -> tuple[list[Entry], list[Vectors]]:
    """Without documents that were taken out while their files were read."""
    wanted = [
        (entry, part)
        for entry, part in zip(entries, vectors, strict=True)
        if entry.job.document is None or entry.job.document in there
    ]
    return [entry for entry, _ in wanted], [part for _, part in wanted]


def commit_drops(catalogue: Catalogue, index: PassageIndex, drops: Sequence[int]) -> None:
    """Takes documents out; some may be gone already."""
    for start in range(0, len(drops), FINISH_CHUNK):
        there = sorted(catalogue.classes(drops[start : start + FINISH_CHUNK]))
        if there:
            _commit(catalogue, index, [], there, [])


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
    align(catalogue, index)
    return len(wrong)


def align(catalogue: Catalogue, index: PassageIndex) -> None:
    """Gives every passage in the index the access class that the catalogue says."""
    held = index.classes()
    wanted = catalogue.classes(held)
    index.place({document: access for document, access in wanted.items() if held[document] != access})


def tend(catalogue: Catalogue, index: PassageIndex) -> int:
    """Brings documents whose class has changed into their new one, and takes out those that were removed; returns how
    many went. Only the holder of the writer's lock may call it."""
    moving = sorted(catalogue.moving().items())
    for start in range(0, len(moving), FINISH_CHUNK):
        some = dict(moving[start : start + FINISH_CHUNK])
        index.place(some)
        catalogue.land(some)
    going = catalogue.taken_out()
    commit_drops(catalogue, index, going)
    return len(going)


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
