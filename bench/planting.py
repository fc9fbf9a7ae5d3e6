"""Right statements over TAT-QA and two company handbooks, and the same with one error planted in each.

A right statement is a sentence as it stands, a sentence with its numbers and dates spelled otherwise, or a question and
its answer turned into a statement. An error is a wrong number, date or name, or a negation put in or left out. Half of
the wrong values come from the evidence itself, where another place says them: the hard half.
"""

from __future__ import annotations

import json
import random
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from answering import DATA

from homeground.ingest.sentences import sentences

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
MONTH = rf"(?:{'|'.join(MONTHS)})"
_DATE = re.compile(rf"\b(?P<n>{MONTH}) (?P<d>\d{{1,2}}), (?P<y>\d{{4}})\b")
_NUMBER = re.compile(r"(?<![\w.,-])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w,]*\d)|(?<![\w.,-])\d+(?:\.\d+)?(?![\w-]|[.,]\d)")
_NAME = re.compile(r"(?<=[a-z,] )(?:[A-Z][a-z]{2,}(?: |(?=\W)))+")
_MODAL = re.compile(r"\b(is|are|was|were|will|can|should|must|may|has|have|does|do|did|would)\b(?! (?:not|n't))")
_NOT = re.compile(r"\b(is|are|was|were|will|should|must|may|has|have|does|do|did|would) not\b|\b(can)not\b")


@dataclass(frozen=True)
class Claim:
    """A statement with the quotes it cites; ``way`` says how it was made, ``planted`` what is wrong, if anything."""

    text: str
    evidence: tuple[str, ...]
    way: str
    half: int
    planted: str = ""


def right_claims(limit: int, seed: int = 7) -> list[Claim]:
    """At most ``limit`` right statements of each way and source, drawn with ``seed``; halves by document."""
    drawn: dict[str, list[Claim]] = {}
    for claim in (*_tatqa(), *_handbooks()):
        drawn.setdefault(claim.way, []).append(claim)
    dice = random.Random(seed)
    return [one for claims in drawn.values() for one in dice.sample(claims, min(limit, len(claims)))]


def planted_claims(claims: Sequence[Claim], seed: int = 7) -> Iterator[Claim]:
    """Every claim with each kind of error that it has a place for."""
    dice = random.Random(seed)
    pool = sorted({name for claim in claims for text in claim.evidence for name in names(text)})
    for claim in claims:
        source = "\n".join(claim.evidence)
        for kind, wrong in (
            ("number", lambda t, s: _number(t, s, dice, inside=False)),
            ("number of the evidence", lambda t, s: _number(t, s, dice, inside=True)),
            ("sign", lambda t, s: _sign(t)),
            ("date", lambda t, s: _date(t, dice)),
            ("name", lambda t, s: _name(t, s, pool, dice)),
            ("negation put in", lambda t, s: _MODAL.sub(r"\1 not", t, count=1)),
            ("negation left out", lambda t, s: _NOT.sub(lambda m: m[1] or m[2], t, count=1)),
        ):
            text = wrong(claim.text, source)
            if text and text != claim.text:
                yield replace(claim, text=text, planted=kind)


def names(text: str) -> list[str]:
    """Runs of words with capitals inside of sentences, months left out."""
    found = (match.group().strip() for match in _NAME.finditer(text))
    return [name for name in found if not set(name.split()) & set(MONTHS)]


def _half(document: str) -> int:
    return zlib.crc32(document.encode()) % 2


def _tatqa() -> Iterator[Claim]:
    for record in json.loads((DATA / "qa/tatqa/tatqa_dataset_dev.json").read_text(encoding="utf-8")):
        half = _half(record["table"]["uid"])
        texts = {str(part["order"]): part["text"] for part in record["paragraphs"]}
        yield from (claim for text in texts.values() for claim in _sentences(text, "tatqa", half))
        table = "\n".join(
            " ".join(filter(None, (" ".join(c.split()) for c in row))) for row in record["table"]["table"]
        )
        for question in record["questions"]:
            evidence = [texts[each] for each in question["rel_paragraphs"] if each in texts]
            if question["answer_from"] != "text":
                evidence.insert(0, table)
            if question["answer_type"] == "span" and (told := declared(question["question"], _answer(question))):
                yield Claim(told, tuple(evidence), "question and answer", half)


def _answer(question: dict[str, Any]) -> str:
    answer, scale = str(question["answer"][0]).rstrip("."), question["scale"]
    if scale == "percent":
        return answer if "%" in answer else f"{answer}%"
    return f"{answer} {scale}" if scale and re.fullmatch(r"[$(]*[\d.,]+\)?", answer) else answer


def declared(question: str, answer: str) -> str:
    """A question and its answer as one statement; empty where the question has no plain form."""
    text = question.strip().rstrip("?").strip()
    if match := re.fullmatch(r"(?i)what (is|was|are|were) (the .+)", text):
        return f"{match[2][0].upper()}{match[2][1:]} {match[1].lower()} {answer}."
    if match := re.fullmatch(
        r"(?i)(?:who|which company|what company) ((?!is |was |are |did |do |does |were )\w+ .+)", text
    ):
        return f"{answer[:1].upper()}{answer[1:]} {match[1]}."
    if match := re.fullmatch(r"(?i)how (?:much|many) (.+?) (is|was|are|were|did|does) (.+)", text):
        return (
            f"{match[3][0].upper()}{match[3][1:]}: {answer} {match[1]}."
            if match[2] in ("is", "was", "are", "were")
            else ""
        )
    return ""


