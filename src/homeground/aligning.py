"""Which lines of two texts belong together, and which of their words differ. Bounded: no text keeps it busy for long.

Lines that stand once in both texts are anchors (patience diff, as in Bazaar and git); difflib looks between them, and
lines that remain are paired where they share words.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

Pair = tuple[int | None, int | None]
Span = tuple[int, int]

_DEEPEST = 8  # rounds of anchors between anchors
_CELLS = 2_500  # pairs of lines that are held against each other between two that are the same
_NEAR = 10  # lines ahead that are looked at where there are more
_ALIKE = 0.4  # shared words (Dice) from which two lines count as one that was changed
# A word; a sign; of scripts that are written without spaces, each character.
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|[^\w\s]")


@dataclass
class Work:
    """How many steps are left. Each is at most a comparison of two lines or words."""

    left: int
    refused: bool = False

    def take(self, steps: int) -> bool:
        """Whether so many steps may be done: then they are taken off."""
        if steps > self.left:
            self.refused = True
            return False
        self.left -= steps
        return True


def align(former: Sequence[str], current: Sequence[str], work: Work) -> Iterator[Pair]:
    """Every line of both, by its place, in order: (place, place) where two belong together, else None on one side."""
    at_former, at_current = 0, 0
    for i, j in [*_same(former, current, work), (len(former), len(current))]:
        yield from _between(former, current, range(at_former, i), range(at_current, j), work)
        if i < len(former):
            yield i, j
        at_former, at_current = i + 1, j + 1


# -- Lines that are the same ----------------------------------------------------------------------


def _same(former: Sequence[str], current: Sequence[str], work: Work) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    todo = [(0, len(former), 0, len(current), 0)]
    while todo:
        low, high, from_, to, depth = todo.pop()
        while low < high and from_ < to and former[low] == current[from_]:
            found.append((low, from_))
            low, from_ = low + 1, from_ + 1
        while low < high and from_ < to and former[high - 1] == current[to - 1]:
            high, to = high - 1, to - 1
            found.append((high, to))
        if low == high or from_ == to:
            continue
        anchors = _anchors(former, current, range(low, high), range(from_, to)) if depth < _DEEPEST else []
        if anchors:
            found += anchors
            ends = [(low - 1, from_ - 1), *anchors, (high, to)]
            todo += [(i + 1, next_i, j + 1, next_j, depth + 1) for (i, j), (next_i, next_j) in pairwise(ends)]
        else:
            matched = _matched(former[low:high], current[from_:to], work)
            found += [(low + i, from_ + j) for i, j in matched]
    return sorted(found)


def _anchors(former: Sequence[str], current: Sequence[str], here: range, there: range) -> list[tuple[int, int]]:
    """The longest run, in the order of both, of lines that stand once on either side."""
    once_here, once_there = _once(former, here), _once(current, there)
    pairs = [(i, once_there[line]) for line, i in once_here.items() if line in once_there]
    tails: list[int] = []  # patience sorting: the lowest last place of a run of each length
    at: list[int] = []
    before: list[int] = []
    for number, (_, j) in enumerate(pairs):
        length = bisect_left(tails, j)
        tails[length : length + 1] = [j]
        at[length : length + 1] = [number]
        before.append(at[length - 1] if length else -1)
    run: list[tuple[int, int]] = []
    number = at[-1] if at else -1
    while number >= 0:
        run.append(pairs[number])
        number = before[number]
    return run[::-1]


def _once(lines: Sequence[str], where: range) -> dict[str, int]:
    counts = Counter(lines[where.start : where.stop])
    return {lines[place]: place for place in where if counts[lines[place]] == 1}


def _matched(former: Sequence[str], current: Sequence[str], work: Work) -> Iterator[tuple[int, int]]:
    """What difflib finds the same, as pairs of places; nothing when that could take too long."""
    here, there = Counter(former), Counter(current)
    # difflib looks at each pair of equal things, at most once for each thing.
    equal = sum(count * there[each] for each, count in here.items())
    if equal and work.take(len(former) + len(current) + equal * (min(len(former), len(current)) + 1)):
        for i, j, size in SequenceMatcher(None, former, current, autojunk=False).get_matching_blocks():
            yield from zip(range(i, i + size), range(j, j + size), strict=True)


# -- Lines that are alike -------------------------------------------------------------------------


def _between(former: Sequence[str], current: Sequence[str], here: range, there: range, work: Work) -> Iterator[Pair]:
    """Lines without a same one: pairs of those that are alike, in order, and the rest alone."""
    at_former, at_current = here.start, there.start
    for i, j in [*_alike(former, current, here, there, work), (here.stop, there.stop)]:
        yield from ((each, None) for each in range(at_former, i))
        yield from ((None, each) for each in range(at_current, j))
        if i < here.stop:
            yield i, j
        at_former, at_current = i + 1, j + 1


def _alike(
    former: Sequence[str], current: Sequence[str], here: range, there: range, work: Work
) -> list[tuple[int, int]]:
    """Pairs, in the order of both: those that share the most words together; between long ones, what is near."""
    cells = len(here) * len(there)
    exact = cells <= _CELLS
    if not cells or not work.take(10 * (cells if exact else len(here) * _NEAR)):
        return []
    ours = [frozenset(_TOKEN.findall(former[i])) for i in here]
    theirs = [frozenset(_TOKEN.findall(current[j])) for j in there]
    found = _way(*_best(ours, theirs)) if exact else _near(ours, theirs)
    return [(here[i], there[j]) for i, j in found]


_Words = Sequence[frozenset[str]]
_Table = list[list[float]]


def _near(ours: _Words, theirs: _Words) -> Iterator[tuple[int, int]]:
    """For each line the most similar of the next few that are left."""
    at = 0
    for i, line in enumerate(ours):
        likeness = [_dice(line, other) for other in theirs[at : at + _NEAR]]
        if likeness and max(likeness) >= _ALIKE:
            at += likeness.index(max(likeness))
            yield i, at
            at += 1


def _best(ours: _Words, theirs: _Words) -> tuple[_Table, _Table]:
    """How alike each two lines are, and the most that the lines from there on can have in common."""
    shared = [[_dice(one, other) for other in theirs] for one in ours]
    best = [[0.0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i in reversed(range(len(ours))):
        for j in reversed(range(len(theirs))):
            both = shared[i][j] + best[i + 1][j + 1] if shared[i][j] >= _ALIKE else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], both)
    return shared, best


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 0.0


def _way(shared: _Table, best: _Table) -> Iterator[tuple[int, int]]:
    i, j = 0, 0
    while i < len(shared) and j < len(shared[0]):
        if shared[i][j] >= _ALIKE and best[i][j] == shared[i][j] + best[i + 1][j + 1]:
            yield i, j
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1


# -- Words ----------------------------------------------------------------------------------------


def changed_words(former: str, current: str, work: Work) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The spans of each line that the other does not have. Spaces do not count as a change."""
    ours = [each.span() for each in _TOKEN.finditer(former)]
    theirs = [each.span() for each in _TOKEN.finditer(current)]
    words = [former[start:end] for start, end in ours], [current[start:end] for start, end in theirs]
    same = list(_matched(*words, work))
    kept_here, kept_there = {i for i, _ in same}, {j for _, j in same}
    return _spans(former, ours, kept_here), _spans(current, theirs, kept_there)


def _spans(line: str, words: Sequence[Span], kept: set[int]) -> tuple[Span, ...]:
    """Where the words stand that are not kept; those that only spaces part are one span."""
    found: list[Span] = []
    for place, (start, end) in enumerate(words):
        if place in kept:
            continue
        if found and place - 1 not in kept and not line[found[-1][1] : start].strip():
            start = found.pop()[0]
        found.append((start, end))
    return tuple(found)
