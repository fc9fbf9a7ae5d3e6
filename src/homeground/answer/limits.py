"""Questions of a kind or in a language that the built-in reader cannot handle, told apart from missing evidence."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache

from homeground.answer.words import words

KIND = "kind"
LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Limit:
    """Why a question is beyond the reader. ``blocks``: nothing it could quote would be an answer.

    ``sort`` is ``KIND`` or ``LANGUAGE``; ``text`` is a sentence for the person who asks.
    """

    sort: str
    text: str
    blocks: bool


_QUOTES_ONLY = "The built-in reader quotes what the documents say; "
_PLEASE = r"^\W*(?:please |could you |can you )*"
_KINDS: tuple[tuple[str, str, bool], ...] = (
    (
        rf"{_PLEASE}(?:write|draft|compose|rewrite|rephrase|paraphrase|translate|generate|create|prepare) "
        r"(?:(?:me|us|up) )?(?:an?|the|this|some|my|our)\b",
        "it does not write or translate texts.",
        True,
    ),
    (
        rf"{_PLEASE}(?:summari[sz]e|sum up)\b|\btl;?dr\b"
        rf"|{_PLEASE}give (?:(?:me|us) )?(?:an? )?(?:short |brief )?(?:summary|overview|outline)\b",
        "it does not summarise.",
        True,
    ),
    (
        r"\b(?:should (?:i|we)|what do you think|do you (?:think|believe|recommend|like)|would you)\b"
        r"|\byour (?:opinion|view|advice)\b|^\W*is it (?:wise|worth|a good idea)\b",
        "it has no opinion and gives no advice. The passages are evidence, the judgement is yours.",
        False,
    ),
    (
        r"\b(?:calculate|compute|what is the (?:sum|total of all|average of|ratio of|difference between))\b"
        r"|\b(?:year[- ]over[- ]year|percentage|percent) (?:change|increase|decrease|growth)\b|\bgrowth rate\b"
        r"|\bratio\b.*\b(?:defined|calculated)\b|\bhow much (?:more|less|higher|lower|larger|smaller)\b"
        r"|\bround (?:your )?answer\b",
        "it does not calculate. The figures that it shows are those to calculate with.",
        False,
    ),
    (
        r"\b(?:compare|comparison|contrast|versus|vs|differences? between|similarities|better than|worse than)\b"
        r"|\bhow does .* differ\b",
        "it does not compare. What it shows is what each passage says.",
        False,
    ),
    (
        r"^\W*(?:list|enumerate|name) (?:all|every|each)\b|\bhow many (?:documents|files|contracts)\b"
        r"|\bacross (?:all|every)\b",
        "it does not collect over all documents. There may be more than what is shown.",
        False,
    ),
    (
        r"^\W*(?:is|are|was|were|does|do|did|has|have|had|can|could|will|would|may|must)\b"
        r"(?!.*\b(?:what|which|who|when|where|how|why)\b)",
        "it does not say yes or no. The sentences that bear on the question are shown.",
        False,
    ),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), text, blocks) for pattern, text, blocks in _KINDS)

_FUNCTION_WORDS = """
German: der die das und ist wer wie was wann wo warum welche welcher welches den dem des ein eine nicht mit von für
French: le la les des est qui que quoi quand où pourquoi quel quelle combien comment dans une du aux pour avec sont par
Spanish: el los las qué quién cuándo dónde por cuál cuánto cuántos cómo es una del en fue con para son y
Italian: il lo gli che chi quando dove perché quale quanto come è una del della nel fu con per sono di
Portuguese: o os as que quem quando onde qual quanto como é uma do da no na foi com para são em
Dutch: de het een wie wat wanneer waar waarom welke hoeveel hoe is van en in op met voor werd niet zijn
English: the a an of and is are was were who what when where why which how in on to for with by from did does has have
"""
_WORD_SCRIPTS = {"CJK": "Chinese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean"}


def limits(question: str) -> tuple[Limit, ...]:
    """What stands between this question and the reader; empty for a question that it handles."""
    found = [_language(question)] if question.strip() else [Limit(KIND, "The question is empty.", True)]
    found += [
        Limit(KIND, _QUOTES_ONLY + text, blocks) for pattern, text, blocks in _PATTERNS if pattern.search(question)
    ]
    return tuple(limit for limit in found if limit is not None)


def _language(question: str) -> Limit | None:
    if not any(word.terms for word in words(question)):
        return Limit(LANGUAGE, "The question has no words that the built-in reader can look for.", True)
    name = _script(question) or _latin_language(question)
    if name is None:
        return None
    text = (
        f"The question looks {name}. The built-in reader is made for English: here it finds passages by the words that "
        "they share with the question, not by meaning, and cannot judge well whether they answer it."
    )
    return Limit(LANGUAGE, text, False)


_CODES = {
    "German": "de", "French": "fr", "Spanish": "es", "Italian": "it", "Portuguese": "pt", "Dutch": "nl",
    "Chinese": "zh", "Japanese": "ja", "Korean": "ko",
}  # fmt: skip


def language_of(question: str) -> str:
    """The code of the question's language, as routes name it: en when nothing speaks for another one, or other."""
    name = _script(question) or _latin_language(question)
    return "en" if name is None else _CODES.get(name, "other")


def _script(question: str) -> str | None:
    """The language or script that most letters belong to, None when that is Latin."""
    scripts = Counter(unicodedata.name(c, "UNKNOWN").split()[0] for c in question if c.isalpha())
    if not scripts:
        return None
    japanese = scripts["HIRAGANA"] + scripts["KATAKANA"]
    name = "HIRAGANA" if japanese > 1 else scripts.most_common(1)[0][0]
    return None if name == "LATIN" else _WORD_SCRIPTS.get(name, f"to be in {name.capitalize()} script")


def _latin_language(question: str) -> str | None:
    """The language whose function words fill the question, when they clearly outnumber the English ones."""
    said = [word.text.casefold() for word in words(question)]
    counts = {name: sum(word in known for word in said) for name, known in _function_words().items()}
    english = counts.pop("English")
    name = max(counts, key=lambda key: counts[key])
    return name if counts[name] >= 2 and counts[name] > english + 1 else None


@cache
def _function_words() -> dict[str, frozenset[str]]:
    lines = (line.split(": ") for line in _FUNCTION_WORDS.strip().splitlines())
    return {name: frozenset(known.split()) for name, known in lines}
