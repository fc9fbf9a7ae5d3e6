"""Personal data and secrets in a text, found by their form and, where there are any, their check digits.

No names of people: those take a language model of their own (Presidio, for one, brings spaCy's). Names that must not
leave are listed in the settings. Every pattern looks at each place of the text a bounded number of times.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from homeground.access import checksums
from homeground.errors import ConfigError

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds the values of these kinds, and these words as whole words, in any case."""

    kinds: tuple[str, ...]
    words: tuple[str, ...] = ()

    def values(self, text: str) -> dict[str, str]:
        """Each value and its kind, in the order of the text; of overlapping ones that of the earlier kind in KINDS."""
        taken: list[tuple[int, int, str]] = []
        for kind in (*KINDS, "word"):
            for start, end in self._spans(kind, text):
                if start < end and not any(start < other[1] and other[0] < end for other in taken):
                    taken.append((start, end, kind))
        found: dict[str, str] = {}
        for start, end, kind in sorted(taken):
            found.setdefault(text[start:end], kind)
        return found

    def _spans(self, kind: str, text: str) -> Iterator[Span]:
        if kind == "word":
            for word in filter(str.strip, self.words):
                pattern = rf"(?<!\w){re.escape(word)}(?!\w)"
                yield from (match.span() for match in re.finditer(pattern, text, re.IGNORECASE))
        elif kind in self.kinds:
            yield from KINDS[kind](text)


def finder(kinds: Collection[str], words: Collection[str]) -> Finder | None:
    """A finder; None when there is nothing to look for. ConfigError for a kind that does not exist."""
    for kind in kinds:
        if kind not in KINDS:
            raise ConfigError(f"[egress] redact: {kind!r} is not one of {', '.join(KINDS)}")
    return Finder(tuple(kinds), tuple(words)) if kinds or words else None


# -- Secrets ------------------------------------------------------------------------------------

_SECRETS = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\sA-Za-z0-9+/=]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # AWS
    r"|\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255}|glpat-[\w-]{20,64})"
    r"|\bxox[abeoprs]-[\w-]{10,255}"  # Slack
    r"|\bAIza[\w-]{35}"  # Google
    r"|\b(?:sk|pk|rk)[-_](?=[\w-]{0,60}\d)[\w-]{16,255}"  # OpenAI, Anthropic, Stripe
    r"|\b(?:hf|pypi|npm|dop_v1|shpat|SG)[-_.](?=[\w.-]{0,60}\d)[\w.-]{20,255}"
    r"|\beyJ[\w-]{8,2048}\.[\w-]{8,4096}(?:\.[\w-]{0,2048})?"  # JSON web tokens
    r"|(?<![\w+/=.:%?&-])(?=[a-z0-9+/]*[A-Z])(?=[A-Z0-9+/]*[a-z])(?=[A-Za-z+/]*\d)[A-Za-z0-9+/]{48,}={0,2}"  # of a key
)
_NAMED_SECRET = re.compile(
    r"(?<![A-Za-z])(?:pass(?:word|wd|phrase)?|pwd|secret|api[_-]?key|(?:access|auth|client|private|secret)[_-]?(?:key|token|secret)"
    r"|token|bearer|pin|passwort|kennwort)\b[\"']?\s{0,3}(?:[:=]\s{0,3}|(?<=bearer)\s)[\"']?([^\s\"',;<>]{4,512})",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(r"[^\W\d_]+(?:[-_.][^\W\d_]+)*[.?)`*]*|[\"'`]*\$.*", re.DOTALL)  # a word, a name, a variable
_IN_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,128}:([^\s/@]{1,128})@", re.IGNORECASE)


def _secrets(text: str) -> Iterator[Span]:
    yield from (match.span() for match in _SECRETS.finditer(text))
    yield from (match.span(1) for match in _IN_ADDRESS.finditer(text))
    # "Password: minimum twelve characters" is about passwords: what is one has a digit or a sign in it.
    for match in _NAMED_SECRET.finditer(text):
        if not _NO_SECRET.fullmatch(match[1]):
            yield match.span(1)


# -- Numbers with check digits ---------------------------------------------------------------------

_IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ \u00a0-]?[A-Za-z0-9])")
_CARD_START = re.compile(r"(?<![\d.,])[2-6]\d{3}(?=[ \u00a0-]?\d)")
_IDS: tuple[tuple[re.Pattern[str], Callable[[str], bool] | None], ...] = tuple(
    (re.compile(pattern, re.ASCII), check)
    for pattern, check in (
        (r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])", None),  # United States
        (r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d{2}){3} ?[A-D]\b", None),  # Britain
        (r"\b(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]\b", checksums.spanish),
        (
            r"(?<!\d)[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[ABab]) ?\d{3} ?\d{3} ?\d{2}(?!\d)",
            checksums.french,
        ),
        (r"\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b", checksums.italian),
        (r"(?<![\d.])756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}(?!\d)", checksums.swiss),
        (r"(?<![\d.,])[1-9]\d ?\d{3} ?\d{3} ?\d{3}(?![.,]?\d)", checksums.german),
        (
            r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)",
            checksums.chinese,
        ),
    )
)


