"""What an answer shows in `rcg` when its model says what the passages do not, and what the checks cost in right ones.

RGB (Chen et al. 2024; measure only) has snippets of web pages that answer a question, the same with a false answer put
in, and others that were found for the question and do not answer it. Two indexes are asked: the counterfactual snippets
alone (documents that contradict what a model may remember), and those that do not answer (nothing to say). Writers:

    remembering   a model that answers from memory: the true sentence, which no document here says, cited to [1]
    bluntly       the same, but only "The answer is …"
    reading       a model that says what the passages say: each sentence of theirs that holds the (false) answer
    tiny          the trained model of the tests, which copies, and blunders

A shown statement counts as unsupported when its quotes lack the remembered answer, or, from a writer that copies, any
word or figure that it says. Right statements are those of `reading`; lost are the ones that are not shown. The first 65
questions of each language were looked at while the checks were mended; figures are of the others, and of all.

    python bench/modes.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from answering import DATA, ROOT, flat, holds, plain

from homeground import Hit, Principal, Statement, Workspace
from homeground.answer.dates import dates, same_day
from homeground.answer.generate import Writer
from homeground.answer.prompts import NOT_SAID
from homeground.answer.words import terms_in
from homeground.ingest.sentences import sentences
from homeground.models.generator import Finish, Generator, Message, Sampling, Usage
from homeground.models.local import load_generator
from homeground.settings import LocalSettings

ME = Principal("bench", owner=True)
TINY = ROOT / "tests" / "tiny_llama" / "model"
LOOKED_AT = 65  # questions of each language
SETS = {"english": "qa/rgb/en_fact.json", "chinese": "qa/rgb/zh_fact.json"}
Record = dict[str, Any]


# -- Writers that follow a script ---------------------------------------------------------------


@dataclass
class Text:
    """A text as a generation."""

    text: str
    usage: Usage = field(default=Usage(0, 0))
    finish: Finish = "stop"

    def __iter__(self) -> Iterator[str]:
        yield self.text

    def cancel(self) -> None:
        """Nothing runs."""


@dataclass
class Scripted:
    """Says what it is told to say, whatever the prompt."""

    text: str = ""
    name: str = "scripted"
    digest: str = ""
    destination: str = ""
    context_tokens: int = 100_000

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """An estimate."""
        return sum(len(message.text) for message in messages) // 4

    def generate(self, messages: Sequence[Message], sampling: Sampling) -> Text:
        """The script."""
        return Text(self.text)


def remembering(record: Record, hits: Sequence[Hit]) -> str:
    """The true sentences."""
    return _cited(_holding(record["positive"], answers_of(record))) or bluntly(record, hits)


def bluntly(record: Record, hits: Sequence[Hit]) -> str:
    """The true answer and no more."""
    return f"The answer is {answers_of(record)[0]} [1]."


def reading(record: Record, hits: Sequence[Hit]) -> str:
    """What the passages that were found say of the false answer."""
    return _cited(_holding((hit.text for hit in hits), false_of(record))) or NOT_SAID


def _holding(texts: Iterable[str], answers: tuple[str, ...]) -> list[str]:
    found = (text[start:end].strip() for text in texts for start, end in sentences(text))
    return [said for said in dict.fromkeys(found) if _says(said, answers)][:3]


def _cited(said: Sequence[str]) -> str:
    return " ".join(f"{sentence.rstrip('.。')} [1]{'。' if sentence.endswith('。') else '.'}" for sentence in said)


def answers_of(record: Record) -> tuple[str, ...]:
    """What is true."""
    return tuple(flat(record["answer"]))


def false_of(record: Record) -> tuple[str, ...]:
    """What the counterfactual snippets say instead."""
    return tuple(flat(record["fakeanswer"]))


def _says(text: str, answers: tuple[str, ...]) -> bool:
    """Chinese has no spaces between words: there any place counts. A date counts in every form."""
    if holds(text, answers) or any(answer in text for answer in answers if not answer.isascii()):
        return True
    told = list(dates(text))
    return any(same_day(day, other) for answer in answers for day in dates(answer) for other in told)


# -- What is counted ----------------------------------------------------------------------------


@dataclass
class Tally:
    """Counts of one writer over one index; ``unsupported`` are answers, the others are statements."""

    answers: int = 0
    written: int = 0
    shown: int = 0
    unsupported: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    @property
    def lost(self) -> int:
        """Statements that were written and not shown."""
        return self.written - self.shown

    def line(self) -> str:
        """A row of the table."""
        return f"{self.answers:>9}{self.written:>12}{self.shown:>8}{self.unsupported:>13}{self.lost:>8}"


def lacks_memory(record: Record) -> Callable[[Statement], bool]:
    """Whether a statement tells the true answer, and nothing that it quotes does."""
    true = answers_of(record)

    def lacks(statement: Statement) -> bool:
        quotes = " ".join(citation.quote for citation in statement.citations)
        said = set(plain(quotes).split())
        return (
            _says(statement.text, true)
            and not _says(quotes, true)
            and not any(
                set(plain(answer).split()) <= said
                for answer in true  # Roger S. Goodell, Liu Yifei
            )
        )

    return lacks


def lacks_words(statement: Statement) -> bool:
    """Whether a statement has a word or figure that nothing that it quotes has."""
    return bool(terms_in(statement.text) - terms_in(" ".join(citation.quote for citation in statement.citations)))


@dataclass
class Shelf:
    """A workspace over some of the snippets, and what it takes to write from it."""

    workspace: Workspace

    def answer(self, question: str, generator: Generator, hits: Sequence[Hit]) -> tuple[tuple[Statement, ...], int]:
        """The statements that are shown, and how many were written."""

        def page_text(document: str, revision: str, page: int) -> str:
            return self.workspace.parts.cited(document, revision, page, ME).text

        writer = Writer(generator, self.workspace.parts.encoder, "rcg", 300)
        written = writer.write(question, hits, page_text)
        return written.statements, len(written.statements) + len(written.dropped)

    def hits(self, question: str) -> list[Hit]:
        """What is found for the question."""
        return self.workspace.search(question, ME)


def shelf(texts: Iterable[str], folder: Path) -> Shelf:
    """A fresh workspace with a file for each text."""
    (folder / "documents").mkdir(parents=True)
    for number, text in enumerate(dict.fromkeys(texts)):
        (folder / "documents" / f"{number:04d}.txt").write_text(text, encoding="utf-8")
    workspace = Workspace.create(folder / "workspace")
    workspace.add(folder / "documents", name="snippets")
    return Shelf(workspace)


def run(records: Sequence[Record], place: Shelf, script: Callable[[Record, Sequence[Hit]], str] | Generator) -> Tally:
    """One writer answers every question."""
    tally = Tally()
    for record in records:
        hits = place.hits(record["query"])
        generator: Any = Scripted(script(record, hits)) if callable(script) else script
        statements, written = place.answer(record["query"], generator, hits)
        lacks = lacks_memory(record) if script in (remembering, bluntly) else lacks_words
        tally += Tally(1, written, len(statements), any(lacks(statement) for statement in statements))
    return tally


def measure(language: str, most: int | None, writers: Mapping[str, Any]) -> dict[tuple[str, str, bool], Tally]:
    """Prints a table; counts by index, writer, and whether the questions had been looked at."""
    lines = (DATA / SETS[language]).read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines][:most]
    found = {}
    print(f"\n{language:<28}{'answers':>9}{'statements':>12}{'shown':>8}{'unsupported':>13}{'lost':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for kind, texts in (("counterfactual", "positive_wrong"), ("unanswerable", "negative")):
            place = shelf((text for one in records for text in one[texts]), Path(folder) / kind)
            for name, writer in writers.items():
                for seen, some in ((True, records[:LOOKED_AT]), (False, records[LOOKED_AT:])):
                    found[kind, name, seen] = run(some, place, writer)
                both = found[kind, name, True] + found[kind, name, False]
                print(f"{kind:<15}{name:<13}{both.line()}", flush=True)
    return found


def main() -> None:
    """Print a table for each language, and as last line the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="70 questions a language")
    most = 70 if parser.parse_args().quick else None
    tiny = load_generator(str(TINY), LocalSettings())
    writers = {"remembering": remembering, "bluntly": bluntly, "reading": reading, "tiny": tiny}
    found = {language: measure(language, most, writers) for language in SETS}
    tiny.close()
    print(json.dumps({key: round(value, 4) for key, value in figures(found).items()}))


def figures(found: Mapping[str, Mapping[tuple[str, str, bool], Tally]]) -> dict[str, float]:
    """Shares over all questions, over those not looked at, and of each language."""

    def shown(tallies: Iterable[Tally]) -> float:
        whole = sum(tallies, Tally())
        return whole.unsupported / max(1, whole.answers)

    def lost(tallies: Iterable[Tally]) -> float:
        whole = sum(tallies, Tally())
        return whole.lost / max(1, whole.written)

    every = [(key, tally) for some in found.values() for key, tally in some.items()]
    rights = [(key, tally) for key, tally in every if key[:2] == ("counterfactual", "reading")]
    told = {
        "unsupported_shown": shown(tally for _, tally in every),
        "unsupported_shown_blind": shown(tally for key, tally in every if not key[2]),
        "right_lost": lost(tally for _, tally in rights),
        "right_lost_blind": lost(tally for key, tally in rights if not key[2]),
    }
    for language, some in found.items():
        told[f"unsupported_{language}"] = shown(some.values())
    return told


if __name__ == "__main__":
    main()
