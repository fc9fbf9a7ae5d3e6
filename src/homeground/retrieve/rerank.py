"""Second look at the candidates: is it the document that the question names, and the kind of passage that it asks for?

likely_documents(question, names)            where else to look for candidates
rerank(evidence, relevance, names)           new scores of the candidates

A question that names no document leaves the scores as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeground.index.analyser import analyse
from homeground.retrieve.evidence import Evidence
from homeground.retrieve.fuse import standardised
from homeground.retrieve.question import Asked, Named, asked, labelled, naming

if TYPE_CHECKING:
    from homeground.catalogue.records import DocumentName

Scores = NDArray[np.float32]

_NEAR_BEST = 0.6  # documents named at least this far, relative to the one named best, are looked into
_DENSE = 1.5
_LEXICAL = 0.5
_OPENING = 0.3
_FIGURES = 0.3
_FIGURES_ASKED = 0.3
_NAME = 4.0
_YEAR = 2.0
_PERIOD = 1.0
_NEXT_YEAR = 0.5
_OPENING_TERMS = 40
_DIGITS = re.compile(r"\d")


def likely_documents(question: str, names: Mapping[int, DocumentName]) -> frozenset[int]:
    """The documents of `names` that the question names best; none when it names none."""
    read = asked(question)
    named = naming(read, names)
    worth = {document: one.weight * (1 + _fit(read, names[document])) for document, one in named.items()}
    best = max(worth.values(), default=0.0)
    return frozenset(document for document, weight in worth.items() if weight >= _NEAR_BEST * best)


def rerank(evidence: Evidence, relevance: Scores, names: Mapping[int, DocumentName]) -> Scores:
    """The scores of the candidates in [0, 1], in the order of `evidence.candidates`."""
    read = asked(evidence.question)
    named = naming(read, names)
    prior = _priors(read, named, evidence, names)
    if not prior.any():
        return relevance
    return _squashed(_fitness(read, named, evidence) + prior)


def _priors(read: Asked, named: Mapping[int, Named], evidence: Evidence, names: Mapping[int, DocumentName]) -> Scores:
    best = max((one.weight for one in named.values()), default=0.0)
    prior = {}
    for document in {row.document for row in evidence.candidates}:
        own = named[document].weight / best if document in named else 0.0
        prior[document] = _NAME * own + _fit(read, names[document]) if best else 0.0
    return np.array([prior[row.document] for row in evidence.candidates], np.float32)


def _fit(read: Asked, name: DocumentName) -> float:
    label = labelled(name.name, name.title)
    return _YEAR * _year_fit(read.years, label.years) - _PERIOD * bool(label.periods - read.periods)


def _year_fit(asked_for: Collection[int], own: Collection[int]) -> float:
    if not asked_for or not own:
        return 0.0
    lag = min(own, key=lambda year: abs(year - max(asked_for))) - max(asked_for)
    return {0: 1.0, 1: _NEXT_YEAR}.get(lag, 0.0)


def _fitness(read: Asked, named: Mapping[int, Named], evidence: Evidence) -> Scores:
    topical = _topical(read, named, evidence)
    figures = np.array(
        [len(_DIGITS.findall(row.text)) / (len(row.text) + 1) for row in evidence.candidates], np.float32
    )
    fitness = (
        _DENSE * standardised(evidence.dense)
        + _LEXICAL * standardised(_lexical(evidence, topical))
        + _OPENING * standardised(_openings(evidence, topical))
        + (_FIGURES + _FIGURES_ASKED * read.figure) * standardised(figures)
    )
    return np.asarray(fitness, np.float32)


def _topical(read: Asked, named: Mapping[int, Named], evidence: Evidence) -> Scores:
    """The weights of the question's terms without those that only say which document is meant."""
    places = {place for one in named.values() for place in one.words}
    spent = {term for place in places for term in analyse(read.words[place])}
    spent |= {str(year) for year in read.years}
    kept = [term not in spent and not any(year in term for year in map(str, read.years)) for term in evidence.terms]
    return np.asarray(evidence.weights * np.array(kept), np.float32)


def _lexical(evidence: Evidence, weights: Scores) -> Scores:
    lengths = np.array([len(row.terms) for row in evidence.candidates], np.float32)
    damping = 1.2 * (0.25 + 0.75 * lengths / max(float(lengths.mean()), 1.0))
    return np.asarray(evidence.counts * 2.2 / (evidence.counts + damping[:, None]) @ weights, np.float32)


def _openings(evidence: Evidence, weights: Scores) -> Scores:
    worth = dict(zip(evidence.terms, weights.tolist(), strict=True))
    openings = (set(row.terms[:_OPENING_TERMS]) for row in evidence.candidates)
    return np.array([sum(worth.get(term, 0.0) for term in opening) for opening in openings], np.float32)


def _squashed(scores: Scores) -> Scores:
    return np.asarray(1 / (1 + np.exp(-scores / 2)), np.float32)