def _ibans(text: str) -> Iterator[Span]:
    for match in _IBAN_START.finditer(text):
        length = checksums.iban_length(match[0][:2])
        plain, end = _joined(text, match.start(), length, str.isalnum)
        if length and len(plain) == length and plain.isascii() and checksums.iban(plain) and not _goes_on(text, end):
            yield match.start(), end


def _cards(text: str) -> Iterator[Span]:
    for match in _CARD_START.finditer(text):
        for length in range(19, 11, -1):
            plain, end = _joined(text, match.start(), length, str.isdecimal)
            whole = len(plain) == length and plain.isascii() and not text[end : end + 1].isdecimal()
            if whole and checksums.card(plain):
                yield match.start(), end
                break


def _joined(text: str, start: int, length: int, wanted: Callable[[str], bool]) -> tuple[str, int]:
    """The next ``length`` wanted characters, single blanks and hyphens between them left out, and where they end."""
    plain, at = "", start
    while at < len(text) and len(plain) < length:
        if wanted(text[at]):
            plain += text[at]
        elif text[at] not in " \u00a0-" or not wanted(text[at + 1 : at + 2]):
            break
        at += 1
    return plain, at


def _goes_on(text: str, at: int) -> bool:
    return text[at : at + 1].isalnum()


def _ids(text: str) -> Iterator[Span]:
    for pattern, check in _IDS:
        for match in pattern.finditer(text):
            if check is None or check(re.sub(r"[ .-]", "", match[0]).upper()):
                yield match.span()


# -- Addresses ----------------------------------------------------------------------------------

_EMAIL = re.compile(r"(?<![\w.+%-])[\w+%-][\w.+%-]{0,63}@[^\W_][\w-]{0,62}(?:\.[^\W_][\w-]{0,62}){0,8}\.[^\W\d_]{2,24}")
_IP4 = re.compile(
    r"(?<![A-Za-z\d_.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![A-Za-z\d_]|\.\d)"
)
_IP6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])")
_APART = r"(?<![A-Za-z\d_.,/+-])(?<!\d[ -])"  # not the middle of another number; CJK letters may touch it
_OVER = r"(?![.,]?\d|[A-Za-z_])"
_PHONES = tuple(
    re.compile(_APART + pattern)
    for pattern in (
        r"(?:\+|00(?=(?:\D{0,2}\d){8}))[1-9]\d{0,2}(?:[ \u00a0./-]{0,2}(?:\(\d{1,5}\)|\d{1,5})){2,7}(?!\d)",
        r"(?:\(0\d{1,4}\)|0[1-9]\d{0,4})[ \u00a0./-]{1,3}\d{2,}(?:[ \u00a0.-]\d{2,}){0,4}(?!\d)",
        r"(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-.]\d{4}(?![\w-])",
        r"0[1-9]\d{7,11}" + _OVER,
        r"1[3-9]\d{9}" + _OVER,  # Chinese mobile numbers
    )
)
_DATE = re.compile(r"\d{1,2}[./ -]\d{1,2}[./ -](?:19|20)?\d\d(?!\d)")
_NAMED_PHONE = re.compile(
    r"\b(?:tel(?:ephone|efon|éfono|éphone)?|phone|fax|mobile?|mobil|cell|handy|whatsapp|电话|手机|電話)"
    r"\.?(?: (?:number|no|nr)\.?)?[ :：]{1,3}((?:\(\d{1,5}\) ?)?\d(?:[ \u00a0./-]?\d){5,14})(?!\d)",
    re.IGNORECASE,
)


def _emails(text: str) -> Iterator[Span]:
    return (match.span() for match in _EMAIL.finditer(text))


def _addresses(text: str) -> Iterator[Span]:
    yield from (match.span() for match in _IP4.finditer(text))
    for match in _IP6.finditer(text):
        try:
            plain = match[0].count(":") >= 2 and ipaddress.ip_address(match[0])
        except ValueError:
            continue
        if plain and sum(char != ":" for char in match[0]) >= 4:
            yield match.span()


def _phones(text: str) -> Iterator[Span]:
    for match in _NAMED_PHONE.finditer(text):
        yield match.span(1)
    for pattern in _PHONES:
        for match in pattern.finditer(text):
            if 8 <= sum(char.isdecimal() for char in match[0]) <= 15 and not _DATE.match(match[0]):
                yield match.span()


# In the order in which they are sought: of two that overlap, the earlier kind counts.
KINDS: dict[str, Callable[[str], Iterator[Span]]] = {
    "secret": _secrets,
    "email": _emails,
    "iban": _ibans,
    "card": _cards,
    "id": _ids,
    "ip": _addresses,
    "phone": _phones,
}
