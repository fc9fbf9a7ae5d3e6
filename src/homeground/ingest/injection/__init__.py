"""Text in a document that speaks to a model: found and flagged, never dropped. What it cannot be is obeyed.

find(text)   the places on a page, each with the kind of pattern

A flag is a hint for people, not a wall: what keeps a document from steering an answer is told in
docs/concepts/injection.md. Raise ``PATTERNS`` when the patterns change: the next sync then looks at every stored page
again, and reads no file for it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence

from homeground.ingest.injection.phrases import spoken
from homeground.ingest.injection.unseen import fold, hidden, smuggled
from homeground.types import Flag, Page

PATTERNS = 1  # the version of what is looked for

_MARKUP = {
    "control-token": re.compile(
        r"<\|(?:im_(?:start|end|sep)|endoftext|eot_id|(?:start|end)_header_id|begin_of_text|end|system|user"
        r"|assistant"
        r"|python_tag|channel|message)\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|</s>\s*<s>"
        r"|^#{1,4} ?(?:System|Instructions?|Response|Assistant|User|Human)(?: prompt)?: *\n(?=[^#]{0,2000}?"
        r"^#{1,4} ?(?:System|Instructions?|Response|Assistant|User|Human|Input)(?: prompt)?:)"
        r"|^(?i:Human|User|System): ?\S[^\n]*\n+(?i:Assistant|AI|Model): ?\S"
        r"|\b(?:BEGIN|START|END)[ _](?:OF[ _])?(?:SYSTEM|NEW|ADMIN|HIDDEN)[ _](?:MESSAGE|PROMPT|INSTRUCTIONS?)\b"
        r"|^\W*SYSTEM[ _](?:OVERRIDE|PROMPT|NOTE|MESSAGE)\s*:|<bos>\s*<start_of_turn>|\[/(?:SYSTEM|ASSISTANT)\]",
        re.MULTILINE,
    ),
    "tool-call": re.compile(
        r"<function=\w+>|</?(?:tool_call|function_calls?|tool_use|antml:\w+)\b[^>\n]{0,80}>|<invoke name="
        r"|<\|tool_calls?"
        r'|"(?:function_call|tool_calls|tool_use)"\s*:\s*[\[{]'
        r'|\{\s*"(?:name|tool|function|action)"\s*:\s*"[\w.-]+"\s*,\s*"(?:arguments|parameters|tool_input|action_input)"\s*:'
        r"|^Action: ?\w[\w.]*\s*\n+Action Input:",
        re.MULTILINE,
    ),
}
_COMMENT = re.compile(
    r"<!--(.{3,2000}?)-->|^\[(?://|comment)\]: *#? *[(\"'](.{3,1000}?)[)\"']\s*$", re.DOTALL | re.MULTILINE
)
_TO_A_MODEL = re.compile(
    r"\b(?:(?-i:AIs?|LLMs?)|language models?|chat ?bots?|assistants?|the model|prompts?|the user"
    r"|(?-i:GPT)|reviewers?)\b",
    re.IGNORECASE,
)
_BASE64 = re.compile(r"(?<![\w+/-])[A-Za-z0-9+/_-]{24,4000}(?:\n[A-Za-z0-9+/_-]{4,4000}){0,40}={0,2}(?![\w+/])")
_HEX = re.compile(r"(?<![\w])(?:[0-9a-fA-F]{2}){16,4000}(?![\w])")


def find(text: str) -> list[Flag]:
    """Flags in the order of their places, ``page`` still 0. Places of one kind that overlap are one."""
    folded = fold(text)
    found = [
        *(Flag(0, *folded.span(span), kind) for kind, span in spoken(folded.text)),
        *(Flag(0, *match.span(), kind) for kind, pattern in _MARKUP.items() for match in pattern.finditer(text)),
        *(Flag(0, *span, "hidden-text") for span in hidden(text)),
        *(Flag(0, *match.span(), "comment") for match in _COMMENT.finditer(text) if _speaks(match[1] or match[2])),
        *(Flag(0, *span, "encoded") for span, plain in _decoded(text) if any(spoken(plain))),
        *(Flag(0, *span, kind) for span, plain in smuggled(text) for kind, _ in spoken(plain)),
    ]
    return _apart(sorted(found, key=lambda flag: (flag.start, flag.end, flag.kind)))


def flags_of(pages: Sequence[Page]) -> tuple[Flag, ...]:
    """The flags of all pages of a document."""
    return tuple(Flag(page.number, one.start, one.end, one.kind) for page in pages for one in find(page.text))


def _speaks(comment: str) -> bool:
    """Does a comment, which no reader of the page sees, speak to a model?"""
    return bool(_TO_A_MODEL.search(comment)) or any(True for _ in spoken(fold(comment).text))


def _decoded(text: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Runs of base64 and hexadecimal digits that stand for text, with that text."""
    for match in _BASE64.finditer(text):
        yield match.span(), _text_of(_from_base64("".join(match.group().split())))
    for match in _HEX.finditer(text):
        yield match.span(), _text_of(binascii.unhexlify(match.group()))


def _from_base64(run: str) -> bytes:
    bare = run.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        return b""


def _text_of(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() or all(char.isprintable() or char.isspace() for char in text) else ""


def _apart(found: list[Flag]) -> list[Flag]:
    kept: dict[str, Flag] = {}
    apart: list[Flag] = []
    for flag in found:
        last = kept.get(flag.kind)
        if last is None or flag.start >= last.end:
            kept[flag.kind] = flag
            apart.append(flag)
    return apart
