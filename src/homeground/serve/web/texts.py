"""The words of the pages, in English and Chinese. English stands in the templates; texts/zh.json says each in Chinese,
and texts/zh-sentences.json what comes from elsewhere in sentences: reasons, notes, errors.

texts = texts_for(request)
texts("{n} pages", n=3)
texts.told("There is no job '17'.")
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path

from fastapi import Request

from homeground.serve.web.sentences import Sentences

LANGUAGES = {"en": "English", "zh": "中文"}
COOKIE = "language"
_FOLDER = Path(__file__).parent / "texts"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Texts:
    """The words of one language. ``language`` is its code."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._said = {} if language == "en" else translations(language)
        self._sentences = None if language == "en" else Sentences(translations(f"{language}-sentences"))

    def __call__(self, text: str, **values: object) -> str:
        """The text in this language, with the values in their places. A text that is not translated stays English."""
        said = self._said.get(text, text)
        return said.format(**values) if values else said

    def told(self, text: str | None) -> str:
        """A sentence that the core says, in this language; what is not known stays English. Empty for None."""
        return self._sentences(text) if text and self._sentences else text or ""

    def count(self, n: int, one: str, many: str, **values: object) -> str:
        """One of two texts, by a number, which stands in them as {n}; Chinese knows the second only."""
        said = one if n == 1 and self.language == "en" else many
        return self(said, n=f"{n:,}", **values)

    def day(self, value: datetime | None) -> str:
        """A day in words; empty for None."""
        if value is None:
            return ""
        if self.language == "zh":
            return f"{value.year}年{value.month}月{value.day}日"
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"

    def moment(self, value: datetime | None) -> str:
        """A day and a time of it, in the server's time zone; empty for None."""
        if value is None:
            return ""
        here = value.astimezone()
        return f"{self.day(here)} {here:%H:%M}"


@cache
def translations(name: str) -> dict[str, str]:
    """English → the other language, by the name of the file."""
    said: dict[str, str] = json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))
    return said


@cache
def _texts(language: str) -> Texts:
    return Texts(language)


def texts_for(request: Request) -> Texts:
    """In the language that was switched to, else in the first of the browser's that there is, else in English."""
    chosen = request.cookies.get(COOKIE, "")
    return _texts(chosen if chosen in LANGUAGES else _preferred(request.headers.get("accept-language", "")))


def _preferred(header: str) -> str:
    """The language that an Accept-Language header likes best (RFC 9110, 12.5.4)."""
    liked: list[tuple[float, str]] = []
    for each in header.split(",")[:20]:
        name, _, rest = each.strip().partition(";")
        quality = rest.strip().removeprefix("q=")
        code = name.strip().lower().partition("-")[0]
        try:
            liked.append((-float(quality) if quality else -1.0, code))
        except ValueError:
            continue
    known = [pair for pair in liked if pair[0] and pair[1] in LANGUAGES]
    return min(known, key=lambda pair: pair[0])[1] if known else "en"
