"""How many tokens a text has at most, without the tokenizer of the model that will read it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import asdict

from homeground.models.generator import Message, Tool

PER_MESSAGE = 8  # role and delimiters in any chat template that we know of
_ACCENTED = 0.03
_LATIN_END, _SEMITIC, _SEMITIC_END = "\u0250", "\u0590", "\u0900"
_PIECE = re.compile(r"[a-z]+|[A-Z][a-z]+|[A-Z]+(?![a-z])|[A-Z]|[^\x00-\x7f]+|[ \t]+|[\x00-\x7f]", re.S)


def estimate_messages(messages: Sequence[Message]) -> int:
    """At most as many tokens as the prompt has, with what a chat template adds."""
    texts = [text for each in messages for text in (each.text, *_called(each))]
    return PER_MESSAGE + sum(PER_MESSAGE + estimate_tokens(text) for text in texts)


def _called(message: Message) -> list[str]:
    return [f"{call.name} {call.arguments}" for call in message.calls]


def estimate_tools(tools: Sequence[Tool]) -> int:
    """At most as many tokens as the descriptions of tools have."""
    return sum(2 * PER_MESSAGE + estimate_tokens(json.dumps(asdict(each))) for each in tools)


def estimate_tokens(text: str) -> int:
    """An upper estimate, which prose, tables and code do not pass; random letters (Base64) may, by about a tenth.

    Byte-pair vocabularies hold most English words as one token and cut other words into pieces of three letters and
    more, or of two in languages with many accents; digits, signs and bytes of rare scripts may be a token each. So:
    three lower-case letters to a token (two, where at least 3 % of the letters have accents), two capitals; each digit
    and sign one; a character beyond Latin as many as it has bytes in UTF-8, less one. Held against the vocabulary that
    Anthropic has published: 1.5 to 1.8 times its count for English, 1.1 to 1.7 for ten other languages.
    """
    letters = sum(char.isalpha() for char in text)
    accents = sum("\x7f" < char < _LATIN_END and char.isalpha() for char in text)
    per_token = 2 if accents > _ACCENTED * letters else 3
    return math.ceil(sum(_weight(piece, per_token) for piece in _PIECE.findall(text)))


def _weight(piece: str, letters_per_token: int) -> float:
    first = piece[0]
    if first in " \t":
        return 0 if len(piece) == 1 else math.ceil(len(piece) / 8)
    if not piece.isascii():
        return sum(map(_beyond_ascii, piece))
    if first.isalpha():
        return math.ceil(len(piece) / (2 if piece.isupper() else letters_per_token))
    return 1


def _beyond_ascii(char: str) -> float:
    if _SEMITIC <= char < _SEMITIC_END:  # two bytes, but short words and marks that are tokens of their own
        return 1.25
    return max(1, len(char.encode("utf-8", "surrogatepass")) - 1)
