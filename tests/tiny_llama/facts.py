"""The text that the tiny model learns from: invented facts, questions about them, and answers that copy and cite.

    case(dice)      one conversation: numbered passages, a question, and the answer with its citations
    cases(dice, …)  several about the same passages
    prompt(case)    the messages before the answer

Names, numbers and dates are made up anew each time, so that nothing can be learnt but to look for the sentence that
answers, to copy it, and to say so where there is none. A part of the cases are plain sentences (the language reference
that every Python carries), asked for by a few of their words.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

SYSTEM = (
    "Answer only from the numbered passages. Cite them like [1]. If they do not say, reply: The passages do not say."
)
REFUSAL = "The passages do not say."

_WORDS = {
    "onset": "b br c ch d dr f fl g gr h j k kl l m n p pl qu r s sh st t tr v w z",
    "nucleus": "a e i o u ai ea io ou",
    "coda": "n r l s x nd rt m th",
    "role": "engineer designer manager accountant lawyer analyst planner buyer trainer architect nurse editor",
    "thing": "pump valve lamp motor printer sensor scanner filter tractor cabinet ladder router drill heater",
    "colour": "red blue green grey black white orange yellow",
    "place": "room building warehouse office hall workshop",
    "month": "January February March April May June July August September October November December",
    "subject": "invoices orders contracts visits refunds loans repairs trips",
}

# A sentence, and two ways to ask for it.
_PRODUCT = (
    ("The {it} weighs {number} kg.", "How much does the {it} weigh?", "What is the weight of the {it}?"),
    ("The {it} costs {number} euros.", "How much does the {it} cost?", "What is the price of the {it}?"),
    ("The {it} has a warranty of {small} months.", "How long is its warranty: {it}?", "What warranty has the {it}?"),
    ("The {it} is {colour}.", "What colour is the {it}?", "Which colour does the {it} have?"),
    ("The {it} is kept in {place} {small}.", "Where is the {it} kept?", "In which place is the {it}?"),
    ("The {it} was last checked on {date}.", "When was the {it} last checked?", "On which day was the {it} checked?"),
)
_PERSON = (
    ("{it} works as {role}.", "What does {it} work as?", "What is the job of {it}?"),
    ("{it} joined {name} in {year}.", "When did {it} join?", "In which year did {it} join?"),
    ("{it} lives in {name}.", "Where does {it} live?", "In which town does {it} live?"),
    ("The number of {it} is {number}.", "What is the number of {it}?", "How can {it} be called?"),
    ("{it} reports to {name} {name}.", "Who does {it} report to?", "Who leads {it}?"),
)
_COMPANY = (
    ("{it} was founded in {year}.", "When was {it} founded?", "In which year was {it} founded?"),
    ("{it} has {number} employees.", "How many employees does {it} have?", "How many people work at {it}?"),
    ("{it} is based in {name}.", "Where is {it} based?", "In which town is {it}?"),
    ("{it} is led by {name} {name}.", "Who leads {it}?", "Who is the head of {it}?"),
    ("{it} sold {thing}s for {number} million euros.", "What did {it} sell?", "How much did {it} sell?"),
)
_RULE = (
    ("At {it}, {those} above {number} euros are approved by the {role}.", "Who approves {those} at {it}?", ""),
    ("At {it}, {those} are paid within {small} days.", "When are {those} paid at {it}?", ""),
    ("At {it}, {those} are kept for {small} years.", "How long are {those} kept at {it}?", ""),
    ("At {it}, nobody may sign {those} before {date}.", "When may {those} be signed at {it}?", ""),
)


@dataclass(frozen=True)
class Case:
    """A conversation. The passages count from 1; an answer without citations is the refusal."""

    passages: tuple[str, ...]
    question: str
    answer: str


@dataclass(frozen=True)
class Fact:
    """A sentence, and the question to which it is the answer."""

    sentence: str
    question: str


Dice = random.Random
Entity = Callable[[Dice], list[Fact]]


def prompt(case: Case) -> list[tuple[str, str]]:
    """The messages before the answer, as (role, text)."""
    passages = "\n".join(f"[{number}] {text}" for number, text in enumerate(case.passages, 1))
    return [("system", SYSTEM), ("user", f"{passages}\n\nQuestion: {case.question}")]


def case(dice: Dice, most_passages: int = 5) -> Case:
    """A new conversation: one fact is asked for, or two, or one that no passage holds."""
    return cases(dice, most_passages, 1)[0]


def cases(dice: Dice, most_passages: int, questions: int) -> list[Case]:
    """Conversations about the same passages, each with a question of its own."""
    entities = [_entity(dice)] * dice.choice((1, 1, 2))
    while len(entities) < dice.randint(1, most_passages):
        entities.append(_entity(dice))
    known = [entity(dice) for entity in entities]
    kept = [dice.sample(facts, min(len(facts), dice.randint(1, 3))) for facts in known]
    dice.shuffle(kept)
    passages = tuple(" ".join(fact.sentence for fact in facts) for facts in kept)
    return [Case(passages, *_asked(dice, known, kept)) for _ in range(questions)]


def _entity(dice: Dice) -> Entity:
    return _plain if dice.random() < 0.2 else dice.choice(_ENTITIES)


def _asked(dice: Dice, known: Sequence[Sequence[Fact]], kept: Sequence[Sequence[Fact]]) -> tuple[str, str]:
    """A question and its answer."""
    kind = dice.random()
    if kind < 0.2:
        return _unanswerable(dice, known, kept), REFUSAL
    at = dice.randrange(len(kept))
    fact = dice.choice(kept[at])
    other_at = dice.randrange(len(kept))
    other = dice.choice(kept[other_at])
    if kind < 0.35 and other.sentence != fact.sentence:
        return f"{fact.question} {other.question}", f"{_cited(fact, at)} {_cited(other, other_at)}"
    return fact.question, _cited(fact, at)


def _cited(fact: Fact, at: int) -> str:
    return f"{fact.sentence[:-1]} [{at + 1}]."


def _unanswerable(dice: Dice, known: Sequence[Sequence[Fact]], kept: Sequence[Sequence[Fact]]) -> str:
    """A question about something that is there, but not this; or about something that is not there at all."""
    said = {fact.sentence for facts in kept for fact in facts}
    left_out = [fact for facts in known for fact in facts if fact.sentence not in said]
    if left_out and dice.random() < 0.5:
        return dice.choice(left_out).question
    return dice.choice(dice.choice([*_ENTITIES, _plain])(dice)).question


# -- What the facts are about -------------------------------------------------------------------


class _Made(dict[str, str]):
    """Fills the places of a template; each time anew but for what is given."""

    def __init__(self, dice: Dice, **given: str) -> None:
        super().__init__(given)
        self._dice = dice

    def __missing__(self, kind: str) -> str:
        dice = self._dice
        if kind == "name":
            return "".join(_syllable(dice) for _ in range(dice.choice((1, 2, 2, 3)))).capitalize()
        if kind == "number":
            return f"{dice.randint(2, 10 ** dice.randint(1, 5)):,}"
        if kind == "date":
            return "{day} {month} {year}".format_map(self)
        ranges = {"small": (2, 90), "day": (1, 28), "year": (1850, 2035)}
        return str(dice.randint(*ranges[kind])) if kind in ranges else dice.choice(_WORDS[kind].split())


def _syllable(dice: Dice) -> str:
    onset, nucleus, coda = (dice.choice(_WORDS[part].split()) for part in ("onset", "nucleus", "coda"))
    return onset + nucleus + (coda if dice.random() < 0.6 else "")


def _facts(dice: Dice, templates: Sequence[tuple[str, str, str]], **given: str) -> list[Fact]:
    made = _Made(dice, **given)
    return [
        Fact(sentence.format_map(made), (dice.choice((first, second)) or first).format_map(made))
        for sentence, first, second in templates
    ]


def _product(dice: Dice) -> list[Fact]:
    code = f"{dice.choice('ABCHKPQRTX')}-{dice.randint(1, 999)}"
    name = ("{thing} " + code if dice.random() < 0.4 else "{name} {thing}").format_map(_Made(dice))
    return _facts(dice, _PRODUCT, it=name)


def _person(dice: Dice) -> list[Fact]:
    return _facts(dice, _PERSON, it="{name} {name}".format_map(_Made(dice)))


def _company(dice: Dice) -> list[Fact]:
    return _facts(dice, _COMPANY, it="{name}".format_map(_Made(dice)) + dice.choice((" Ltd", " GmbH", " Group", "")))


def _rule(dice: Dice) -> list[Fact]:
    made = _Made(dice)
    return _facts(dice, _RULE, it=made["name"], those=made["subject"])


def _plain(dice: Dice) -> list[Fact]:
    """Sentences of running text; each is asked for by two to five neighbouring words of its own."""
    facts = []
    sentences = _sentences()
    start = dice.randrange(len(sentences) - 4)
    for sentence in sentences[start : start + 4]:
        words = sentence[:-1].split()
        if dice.random() < 0.5:  # in no order that could be learnt by heart
            dice.shuffle(words)
            sentence = " ".join(words) + "."
        size = dice.randint(2, min(5, len(words)))
        first = dice.randrange(len(words) - size + 1)
        asked = " ".join(words[first : first + size])
        facts.append(Fact(sentence, dice.choice((f"What is said about {asked}?", f"What about {asked}?"))))
    return facts


@functools.cache
def _sentences() -> tuple[str, ...]:
    """Sentences of 4 to 24 plain words out of the language reference."""
    from pydoc_data.topics import topics

    text = re.sub(r"\s+", " ", " ".join(topics[name] for name in sorted(topics)))
    found = re.findall(r"(?<=[.] )[A-Z][A-Za-z,' -]{20,150}[.](?= )", text)
    return tuple(each for each in found if 4 <= len(each.split()) <= 24)


_ENTITIES: tuple[Entity, ...] = (_product, _person, _company, _rule)
