"""Characters that a reader does not see, or takes for others: what hides in a text, and the text without its disguise.

Zero-width spaces and byte order marks never get this far: parse/clean.py takes them out of every page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Joiners shape Arabic, Indic scripts and emoji, direction marks Hebrew and Arabic, one variation selector an emoji,
# tags the flags of England, Scotland and Wales: only what has no such reason is flagged.
_HIDDEN = re.compile(
    "(?<![\U000e0020-\U000e007f\U0001f3f4])[\U000e0001-\U000e007f]{3,}"
    "|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}"
    "|[\u202d\u202e][^\n\u202c]{0,200}[A-Za-z0-9]"
    "|[\u200b-\u200f\u2060-\u2064\ufeff]{4,}"
    "|(?:[A-Za-z][\u200b-\u200d\u2060-\u2064]){3,}"
)
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]")
_FOREIGN = re.compile("[\u0370-\u04ff]")
_TAGS = re.compile("[\U000e0020-\U000e007e]{3,}")
_SELECTED = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}")
_STYLED = re.compile("[\uff01-\uff5e\U0001d400-\U0001d7ff]")
_MIXED = re.compile(
    r"\b\w*(?:[A-Za-z][\u0370-\u04ff]|[\u0370-\u04ff][A-Za-z])\w*|\b[\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456]\b"
)
_ALIKE = str.maketrans(
    "аеорсухіјѕԁһкмтвнАЕОРСТХІЈЅНВКМαονιρτυκΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeopcyxijsdhkmtbhAEOPCTXIJSHBKMaoviptukABEZHIKMNOPTYX"
)


@dataclass(frozen=True, slots=True)
class Folded:
    """Text without disguise; ``origins`` gives the place of each of its characters in the text as it was."""

    text: str
    origins: tuple[int, ...] | None = None

    def span(self, found: tuple[int, int]) -> tuple[int, int]:
        """The span in the text as it was."""
        if self.origins is None:
            return found
        return self.origins[found[0]], self.origins[found[1] - 1] + 1


def fold(text: str) -> Folded:
    """Without unseen characters; wide, styled and look-alike letters as the plain ones that they are read as."""
    if text.isascii():
        return Folded(text)
    plain = _STYLED.sub(lambda match: unicodedata.normalize("NFKC", match.group())[0], text)
    if _FOREIGN.search(plain):
        plain = _MIXED.sub(lambda match: match.group().translate(_ALIKE), plain)
    if not UNSEEN.search(plain):
        return Folded(plain)
    kept = [place for place, char in enumerate(plain) if not UNSEEN.match(char)]
    return Folded("".join(plain[place] for place in kept), tuple(kept))


def hidden(text: str) -> Iterator[tuple[int, int]]:
    """Places with unseen characters that no script and no emoji has a reason for."""
    if not text.isascii() and UNSEEN.search(text):
        yield from (match.span() for match in _HIDDEN.finditer(text))


def smuggled(text: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Text that is written in tag characters or variation selectors, with its place."""
    if text.isascii() or not UNSEEN.search(text):
        return
    for match in _TAGS.finditer(text):
        yield match.span(), "".join(chr(ord(char) - 0xE0000) for char in match.group())
    for match in _SELECTED.finditer(text):
        codes = bytes(_value(char) for char in match.group())
        yield match.span(), codes.decode("utf-8", "ignore")


def _value(selector: str) -> int:
    """The byte for which a variation selector stands where text is smuggled in them, by either convention in use."""
    code = ord(selector)
    return code - 0xFE00 if code < 0xE0100 else (code - 0xE0100) & 0xFF
