"""Does a statement say the opposite of its source? Negations with what they reach, and words of contrary meaning.

A negation reaches from its cue to the end of the clause. Two texts differ when terms that both hold are negated in one
and not in the other; a cue elsewhere in the source changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from homeground.answer.words import terms_in, words

_NOT_NEGATING = (
    r"\bnot (?:only|just|merely)\b|\bwhether or not\b|\bno (?:later|more|less|fewer|earlier) than\b|\bno doubt\b"
    r"|\bNo\.\s?(?=\d)|非常|不[仅但同过]|[无無][论線线]|未[来來]|没[错有关系]?关系"
)
_IDIOM = re.compile(_NOT_NEGATING, re.IGNORECASE)
_CUE = re.compile(
    r"\b(?:not|no|never|none|neither|nor|nobody|nothing|nowhere|without|cannot|fail(?:s|ed|ing)?|unable|hardly|barely"
    r"|rarely|seldom|lack(?:s|ed|ing)?|nicht|kein(?:e[nmrs]?)?|nie|ohne)\b|n['’]t\b|[不没沒無无未非]",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[,;:.!?—()]\s|\s[–-]\s|[，。；：！？、]|\b(?:but|however|although|though|while|whereas|because|since|unless|except"
    r"|if|when|so that|aber|weil)\b",
    re.IGNORECASE,
)
_AFFIX = re.compile(r"\b(?:un|in|im|ir|dis|non-?)([a-z]{4,})", re.IGNORECASE)

_CONTRARY = """
increas* rise* rising rose grew grow* rais* improv* / decreas* fall falls falling fell declin* drop* reduc* lower*
more greater exceed* / less fewer
before prior / after
minimum / maximum
above / below beneath
highest largest biggest greatest most / lowest smallest least fewest
oldest earliest / newest latest youngest
longest / shortest
best / worst
higher larger bigger / lower smaller
longer / shorter
older / younger newer
earlier sooner / later
includ* / exclud*
allow* permit* / prohibit* forbid* forbad* bann*
mandatory required compulsory / optional voluntary
gain gains profit profits / loss losses
accept* approv* / reject* refus*
internal* / external*
public* / private*
permanent* / temporar*
positiv* / negativ*
bought buy* purchas* / sold sell* sale
north* / south*
east* / west*
left / right
open* / clos*
begin* began start* / end ends ended ending stop* finish*
win wins won winning / lose* lost losing
promot* activat* enhanc* stimulat* upregulat* / inhibit* suppress* impair* downregulat* prevent*
always / sometimes occasionally
everyone everybody all / nobody none some
male man men boy boys / female woman women girl girls
"""


@dataclass(frozen=True, slots=True)
class _Reach:
    """The terms of one clause that a cue negates."""

    terms: frozenset[str]


@lru_cache(maxsize=4096)
def _reaches(text: str) -> tuple[_Reach, ...]:
    plain = _IDIOM.sub(lambda match: " " * len(match.group()), text)
    found = []
    for cue in _CUE.finditer(plain):
        stop = _CLAUSE.search(plain, cue.end())
        found.append(_Reach(terms_in(plain[cue.end() : stop.start() if stop else len(plain)])))
    return tuple(found)


@lru_cache(maxsize=4096)
def _negated(text: str) -> frozenset[str]:
    """Terms under a negation; "ineligible" negates "eligible"."""
    inside = (term for reach in _reaches(text) for term in reach.terms)
    return frozenset(inside) | frozenset(term for rest in _AFFIX.findall(text) for term in terms_in(rest))


def negations(text: str) -> int:
    """How many negations ``text`` holds."""
    return len(_reaches(text))


def opposed(text: str, sources: Sequence[str]) -> bool:
    """Is something that both say negated in only one of them? ``sources`` all speak of what the text speaks of."""
    return _added(text, sources) or all(_dropped(text, source) for source in sources)


def _added(text: str, sources: Sequence[str]) -> bool:
    """A negation of the text that no source has."""
    return any(not any(_negates(source, reach) for source in sources) for reach in _reaches(text))


def _negates(source: str, reach: _Reach) -> bool:
    """Does the source negate what it shares with the reach? Where it shares nothing, any negation will do."""
    negated = _negated(source)
    shared = reach.terms & (terms_in(source) | negated)
    return len(shared & negated) * 2 >= len(shared) if shared else negations(source) > 0


def _dropped(text: str, source: str) -> bool:
    """A negation of the source that the text has lost, although it says much of what was negated."""
    own, negated = terms_in(text), _negated(text)
    for reach in _reaches(source):
        shared = reach.terms & own
        if shared and len(shared) * 2 >= len(reach.terms) and len(shared & negated) * 2 < len(shared):
            return True
    return False


def contrary(text: str, sources: Sequence[str]) -> str:
    """The first word of ``text`` whose contrary the sources say in its place; empty when there is none."""
    mine, theirs = _sides(text), [_sides(source) for source in sources]
    for (pair, side), word in mine.items():
        if (pair, 1 - side) in mine or any((pair, side) in each for each in theirs):
            continue
        if any((pair, 1 - side) in each for each in theirs):
            return word
    return ""


@lru_cache(maxsize=4096)
def _sides(text: str) -> dict[tuple[int, int], str]:
    """(pair, side) → the word that says it."""
    exact, stems = _contraries()
    found: dict[tuple[int, int], str] = {}
    for word in words(text):
        folded = word.text.casefold()
        for place in exact.get(folded, ()):
            found.setdefault(place, word.text)
        for stem, place in stems:
            if folded.startswith(stem):
                found.setdefault(place, word.text)
    return found


@lru_cache(maxsize=1)
def _contraries() -> tuple[dict[str, list[tuple[int, int]]], list[tuple[str, tuple[int, int]]]]:
    exact: dict[str, list[tuple[int, int]]] = {}
    stems = []
    for place, word in _listed():
        if word.endswith("*"):
            stems.append((word[:-1], place))
        else:
            exact.setdefault(word, []).append(place)
    return exact, stems


def _listed() -> Iterator[tuple[tuple[int, int], str]]:
    for pair, line in enumerate(_CONTRARY.strip().splitlines()):
        for side, half in enumerate(line.split("/")):
            for word in half.split():
                yield (pair, side), word
