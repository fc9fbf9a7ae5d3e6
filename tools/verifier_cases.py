"""Statements with evidence that supports them or does not: what fit_verifier.py learns from.

Nobody labelled these by hand. A title is supported by its abstract and not by the abstract nearest to it; a conclusion
by the sentences before it; a question with its answer by the paragraph that it was asked of, and with another answer
of that paragraph it is not; a sentence by its own paragraph, and not by the same paragraph without it; two sentences
only where both are. Errors are planted as in bench/planting.py. Nothing that is marked *measure* is looked at.
"""

from __future__ import annotations

import json
import random
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from homeground.answer.entail import Encoder
from homeground.answer.words import terms_in, terms_of
from homeground.ingest.sentences import sentences

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))
from answering import DATA
from planting import declared, planted_claims, right_claims

PROPER = 0.8  # share of the places inside sentences where a name has a capital
FAMILIES = {
    "titles": ("title",),
    "conclusions": ("conclusion",),
    "claims": ("claim",),
    "questions": ("question", "question elsewhere", "question, wrong answer"),
    "sentences": (
        "sentence", "sentence taken out", "sentence of the next", "two sentences", "one of two sentences",
        "half of another sentence",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """A statement, its evidence, and whether it is supported; ``half`` 0 is fitted on, 1 chooses."""

    text: str
    evidence: tuple[str, ...]
    supported: bool
    source: str
    half: int

    @property
    def family(self) -> str:
        """Pairs of one family come from the same texts in the same way."""
        for family, sources in FAMILIES.items():
            if self.source in sources:
                return family
        return "planted"


def all_pairs(encoder: Encoder, scale: float = 1.0) -> list[Pair]:
    """Every kind of pair; ``scale`` is the share of the full number."""
    dice = random.Random(11)
    made = [*_papers(encoder, dice, int(500 * scale)), *_claims(encoder, dice, int(300 * scale))]
    made += [*_questions(dice), *_paragraphs(dice), *_planted(int(120 * scale))]
    kinds: dict[tuple[str, bool], list[Pair]] = {}
    for pair in made:
        kinds.setdefault((pair.source, pair.supported), []).append(pair)
    most = int(600 * scale)
    return [pair for each in kinds.values() for pair in dice.sample(each, min(most, len(each)))]


def common_terms(count: int = 2000) -> list[str]:
    """The terms that the most texts hold, over abstracts, handbooks, encyclopaedia and reports; most common first."""
    plain = (t for text in _texts() for t in sorted(terms_in(text)) if t.isascii() and t.isalpha() and len(t) > 1)
    return [term for term, _ in Counter(plain).most_common(count)]


def proper_terms(common: Sequence[str]) -> list[str]:
    """Those of the common terms that are written with a capital inside sentences too: countries, firms, people."""
    wanted, seen, capital = set(common), Counter[str](), Counter[str]()
    for text in _texts():
        for word in re.finditer(r"(?<=[a-z,;] )[A-Za-z][A-Za-z'’-]*", text):
            for term in wanted.intersection(terms_of(word.group())):
                seen[term] += 1
                capital[term] += word.group()[0].isupper()
    return [term for term in common if seen[term] and capital[term] >= PROPER * seen[term]]


def _texts() -> list[str]:
    dice = random.Random(1)
    texts = [text for _, _, text in dice.sample(_abstracts(), 600)]
    pages = [path.read_text(encoding="utf-8") for path in sorted((DATA / "handbooks").rglob("*.md"))]
    texts += [page[:2500] for page in dice.sample(pages, 600)]
    articles = json.loads((DATA / "qa/xquad/xquad.en.json").read_text(encoding="utf-8"))["data"]
    texts += 3 * [paragraph["context"] for article in articles for paragraph in article["paragraphs"]]
    reports = json.loads((DATA / "qa/tatqa/tatqa_dataset_dev.json").read_text(encoding="utf-8"))
    return texts + [part["text"] for report in reports for part in report["paragraphs"]]


def _half(text: str) -> int:
    return zlib.crc32(text.encode()) % 2


def _abstracts() -> list[tuple[str, str, str]]:
    lines = (DATA / "retrieval/scifact/corpus.jsonl").read_text(encoding="utf-8").splitlines()
    return [(one["_id"], one["title"], one["text"]) for one in map(json.loads, lines)]


def _papers(encoder: Encoder, dice: random.Random, count: int) -> Iterator[Pair]:
    """Titles and conclusions of abstracts, against their own abstract and the nearest other one of 2,000."""
    drawn = dice.sample(_abstracts(), 2000)
    vectors = encoder.encode([title for _, title, _ in drawn])
    for place in range(count * 2):
        key, title, text = drawn[place]
        likeness = vectors @ vectors[place]
        likeness[place] = -1
        _, other_title, other = drawn[int(np.argmax(likeness))]
        said, others = _split(text), _split(other)
        if len(said) < 4 or len(others) < 4 or title.endswith("?"):
            continue
        half = _half(key)
        if place % 2:
            yield Pair(title, (text,), True, "title", half)
            yield Pair(
                title if place % 4 == 1 else other_title, (other if place % 4 == 1 else text,), False, "title", half
            )
            continue
        rest = " ".join(said[:-1])
        yield Pair(said[-1], (rest,), True, "conclusion", half)
        yield Pair(others[-1], (rest,), False, "conclusion", half)
        yield Pair(said[-1], (" ".join(others[:-1]),), False, "conclusion", half)


def _claims(encoder: Encoder, dice: random.Random, count: int) -> Iterator[Pair]:
    """Claims of scientists with the abstract that they were checked against (most agree), and with a near one."""
    papers = {key: f"{title}. {text}" for key, title, text in _abstracts()}
    lines = (DATA / "retrieval/scifact/queries.jsonl").read_text(encoding="utf-8").splitlines()
    claims = {one["_id"]: one["text"] for one in map(json.loads, lines)}
    judged: dict[str, list[str]] = {}
    for line in (DATA / "retrieval/scifact/qrels/train.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        judged.setdefault(line.split("\t")[0], []).append(line.split("\t")[1])
    others = dice.sample(sorted(papers), 1500)
    vectors = encoder.encode([papers[key][:600] for key in others])
    for claim in dice.sample(sorted(judged), count):
        half = _half(judged[claim][0])
        yield Pair(claims[claim], (papers[judged[claim][0]],), True, "claim", half)
        order = np.argsort(-(vectors @ encoder.encode([claims[claim]])[0]))
        near = [others[int(place)] for place in order[:6] if others[int(place)] not in judged[claim]]
        yield Pair(claims[claim], (papers[dice.choice(near[:4])],), False, "claim", half)


def _questions(dice: random.Random) -> Iterator[Pair]:
    """Questions and answers as statements: against their paragraph, another of the article, and with another answer."""
    for article in json.loads((DATA / "qa/xquad/xquad.en.json").read_text(encoding="utf-8"))["data"]:
        half, paragraphs = _half(article["title"]), article["paragraphs"]
        for paragraph in paragraphs:
            asked = [(q["question"], q["answers"][0]["text"]) for q in paragraph["qas"]]
            other = dice.choice([p for p in paragraphs if p is not paragraph] or [paragraph])
            for question, answer in asked:
                told = turned(question, answer)
                if not told:
                    continue
                yield Pair(told, (paragraph["context"],), True, "question", half)
                if other is not paragraph:
                    yield Pair(told, (other["context"],), False, "question elsewhere", half)
                wrong = [a for _, a in asked if a != answer and a[:1].isupper() == answer[:1].isupper()]
                if wrong and (false := turned(question, dice.choice(wrong))):
                    yield Pair(false, (paragraph["context"],), False, "question, wrong answer", half)


def turned(question: str, answer: str) -> str:
    """A question and its answer as a statement; the plain forms of ``declared`` and a few more."""
    text = question.strip().rstrip("?").strip()
    if told := declared(question, answer):
        return told
    if match := re.fullmatch(r"(?i)(?:what|which) (\w+) ((?:is|was|are|were|has|had|can|will) .+)", text):
        return f"{answer[:1].upper()}{answer[1:]} {match[2]}."
    if match := re.fullmatch(
        r"(?i)(?:in (?:what|which) year|when|where) (?:is|was|are|were)"
        r" (\S+(?: \S+)*) (\w+(?:ed|en|born|made|held|built))",
        text,
    ):
        return f"{match[1][0].upper()}{match[1][1:]} was {match[2]} in {answer}."
    return ""


def _paragraphs(dice: random.Random) -> Iterator[Pair]:
    """Sentences, shortened sentences and two sentences as one statement, over paragraphs of one document."""
    for name, paragraphs in _documents():
        half = _half(name)
        for place, text in enumerate(paragraphs[:-1]):
            said, following = _split(text), _split(paragraphs[place + 1])
            if len(said) < 3 or not following:
                continue
            number = dice.randrange(len(said))
            one, rest = said[number], " ".join(said[:number] + said[number + 1 :])
            other, foreign = dice.choice([s for s in said if s != one]), dice.choice(following)
            around = (text, *paragraphs[max(0, place - 4) : place]) if place % 2 else (text,)
            yield Pair(_shorter(one, dice), around, True, "sentence", half)
            yield Pair(_shorter(one, dice), (rest, *around[1:]), False, "sentence taken out", half)
            yield Pair(f"{one} {other}", around, True, "two sentences", half)
            yield Pair(
                _and(one, foreign) if place % 3 else f"{one} {foreign}", around, False, "one of two sentences", half
            )
            yield Pair(foreign, around, False, "sentence of the next", half)
            yield Pair(_grafted(one, foreign), around, False, "half of another sentence", half)


def _documents() -> Iterator[tuple[str, list[str]]]:
    for article in json.loads((DATA / "qa/xquad/xquad.en.json").read_text(encoding="utf-8"))["data"]:
        yield article["title"], [paragraph["context"] for paragraph in article["paragraphs"]]
    for path in sorted((DATA / "handbooks").rglob("*.md"))[::4]:
        blocks = re.split(r"\n\s*\n", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", path.read_text(encoding="utf-8")))
        plain = [" ".join(b.split()) for b in blocks if b.strip() and b.lstrip()[0] not in "#|<`{!>[" and len(b) > 120]
        if len(plain) > 2:
            yield path.name, plain[:12]
    for path in sorted((DATA / "qa/covid-qa/data/question-answering").glob("*covidQA.json"))[:1]:
        papers = [
            p["context"] for each in json.loads(path.read_text(encoding="utf-8"))["data"] for p in each["paragraphs"]
        ]
        for number, paper in enumerate(papers[:25]):
            said = _split(paper)
            yield f"covid{number}", [" ".join(said[at : at + 8]) for at in range(8, min(len(said), 72), 8)]


def _shorter(sentence: str, dice: random.Random) -> str:
    """The sentence without one of its parts between commas or brackets, or as it is."""
    parts = re.split(r"(?<=\w), | \([^)]*\)", sentence)
    if len(parts) < 3 or dice.random() < 0.4:
        return sentence
    out = dice.randrange(1, len(parts))
    return ", ".join(part for place, part in enumerate(parts) if place != out)


def _and(one: str, other: str) -> str:
    return f"{one.rstrip('.')} and {other[:1].lower()}{other[1:]}"


def _grafted(one: str, other: str) -> str:
    """The beginning of one sentence with the end of another."""
    head, tail = one.split(), other.split()
    return " ".join([*head[: max(3, len(head) // 2)], *tail[len(tail) // 2 :]])


def _split(text: str) -> list[str]:
    return [" ".join(text[start:end].split()) for start, end in sentences(text) if end - start > 25]


def _planted(limit: int) -> Iterator[Pair]:
    claims: Sequence = right_claims(limit, seed=23)
    for claim in claims:
        yield Pair(claim.text, claim.evidence, True, claim.way, claim.half)
    for claim in planted_claims(claims, seed=23):
        yield Pair(claim.text, claim.evidence, False, f"planted {claim.planted.split(' of')[0]}", claim.half)
