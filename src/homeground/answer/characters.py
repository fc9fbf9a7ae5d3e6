"""What a statement says in Chinese, Japanese or Korean that its evidence nowhere says.

These scripts have no capitals that tell names, and the shipped embedder reads English: so a statement stands only as
far as it copies. ``unsaid(text, evidence)`` gives the runs of characters that are new.
"""

from __future__ import annotations

import re
from functools import lru_cache

_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u30a0-\u30ff\uac00-\ud7af]+")
# Words that say nothing of their own. A negation is none of them.
_PARTICLES = re.compile(
    "位于|属于|成为|作为|进行|可以|以及|根据|其中|因此|由于|并且|而且|但是|同时|包括|通过|为了|关于|对于|目前|已经"
    "|一个|一种|一位|一名|一家|这个|这些|那个|位於|屬於|成為|進行|根據|包括|關於|對於|已經|一個|這個"
)
# Grammar of one character: by itself it may be new.
_GRAMMAR = frozenset(
    "的了是在为為於于也都又而与與和及或就被把将將从從到向对對由以之其所则則即并並等者们們这這那此该該有因但若如至"
)


def unsaid(text: str, evidence: str) -> list[str]:
    """Runs of characters of which no neighbouring pair stands in the evidence, and single ones that it has nowhere."""
    known = _pairs(evidence)
    new = [part for run in _RUN.findall(_PARTICLES.sub(" ", text)) for part in _uncovered(run, known)]
    return [part for part in new if not set(part) <= (_GRAMMAR if len(part) > 1 else _GRAMMAR | set(evidence))]


def _uncovered(run: str, known: frozenset[str]) -> list[str]:
    held = [False] * len(run)
    for at in range(len(run) - 1):
        if run[at : at + 2] in known:
            held[at] = held[at + 1] = True
    kept = "".join(" " if said else character for said, character in zip(held, run, strict=True))
    return kept.split()


@lru_cache(maxsize=256)
def _pairs(evidence: str) -> frozenset[str]:
    runs = [run for source in (evidence, _PARTICLES.sub(" ", evidence)) for run in _RUN.findall(source)]
    return frozenset(run[at : at + 2] for run in runs for at in range(len(run) - 1))
