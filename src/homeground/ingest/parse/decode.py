"""Bytes to text: byte order marks, a declared encoding, UTF-8, and what older files use.

What cannot be decoded is replaced and told, so that a wrong letter never goes unnoticed.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from homeground.errors import ReadError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 65_536
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]")
_HAN = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")  # kana included
_EAST = (
    ("euc_jp", re.compile("[\u3041-\u30ff]"), 0.2),
    ("euc_kr", re.compile("[\uac00-\ud7a3]"), 0.8),
    ("gb2312", _HAN, 0.6),
    ("cp932", _HAN, 0.6),
    ("big5", _HAN, 0.6),
    ("gb18030", _HAN, 0.6),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text, the encoding that was used, and what went wrong, if anything."""

    text: str
    encoding: str
    problem: str | None = None


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Decode a text file.

    Raises:
        ReadError: when the bytes are not text in any encoding that is known here.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _checked(_lenient(data[len(mark) :], encoding))
    if wide := _wide(data[:_SAMPLE]):
        return _checked(_lenient(data, wide))
    strict = _strict(data, "utf-8") or (_strict(data, declared) if declared else None)
    return _checked(strict or _legacy(data))


def _strict(data: bytes, encoding: str) -> Decoded | None:
    try:
        return Decoded(data.decode(encoding), encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _lenient(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, errors="replace")
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        count, where = text.count("\ufffd"), f"the first at byte {error.start}"
        words = f"not valid {encoding.upper()}: {count} places were replaced, {where}"
        return Decoded(text, encoding, words)
    return Decoded(text, encoding)


def _checked(decoded: Decoded) -> Decoded:
    """Refuse what decodes but is no text."""
    for start in (0, len(decoded.text) // 2):  # a text in front may hide what follows
        sample = decoded.text[start : start + _SAMPLE]
        if len(_CONTROL.findall(sample)) > max(2, len(sample) // 50):
            raise ReadError("it is not text: the file holds binary data")
    return decoded


def _wide(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, told by where the zero bytes are."""
    size = len(sample) // 4 * 4
    if size < 8 or b"\0" not in sample:
        return None
    zeros = [sample[place:size:4].count(0) / (size // 4) for place in range(4)]
    patterns = {
        "utf-32-le": (0, 0, 1, 1),
        "utf-32-be": (1, 1, 0, 0),
        "utf-16-le": (0, 1, 0, 1),
        "utf-16-be": (1, 0, 1, 0),
    }
    for encoding, pattern in patterns.items():
        if all(abs(share - wanted) < 0.3 for share, wanted in zip(zeros, pattern, strict=True)):
            return encoding
    return None


def _legacy(data: bytes) -> Decoded:
    """Neither UTF-8 nor declared: nearly UTF-8, an East Asian encoding, or a Western one."""
    lenient = _lenient(data, "utf-8")
    good = sum(not character.isascii() for character in lenient.text) - lenient.text.count("\ufffd")
    if good > 4 * lenient.text.count("\ufffd"):
        return lenient
    sample = data[:_SAMPLE]
    high = sum(byte > 127 for byte in sample) / max(1, len(sample) - sample.count(b" "))
    asian = _asian(data) if high > 0.25 else None
    if asian:
        return asian
    western = _strict(data, "cp1252") or _lenient(data, "cp1252")
    if high > 0.5:
        raise ReadError("it is not text: binary data, or an encoding that is not known here")
    return western


def _asian(data: bytes) -> Decoded | None:
    """The first East Asian encoding under which enough of the text is script that it was made for.

    The order matters: Korean and Japanese EUC text also decodes as GB 2312, but not the other way round with this much
    Hangul or kana; Shift-JIS begins its characters with bytes that the others never use.
    """
    for encoding, script, least in _EAST:
        decoded = _strict(data, encoding)
        if decoded is None:
            continue
        foreign = "".join(character for character in decoded.text[:_SAMPLE] if not character.isascii())
        if len(script.findall(foreign)) > least * len(foreign):
            return decoded
    return None
