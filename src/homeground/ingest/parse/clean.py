"""Text as every page carries it: one line break, one kind of blank, nothing invisible.

This runs before any span is counted, so that spans count what a reader sees.
"""

from __future__ import annotations

import re
import unicodedata

# No-break and other odd blanks become a blank, invisible characters and controls go. Line breaks are kept.
_TABLE: dict[int, str | None] = dict.fromkeys(
    [*range(9), 0x0B, *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0)]
)
_TABLE |= dict.fromkeys([0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
_TABLE |= dict.fromkeys([0xAD, 0x200B, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF])
_TABLE |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_TABLE |= {0x85: "\n", 0x2028: "\n", 0x2029: "\n", 0x2011: "-"}
_TABLE |= {0xF0B7: "•", 0xF0A7: "▪", 0xF02D: "-", 0xF0D8: "▸", 0xF0FC: "✓"}  # Symbol and Wingdings bullets

_ODD = re.compile("[^\n\x20-\x7e\u00a1-\u00ac\u00ae-\u167f\u2010\u2012-\u2027\u2030-\u205e\u2070-\u2fff\u3001-\ud7ff]")
_GAPS = re.compile(r"\n{4,}")


def tidy(text: str) -> str:
    """`text` with plain line breaks and blanks, composed letters and no invisible characters; a form feed stays."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\xa0", " ")  # the most frequent one, and `translate` is slow
    if _ODD.search(text):
        text = text.translate(_TABLE)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if " \n" in text or "\t\n" in text:
        text = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    return _GAPS.sub("\n\n\n", text) if "\n\n\n\n" in text else text


def one_line(text: str) -> str:
    """`text` without line breaks and double blanks."""
    return " ".join(tidy(text).split())


_JUNK_TITLE = re.compile(
    r"(?i)(microsoft (word|powerpoint|excel) - .*|untitled.*|document\s?\d*|presentation\s?\d*|powerpoint presentation|"
    r"slide 1|title|no title|book\d*|print|layout 1|"
    r".*\.(docx?|pptx?|xlsx?|pdf|indd|qxd|html?|tmp|tex|dvi|ps|rtf|odt|fm|pmd))"
)


def good_title(title: object) -> str:
    """A title from a file's metadata in one line, or an empty text where it is not one that a person chose."""
    words = one_line(title) if isinstance(title, str) else ""
    letters = sum(character.isalpha() for character in words)
    # File numbers such as "0001-22-03" and file names left by a program say nothing to a reader.
    if _JUNK_TITLE.fullmatch(words) or letters < 3 or "\ufffd" in words:
        return ""
    return words if len(words) <= 200 else f"{words[:199]}…"
