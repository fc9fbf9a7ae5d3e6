"""Where sentences, list items and table rows begin and end, in plain text of any origin.

sentences(text)   spans that hold every visible character, in order
words(text)       the size of a text in words; two CJK characters count as one
"""

from __future__ import annotations

import re

Span = tuple[int, int]

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
_CJK_CHARACTER = re.compile(f"[{_CJK}]")
_CANDIDATE = re.compile(
    r"(?P<stop>[.!?…]+[\"'”’»)\]]*)(?P<gap>\s+)"  # a full stop counts only before white space: 3.5, a.b
    r"|(?P<wide>[。！？．]+[」』”’）】]*)\s*"
    r"|(?P<line>\s*\n\s*)"
)
_ITEM = re.compile(r"(?:[•●○■▪▫◦‣⁃∙·*+–—-]|#{1,6}|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,5})[.)]|\|)(?=\s|\|)|\|")
_ITEM_NUMBER = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})$")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘]*$")
_FIGURES_LAST = re.compile(r"(?:[\s$€£¥(]+[-–—]?\d[\d,.]*[%)]*){2,}\s*$")
_CONTINUES = re.compile(r"[,\-–/&(]$|\b(?:and|or|of|the|a|an|to|in|for|with|by|on|at|from|und|der|die|das)$")
_ABBREVIATED = (
    "mr mrs ms dr prof rev hon gen sen rep st sr jr messrs vs inc ltd corp co no nos fig figs eq eqs sec secs "
    "art para ch chap vol pp ed eds al approx dept est ca cf viz resp jan feb mar apr jun jul aug sep sept oct nov "
    "dec mon tue wed thu fri sat sun bzw usw vgl nr abs bspw evtl ggf inkl sog str tel z.b d.h u.a e.g i.e a.k.a "
    "u.s u.k u.n d.c ph.d m.d b.a m.a a.m p.m"
)
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())
_LONG_LINE = 0.7  # of the widest common line: a shorter line was ended on purpose, a longer one was wrapped


def sentences(text: str) -> list[Span]:
    """The spans of the sentences, list items, headings and table rows of `text`, in order.

    Every character that is not white space lies in exactly one span; no span starts or ends with white space.
    Lines that were merely wrapped are joined; a blank line always ends a sentence.
    """
    spans: list[Span] = []
    start = len(text) - len(text.lstrip())
    line_start, width = 0, _line_width(text)
    for match in _CANDIDATE.finditer(text, start):
        end = match.end("stop") if match["stop"] else match.end("wide") if match["wide"] else match.start()
        if end > start and _ends(text, match, line_start, width):
            spans.append((start, end))
            start = match.end()
        newline = text.rfind("\n", match.start(), match.end())
        line_start = newline + 1 if newline >= 0 else line_start
    end = len(text.rstrip())
    return [*spans, (start, end)] if end > start else spans


def words(text: str) -> int:
    """The size of `text` in words. Two CJK characters count as one word, and so do 20 characters without a blank."""
    if text.isascii():
        return max(len(text.split()), len(text) // 20)
    narrow, wide = _CJK_CHARACTER.subn(" ", text)
    return max(len(narrow.split()) + (wide + 1) // 2, len(text) // 20)


def _line_width(text: str) -> int:
    """The width at which the lines of `text` were wrapped: the length that one line in ten reaches."""
    lengths = sorted(map(len, text.split("\n")))
    return lengths[len(lengths) * 9 // 10]


def _ends(text: str, match: re.Match[str], line_start: int, width: int) -> bool:
    """Whether a sentence ends at the candidate `match`."""
    if match["wide"]:
        return True
    gap = match["gap"] or match["line"]
    if gap.count("\n") > 1:
        return True
    if match["stop"]:
        return _stops(text, match, line_start)
    return _breaks(text[line_start : match.start()], text, match.end(), width)


def _stops(text: str, match: re.Match[str], line_start: int) -> bool:
    """Whether the full stop at `match` ends a sentence, and not an abbreviation or the number of a list item."""
    after = text[match.end() : match.end() + 1]
    if after.islower():
        return "\n" in match["gap"] and bool(_ITEM.match(text, match.end()))
    if match["stop"] != ".":
        return True
    before = text[max(line_start, match.start() - 24) : match.start()]
    last = _LAST_WORD.search(before)
    word = last[0] if last else ""
    if len(word) == len(before) and _ITEM_NUMBER.match(word):
        return False
    initial = len(word) == 1 and word.isalpha() and word != "I"
    return not initial and word.lower() not in _ABBREVIATIONS


def _breaks(line: str, text: str, following: int, width: int) -> bool:
    """Whether the line break after `line` was made on purpose, and not to fit the width of the page."""
    if _ITEM.match(text, following):
        return True
    if _FIGURES_LAST.search(line):
        return True
    line = line.rstrip()
    if text[following : following + 1].islower() or _CONTINUES.search(line):
        return False
    return len(line) < _LONG_LINE * width
