"""Markdown: the author's text with its headings and tables, without the markup that readers do not see.

Emphasis, link targets inside the same folder, images, comments and HTML tags go; code, lists and quotes stay.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from homeground.ingest.parse.clean import good_title, one_line, tidy
from homeground.ingest.parse.dates import parse_date
from homeground.ingest.parse.decode import decode
from homeground.ingest.parse.draft import Draft
from homeground.ingest.parse.file import File
from homeground.types import ParsedDocument

_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^([A-Za-z_-]+):[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_RULE = re.compile(r"[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?[ \t]*)?$|[ \t]*\|[ \t]*:?-+:?[ \t]*\|?[ \t]*$")
_CELL = re.compile(r"(?<!\\)\|")
_ANCHOR = re.compile(r"[ \t]*\{#[^}]*\}$")

_CODE = re.compile(r"(`+)(.+?)\1(?!`)")
_IMAGE = re.compile(r"!\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?:[^()]|\([^()]*\))*\)")
_LINK = re.compile(r"(?<!\\)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(\s*<?((?:[^()\s>]|\([^()]*\))*)>?(?:\s+[\"'(][^)]*)?\s*\)")
_AUTO = re.compile(r"<((?:https?://|mailto:)[^>\s]+|[\w.+-]+@[\w-]+\.[\w.-]+)>")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?/?>")
_STRONG = re.compile(r"(?<![\w*\\])(\*\*\*|\*\*|\*|___|__|_)(?=\S)(.+?)(?<=[^\s\\])\1(?![\w*])")
_INSIDE = re.compile(r"\*\*(?=\S)([^*]+?)(?<=\S)\*\*")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~$&])")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the block of fields in front of a text says about it."""

    title: str = ""
    date: datetime | None = None


def read(file: File) -> ParsedDocument:
    """A Markdown file."""
    decoded = decode(file.data)
    front, body = front_matter(tidy(decoded.text))
    draft = Draft()
    if front.title:
        draft.heading(front.title, 1)
    add_markdown(draft, body)
    problems = (decoded.problem,) if decoded.problem else ()
    pages = draft.pages()
    first = next((heading.text for page in pages for heading in page.headings), "")
    return ParsedDocument(front.title or good_title(first) or file.stem, "text/markdown", pages, front.date, problems)


def front_matter(text: str) -> tuple[FrontMatter, str]:
    """The fields in front (title and date), and the text without them."""
    match = _FRONT.match(text)
    if not match:
        return FrontMatter(), text
    fields = {key.lower(): value.strip("\"' ") for key, value in _FIELD.findall(match[1])}
    date = next((fields[key] for key in ("date", "published", "updated", "lastmod") if key in fields), "")
    return FrontMatter(good_title(fields.get("title", "")), parse_date(date)), text[match.end() :]


def add_markdown(draft: Draft, text: str, links: bool = True) -> None:
    """Add Markdown to the draft; `links` keeps the addresses of links that lead out of the text's own folder."""
    lines = _COMMENT.sub("", text).split("\n")
    paragraph: list[str] = []
    blocks = _blocks(lines)
    for kind, part in blocks:
        if kind == "text":
            paragraph += [plain(line, links) for line in part]
        elif kind == "code":
            paragraph += part
        else:
            _flush(draft, paragraph)
            if kind == "table":
                rows = [[plain(cell, links) for cell in _cells(line)] for line in part if not _RULE.match(line)]
                draft.table(rows, header=True)
            else:
                draft.heading(plain(part[0], False), int(kind))
    _flush(draft, paragraph)


def _flush(draft: Draft, lines: list[str]) -> None:
    text = "\n".join(lines).strip("\n")
    if text.strip():
        draft.paragraph(text)
    lines.clear()


def _blocks(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Runs of lines: text, code, table, or the level of a heading."""
    place = 0
    while place < len(lines):
        line = lines[place]
        if fence := _FENCE.match(line):
            end = _fence_end(lines, place, fence[1])
            yield "code", lines[place + 1 : end]
            place = end + 1
        elif "|" in line and place + 1 < len(lines) and _RULE.match(lines[place + 1]):
            end = _table_end(lines, place + 2)
            yield "table", lines[place:end]
            place = end
        elif (heading := _ATX.match(line)) and heading[2]:
            yield str(len(heading[1])), [_ANCHOR.sub("", heading[2])]
            place += 1
        elif _underlined(lines, place):
            yield "1" if lines[place + 1].lstrip().startswith("=") else "2", [line]
            place += 2
        else:
            yield "text", [line]
            place += 1


def _fence_end(lines: list[str], start: int, mark: str) -> int:
    for place in range(start + 1, len(lines)):
        if lines[place].strip().startswith(mark) and not lines[place].strip().strip(mark[0]):
            return place
    return len(lines)


def _table_end(lines: list[str], place: int) -> int:
    while place < len(lines) and "|" in lines[place]:
        place += 1
    return place


def _underlined(lines: list[str], place: int) -> bool:
    """Whether the line is a heading by the line of = or - below it."""
    line = lines[place]
    if not line.strip() or place + 1 >= len(lines) or not _SETEXT.match(lines[place + 1]):
        return False
    alone = place == 0 or not lines[place - 1].strip()
    return alone and not line.lstrip().startswith(("-", "*", "+", ">", "|", "#")) and not line.startswith("    ")


def _cells(line: str) -> list[str]:
    inner = line.strip()
    inner = inner[1:] if inner.startswith("|") else inner
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [one_line(cell) for cell in _CELL.split(inner)]


# -- Inside a line ------------------------------------------------------------------------------


def plain(line: str, links: bool = True) -> str:
    """A line as a reader sees it; what stands between back ticks is left alone."""
    if not any(mark in line for mark in "[*_<`&\\!"):
        return line
    done, place = [], 0
    for code in _CODE.finditer(line):
        done += [_inline(line[place : code.start()], links), code[2]]
        place = code.end()
    return "".join([*done, _inline(line[place:], links)])


def _inline(text: str, links: bool) -> str:
    if "[" in text:
        text = _IMAGE.sub(r"\1", text)
        text = _LINK.sub(_link if links else r"\1", text)
    if "<" in text:
        text = _TAG.sub("", _AUTO.sub(r"\1", text.replace("<br>", " ").replace("<br/>", " ").replace("<br />", " ")))
    if "*" in text or "_" in text:
        text = _STRONG.sub(r"\2", _STRONG.sub(r"\2", text))
        text = _INSIDE.sub(r"\1", text)
    if "\\" in text:
        text = _ESCAPE.sub(r"\1", text)
    return html.unescape(text) if "&" in text else text


def _link(match: re.Match[str]) -> str:
    words, target = match[1], match[2]
    outside = target.startswith(("http://", "https://", "mailto:"))
    address = target.removeprefix("mailto:")
    if not outside or address.rstrip("/") == words.rstrip("/"):
        return words
    return f"{words} ({address})" if words.strip() else address
