"""Text → search terms, the same way for documents and for questions.

English words are stemmed and stop words left out; numbers become one spelling ("1,577.00" = "1577"); codes and part
numbers are kept whole and findable by their parts ("AX-200/7b" → ax2007b, ax, 200, 7b); text in scripts written without
blanks becomes pairs of characters, which need no dictionary (Nie et al. 2000, "On the use of words and n-grams for
Chinese information retrieval"). Letters are compared without case, accents and width.

Everything is decided word by word: the language of a short question cannot be told reliably, and a question must be cut
exactly as the documents were.
"""

from __future__ import annotations

import functools
import re
import threading
import unicodedata

import Stemmer

# "may" is not among them: it is a month, too.
_STOP_LIST = """
a about above after again against all also although am among an and another any anybody anyone anything are as at
be because been before being below between both but by can cannot could did do does doing done down during each
either else ever every few for from further had has have having he her here hers herself him himself his how however
i if in into is it its itself just let me might more most much must my myself neither no nor not of off on once
only onto or other others our ours ourselves out over own per rather same shall she should since so some such than
that the their theirs them themselves then there thereby therefore these they this those though through thus to too
under until up upon very via was we were what whatever when where whereas whether which while who whom whose why
will with within without would yet you your yours yourself yourselves
arent cant couldnt didnt doesnt dont hadnt hasnt havent isnt shouldnt wasnt werent wont wouldnt
s t d ll m re ve
"""

_LONGEST_TERM = 40
_CACHED_WORDS = 400_000

# Scripts written without blanks between words: Han, kana, Hangul (written with blanks, but its particles cling to the
# words), Thai, Lao, Burmese, Khmer.
_UNSPACED = (
    "\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u30fc\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\U00020000-\U000323af"
)
# Vowel signs belong to their word, but \w leaves them out.
_SIGNS = "\u0900-\u0963\u0966-\u0dff"
_RUN = re.compile(f"[{_UNSPACED}]")
_LETTER = rf"(?:[^\W_{_UNSPACED}]|[{_SIGNS}])"
_WORD = re.compile(rf"{_LETTER}+(?:[-./,:'&@_]{_LETTER}+)*(?:\+\+|#(?!\w))?|[{_UNSPACED}]+")
_ASCII_WORD = re.compile(r"[a-z0-9]+(?:[-./,:'&@_][a-z0-9]+)*(?:\+\+|#(?!\w))?")

_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670]")
_WITHOUT_ACCENT = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ß": "ss"}
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-")
    | {"’": "'", "ʼ": "'", "\u00ad": None, "\u200b": None, "\u200c": None, "\u200d": None, "\ufeff": None}
)

_GROUPED = re.compile(r"\d{1,3}(?:[,']\d{3})+(?:\.\d+)?")
_GROUPED_BY_POINTS = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}")
_DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}")
_DECIMAL = re.compile(r"\d+(?:\.\d+)?")
_INITIALS = re.compile(r"[a-z](?:\.[a-z])+")
_ELISION = re.compile(r"(?:[cdjlmnst]|qu)'(?=..)")
_CONNECTOR = re.compile(r"[-./,:&@_+#]+")
_LETTERS_OR_DIGITS = re.compile(r"\d+|[^\W\d]{2,}")


def analyse(text: str, *, reading: bool = False) -> list[str]:
    """The terms of `text` in their order, repetitions included; none holds a blank or is longer than 40 characters.

    `reading` is for documents that are being read. Their words are remembered apart from those of questions: else a
    word that only a forbidden document uses would be known, and a question with it 20 microseconds faster.
    """
    folded = _fold(text)
    words = (_ASCII_WORD if folded.isascii() else _WORD).findall(folded)
    known = _known_words(reading)
    return [term for word in words for term in known[word]]


def _fold(text: str) -> str:
    """Without case, accents, width and invisible characters."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.translate(_WITHOUT_ACCENT)).casefold()
    return unicodedata.normalize("NFC", _ACCENTS.sub("", apart)).translate(_WITHOUT_ACCENT)


class _KnownWords(dict[str, tuple[str, ...]]):
    """The terms of each word seen so far: looking up is ten times as fast as deciding anew."""

    def __init__(self) -> None:
        super().__init__()
        self._stop_words = frozenset(_STOP_LIST.split())
        self._stemmer = Stemmer.Stemmer("english")
        self._lock = threading.Lock()

    def __missing__(self, word: str) -> tuple[str, ...]:
        if _RUN.match(word):
            return tuple(word[at : at + 2] for at in range(max(1, len(word) - 1)))
        with self._lock:  # a stemmer keeps state while it works
            if len(self) >= _CACHED_WORDS:
                self.clear()
            terms = tuple(term[:_LONGEST_TERM] for term in self._terms(word))
            self[word] = terms
        return terms

    def _terms(self, word: str) -> list[str]:
        if word.isalpha():
            return self._stem(word)
        if number := _number(word):
            return [number]
        if _INITIALS.fullmatch(word):
            return [word.replace(".", "")]
        if "'" in word:
            return self._terms(_ELISION.sub("", word.removesuffix("'s")).replace("'", ""))
        return self._compound(word)

    def _stem(self, word: str) -> list[str]:
        return [] if word in self._stop_words else [self._stemmer.stemWord(word)]

    def _compound(self, word: str) -> list[str]:
        """The whole first, without its connectors unless it is all digits (a date), then the parts."""
        pieces = _CONNECTOR.sub(" ", word).split()
        if pieces == [word]:
            pieces = _LETTERS_OR_DIGITS.findall(word)
            return [word, *(term for piece in pieces if piece != word for term in self._stem(piece))]
        whole = "".join(pieces) if any(map(str.isalpha, word)) and word[-1] not in "+#" else word
        parts = [term for piece in pieces for term in self._stem(piece)]
        return [whole, *parts] if len(whole) <= _LONGEST_TERM else parts


def _number(word: str) -> str:
    """One spelling of a number in digits; empty for anything else. 1.577 stays as it is: point or comma, who knows."""
    if _GROUPED.fullmatch(word):
        word = word.replace(",", "").replace("'", "")
    elif _GROUPED_BY_POINTS.fullmatch(word):
        word = word.replace(".", "").replace(",", ".")
    elif _DECIMAL_COMMA.fullmatch(word):
        word = word.replace(",", ".")
    if not _DECIMAL.fullmatch(word):
        return ""
    whole, _, fraction = word.partition(".")
    return word if len(fraction) < 2 or fraction.strip("0") else whole  # 2.0 may be a version, 1577.00 is an amount


@functools.cache
def _known_words(reading: bool) -> _KnownWords:
    return _KnownWords()