def _handbooks() -> Iterator[Claim]:
    for path in sorted((DATA / "handbooks").rglob("*.md")):
        half = _half(path.name)
        for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            if block.strip() and block.lstrip()[0] not in "#|<`-*{!>[":
                yield from _sentences(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", block).replace("*", ""), "handbook", half)


def _sentences(text: str, source: str, half: int) -> Iterator[Claim]:
    """Each sentence: cited alone, cited with its whole paragraph, and spelled otherwise."""
    for number, (start, end) in enumerate(sentences(text)):
        said = " ".join(text[start:end].split())
        if not (40 <= len(said) <= 400 and said[0].isupper() and said[-1] in ".!" and _checkable(said)):
            continue
        quotes = (said,) if number % 2 else (text,)
        yield Claim(said, quotes, f"{source} sentence", half)
        if (other := respelled(said)) != said:
            yield Claim(other, quotes, f"{source} respelled", half)


def _checkable(text: str) -> bool:
    return bool(_NUMBER.search(text) or names(text) or _NOT.search(text) or _MODAL.search(text))


def respelled(text: str) -> str:
    """The same said in other spellings of numbers, percent, dates and signs."""
    turn = zlib.crc32(text.encode())
    text = _DATE.sub(lambda m: _dated(m, turn), text)
    text = re.sub(r"(\d)%", r"\1 percent", text) if "%" in text else re.sub(r"(\d) (?:percent|per cent)", r"\1%", text)
    text = re.sub(r"(?<=[\s$])(\d{1,3}),(\d{3})(?![,\d])", r"\1\2", text)
    text = re.sub(r"\((\d+\.\d+)\)", r"-\1", text)
    return text.replace("do not ", "don't ").replace("cannot", "can not")


def _dated(match: re.Match[str], turn: int) -> str:
    month = MONTHS.index(match["n"]) + 1
    if turn % 2:
        return f"{match['d']} {match['n']} {match['y']}"
    return f"{match['y']}-{month:02d}-{int(match['d']):02d}"


def _number(text: str, source: str, dice: random.Random, inside: bool) -> str:
    """One number changed: into another of the evidence, or one digit of it into one that is nowhere there."""
    bare = _DATE.sub(lambda m: "·" * len(m.group()), text)
    places = list(_NUMBER.finditer(bare))
    if not places:
        return ""
    place = dice.choice(places)
    there = {each.group().replace(",", "") for each in _NUMBER.finditer(source)}
    others = sorted(there - {each.group().replace(",", "") for each in places} - {""})
    if inside:
        alike = [each for each in others if _shape(each) == _shape(place.group())]
        return text[: place.start()] + dice.choice(alike) + text[place.end() :] if alike else ""
    for _ in range(20):
        at = dice.choice([i for i, each in enumerate(place.group()) if each.isdigit()])
        wrong = place.group()[:at] + dice.choice("123456789") + place.group()[at + 1 :]
        if wrong.replace(",", "") not in there:
            return text[: place.start()] + wrong + text[place.end() :]
    return ""


def _shape(number: str) -> tuple[bool, bool]:
    return "." in number, bool(re.fullmatch(r"(?:19|20)\d\d", number))


def _sign(text: str) -> str:
    """A figure that is above zero put below."""
    return re.sub(r"(?<=[a-z] )(\$?\d[\d,]*\.\d+)(?![\d,]|\.\d)", r"-\1", text, count=1)


def _date(text: str, dice: random.Random) -> str:
    """The day, the month or the year of one date changed."""
    match = next(iter(_DATE.finditer(text)), None)
    if match is None:
        return ""
    change: Callable[[], str] = dice.choice(
        [
            lambda: f"{dice.choice([m for m in MONTHS if m != match['n']])} {match['d']}, {match['y']}",
            lambda: f"{match['n']} {dice.choice([d for d in range(1, 29) if d != int(match['d'])])}, {match['y']}",
            lambda: f"{match['n']} {match['d']}, {int(match['y']) + dice.choice([-3, -2, -1, 1, 2, 3])}",
        ]
    )
    return text[: match.start()] + change() + text[match.end() :]


def _name(text: str, source: str, pool: Sequence[str], dice: random.Random) -> str:
    """One name changed for one of another document."""
    places = [m for m in _NAME.finditer(text) if m.group().strip() and not set(m.group().split()) & set(MONTHS)]
    if not places:
        return ""
    place = dice.choice(places)
    old, folded = place.group().strip(), source.casefold()
    others = [each for each in pool if len(each.split()) == len(old.split())]
    fresh = [each for each in others if not any(word.casefold() in folded for word in each.split())]
    return text[: place.start()] + dice.choice(fresh) + text[place.start() + len(old) :] if fresh else ""
