"""Does a sentence hold something of the kind that a question asks for? Cheap typed patterns, in English."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from homeground.answer.asked import is_name
from homeground.answer.words import Word

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_SMALL = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?"
    r"|dozens?|half|third|quarter|once|twice|several|both|single|zero|none)"
)
_FIGURE = r"(?<![\w.])(?:[$€£¥]\s?)?\(?\d[\d,]*(?:\.\d+)?[½¼¾]?\)?%?"
_PATTERNS: dict[str, re.Pattern[str]] = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        "date": rf"\b(?:1\d|20)\d\d(?:s\b|\b)|\b{_MONTH}\b|\b\d{{1,2}}(?:st|nd|rd|th) century|\bcentur(?:y|ies)\b"
        r"|\b\d{1,4} (?:BCE?|AD|CE)\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b\d0s\b"
        r"|\b(?:today|yesterday|tomorrow|currently)\b|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b",
        "number": rf"{_FIGURE}|\b{_SMALL}\b",
        "percent": rf"{_FIGURE}\s?(?:%|per ?cent)|%|\bper ?cent|\b(?:half|third|quarter|fifth|majority|tenth)s?\b",
        "money": rf"[$€£¥]\s?\d|{_FIGURE} (?:million |billion )?(?:dollars?|euros?|pounds?|cents?|USD|EUR|GBP)\b"
        r"|\b(?:million|billion)\b",
        "reason": r"\b(?:because|due to|owing to|in order|so that|since|therefore|thus|as a result|caused? by|led to)\b"
        r"|\b(?:reasons?|result(?:ed|ing|s)? (?:in|from)|to (?:avoid|prevent|protect|ensure|help|make|allow|reduce))\b",
        "manner": r"\b(?:by|through|using|via|with|when|per|without)\b",
        "definition": r"\b(?:is|are|was|were) (?:an?|the|one)\b|\bmeans?\b|\brefers? to\b|\bdefined as\b"
        r"|\bknown as\b|\bcalled\b",
    }.items()
}


def places(kind: str, text: str, found: Sequence[Word], known: Collection[str]) -> list[int]:
    """Offsets in ``text`` of what could answer a question of this kind.

    ``known`` are the question's own terms: a figure or a name that the question gives is no answer to it.
    """
    if kind in ("person", "name", "place", "thing"):
        return _new_names(found, known, first=kind != "place")
    pattern = _PATTERNS.get(kind)
    if pattern is None:
        return []
    given = {(word.start, word.end) for word in found if word.terms and all(term in known for term in word.terms)}
    return [m.start() for m in pattern.finditer(text) if not any(a < m.end() and m.start() < b for a, b in given)]


def _new_names(found: Sequence[Word], known: Collection[str], first: bool) -> list[int]:
    chosen = found if first else found[1:]
    return [w.start for w in chosen if is_name(w.text) and w.terms and not any(term in known for term in w.terms)]
