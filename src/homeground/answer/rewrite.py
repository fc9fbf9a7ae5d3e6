"""Follow-up questions made standalone with a generator, whose output is checked; where it fails, the rules decide.

What the generator writes must be one short question, hold every number and name of the follow-up, and no number, name
or code that neither the follow-up nor the turns before hold.
"""

from __future__ import annotations

from collections.abc import Sequence

from homeground.answer.followup import REACH, Earlier
from homeground.answer.mentions import names
from homeground.answer.prompts import as_data
from homeground.answer.words import terms_in, words
from homeground.errors import ModelError
from homeground.models.generator import Generator, Message, Sampling, Usage

SYSTEM = (
    "Rewrite the last question so that it can be understood without the conversation: put in what its pronouns and "
    "omissions refer to, and nothing else. If it can be understood as it is, repeat it. Reply with the question only."
)
_MOST_TOKENS = 96
_STATEMENTS, _CHARACTERS = 3, 300  # of an earlier answer
_NEW_WORDS = 3  # other than names and numbers that a rewording may bring
_LONGEST = 400


def rewrite(question: str, earlier: Sequence[Earlier], generator: Generator) -> tuple[str | None, Usage]:
    """The question as it stands alone, None when what came out cannot be trusted; and what it cost."""
    messages = prompt(question, earlier)
    writing = None
    try:
        writing = generator.generate(messages, Sampling(max_tokens=_MOST_TOKENS, stop=("\n",)))
        said = "".join(writing)
    except ModelError:
        return None, writing.usage if writing else Usage(0, 0)
    found = " ".join(said.split()).removeprefix("Question:").strip(' "“”')
    return (found if faithful(found, question, earlier) else None), writing.usage


def prompt(question: str, earlier: Sequence[Earlier]) -> tuple[Message, ...]:
    """What the generator is told; what was said before is data, a line for each."""
    lines = []
    for turn in earlier[-REACH:]:
        lines.append(f"Question: {as_data(turn.question)}")
        if answer := " ".join(turn.answers[:_STATEMENTS]):
            lines.append(f"Answer: {as_data(answer)[:_CHARACTERS]}")
    told = "\n".join(lines)
    return Message("system", SYSTEM), Message("user", f"{told}\n\nLast question: {as_data(question)}")


def faithful(found: str, question: str, earlier: Sequence[Earlier]) -> bool:
    """Does a rewording keep what was asked, and add nothing that nobody has said?"""
    if not found or len(found) > _LONGEST:
        return False
    before = " ".join([each for turn in earlier for each in (turn.question, *turn.answers, *turn.documents)])
    said, known, kept = terms_in(found), terms_in(f"{before} {question}"), terms_in(question)
    exact = {term for text in (found, question) for term in _exact(text)}
    return exact & kept <= said and not (exact & said) - known and len(said - known) <= _NEW_WORDS


def _exact(text: str) -> set[str]:
    """The search terms of names, codes and numbers."""
    named = {term for one in names(text) for word in words(one.text) for term in word.terms}
    figures = {term for word in words(text) if any(char.isdigit() for char in word.text) for term in word.terms}
    return named | figures
