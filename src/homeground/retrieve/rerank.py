"""Second look at the candidates: is it the document that the question names, and the kind of passage that it asks for?

likely_documents(question, names)            where else to look for candidates
rerank(evidence, relevance, names)           new scores of the candidates

A question that names no document leaves the scores as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeground.index.analyser import analyse
from homeground.retrieve.directory import Directory, directory
from homeground.retrieve.evidence import Evidence
from homeground.retrieve.fuse import standardised
from homeground.retrieve.question import Asked, Naming, asked, naming

if TYPE_CHECKING:
    from homeground.catalogue.records import DocumentName

Scores = NDArray[np.float32]

_SURE = 0.5  # confidence below which looking into the named documents costs more than it could bring
_NEAR_BEST = 2.5  # documents whose prior is at most this much below the best are looked into
_DENSE = 1.0
_LEXICAL = 0.5
_OPENING = 0.3
_FIGURES = 0.3
_FIGURES_ASKED = 0.3
_NAME = 4.0
_YEAR = 3.0
_PERIOD = 1.0
_NEXT_YEAR = 0.5
_OPENING_TERMS = 30
_DEPTH = 5.0
_DIGITS = "0123456789"


def likely_documents(question: str, names: Mapping[int, DocumentName]) -> frozenset[int]:
    """The documents of `names` that the question names best; none when it names none."""
    known = directory(names)
    read = asked(question)
    named = naming(read, known)
    if named.confidence < _SURE:
        return frozenset()
    worth = _priors(read, named, known, named.documents)
    best = max(worth.values(), default=0.0)
    return frozenset(document for document, value in worth.items() if value >= best - _NEAR_BEST)


def rerank(evidence: Evidence, relevance: Scores, names: Mapping[int, DocumentName]) -> Scores:
    """The scores of the candidates in [0, 1], in the order of `evidence.candidates`.

    The surer it is that documents are named, the more the relevance gives way to what counts inside a document.
    """
    known = directory(names)
    read = asked(evidence.question)
    named = naming(read, known)
    confidence = named.confidence * _depth(named, evidence)
    if not confidence:
        return relevance
    priors = _priors(read, named, known, {row.document for row in evidence.candidates})
    inside = _fitness(read, named, evidence) + np.array([priors[row.document] for row in evidence.candidates])
    before = np.log(relevance / (1 - relevance + 1e-6) + 1e-6)
    return _squashed((1 - confidence) * before + confidence * inside)


def _depth(named: Naming, evidence: Evidence) -> float:
    """Whether there is something to choose from inside the named documents: 0 for a passage each, 1 for many."""
    found = [row.document for row in evidence.candidates if named.documents.get(row.document) == 1.0]
    return min(1.0, max(0.0, len(found) / max(1, len(set(found))) - 1) / _DEPTH)


# -- Which document -----------------------------------------------------------------------------


def _priors(read: Asked, named: Naming, known: Directory, documents: Collection[int]) -> dict[int, float]:
    """What speaks for each of `documents`: that it is named, and that its year and period are those asked for."""
    borne = {year for document in named.documents for year in known.years(document)}
    year = max(read.years & borne or read.years, default=0)
    return {
        document: _NAME * named.documents.get(document, 0.0)
        + _YEAR * _year_fit(year, known.years(document))
        - _PERIOD * bool(known.periods(document) - read.periods)
        for document in documents
    }


def _year_fit(year: int, own: Collection[int]) -> float:
    """1 for the year; less for the year after, whose reports show the year before beside their own."""
    return 1.0 if year in own else _NEXT_YEAR if year + 1 in own else 0.0


# -- Which passage in it ------------------------------------------------------------------------


def _fitness(read: Asked, named: Naming, evidence: Evidence) -> Scores:
    topical = _topical(read, named, evidence)
    figures = np.array(
        [sum(map(row.text.count, _DIGITS)) / (len(row.text) + 1) for row in evidence.candidates], np.float32
    )
    fitness = (
        _DENSE * standardised(evidence.dense)
        + _LEXICAL * standardised(_lexical(evidence, topical))
        + _OPENING * standardised(_openings(evidence, topical))
        + (_FIGURES + _FIGURES_ASKED * read.figure) * standardised(figures)
    )
    return np.asarray(fitness, np.float32)


def _topical(read: Asked, named: Naming, evidence: Evidence) -> Scores:
    """The weights of the question's terms without those that only say which document is meant."""
    spent = {term for place in named.words for term in analyse(read.words[place])}
    years = tuple(map(str, read.years))
    kept = [term not in spent and not any(year in term for year in years) for term in evidence.terms]
    return np.asarray(evidence.weights * np.array(kept), np.float32)


def _lexical(evidence: Evidence, weights: Scores) -> Scores:
    lengths = np.array([len(row.terms) for row in evidence.candidates], np.float32)
    damping = 1.2 * (0.25 + 0.75 * lengths / max(float(lengths.mean()), 1.0))
    return np.asarray(evidence.counts * 2.2 / (evidence.counts + damping[:, None]) @ weights, np.float32)


def _openings(evidence: Evidence, weights: Scores) -> Scores:
    openings = [set(row.terms[:_OPENING_TERMS]) for row in evidence.candidates]
    held = np.array([[term in opening for term in evidence.terms] for opening in openings], np.float32)
    return np.asarray(held.reshape(len(openings), -1) @ weights, np.float32)


def _squashed(scores: Scores) -> Scores:
    return np.asarray(1 / (1 + np.exp(-scores / 2)), np.float32)
