"""An answer that a generator writes: prompt → text → statements, each cited and checked before anybody sees it.

In ``rcg`` a statement stands only when a passage supports it; in ``rag`` what none supports is marked; ``closed`` has
no passages, and all of it is the model's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from homeground.answer.cite import PageText, cite
from homeground.answer.draft import Draft, drafts
from homeground.answer.entail import Encoder, support
from homeground.answer.prompts import NOT_KNOWN, NOT_SAID, Mode, prompt
from homeground.answer.words import terms_in
from homeground.ingest.sentences import sentences
from homeground.models.generator import Generator, Sampling, Usage
from homeground.types import Citation, Hit, Statement

SUPPORTED = 0.5  # score from which a statement counts as said by what it cites
_MOST_QUOTES = 2  # sentences of one passage that are quoted for one statement
_REFUSALS = tuple(text.rstrip(".").casefold() for text in (NOT_SAID, NOT_KNOWN))

Say = Callable[[Statement], None]


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it. ``refused`` when the model itself said that it cannot tell; ``dropped`` are the statements that
    did not stand, each with what its passages do not say."""

    statements: tuple[Statement, ...]
    dropped: tuple[tuple[str, str], ...]
    refused: bool
    passages: int
    left_out: int
    usage: Usage
    finish: str


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes answers with a generator. ``encoder`` is the embedder, which helps to check statements."""

    generator: Generator
    encoder: Encoder
    mode: Mode
    max_tokens: int

    def write(self, question: str, hits: Sequence[Hit], page_text: PageText, say: Say | None = None) -> Written:
        """Writes an answer; ``say`` gets each statement as soon as it is checked.

        Raises:
            ModelError: from the generator; nothing that was said before becomes wrong by it.
        """
        told = prompt(question, hits, self.mode, self.generator, self.max_tokens)
        writing = self.generator.generate(told.messages, Sampling(max_tokens=self.max_tokens))
        kept: list[Statement] = []
        dropped: list[tuple[str, str]] = []
        refused = False
        try:
            for draft in _once(drafts(writing)):
                if draft.text.rstrip(".").casefold() in _REFUSALS:
                    refused = True
                    continue
                statement, lacking = self._checked(draft, told.hits, page_text)
                if statement is None:
                    dropped.append((draft.text, lacking))
                    continue
                kept.append(statement)
                if say:
                    say(statement)
        finally:
            writing.cancel()
        return Written(
            tuple(kept), tuple(dropped), refused, len(told.hits), told.left_out, writing.usage, writing.finish
        )

    def _checked(self, draft: Draft, hits: Sequence[Hit], page_text: PageText) -> tuple[Statement | None, str]:
        """The statement as it may be shown, or None and what speaks against it."""
        cited = [hits[number - 1] for number in draft.cited if 0 < number <= len(hits)]
        best, lacking = 0.0, "no passage"
        for looked in (cited, [hit for hit in hits if hit not in cited]):  # a wrong number, or none, is mended
            for hit in looked:
                found = support(draft.text, [hit.text], self.encoder)
                if found.score >= SUPPORTED and not found.missing:
                    quotes = _quotes(draft.text, hit, page_text)
                    if quotes:
                        return Statement(draft.text, "retrieved", found.score, quotes), ""
                if found.score >= best:
                    best, lacking = found.score, ", ".join(found.missing) or "not said there"
        if self.mode == "rcg":
            return None, lacking
        return Statement(draft.text, "unsupported" if cited else "model", best, ()), ""


def _quotes(text: str, hit: Hit, page_text: PageText) -> tuple[Citation, ...]:
    """The sentences of the passage that carry the statement: those that hold most of its words, as they stand there."""
    wanted = set(terms_in(text))
    spans = sentences(hit.text)
    quoted: list[tuple[int, int]] = []
    while wanted and len(quoted) < _MOST_QUOTES:
        best = max(spans, key=lambda span: len(wanted & set(terms_in(hit.text[slice(*span)]))), default=None)
        held = wanted & set(terms_in(hit.text[slice(*best)])) if best else set()
        if best is None or (quoted and len(held) < 2) or not held:
            break
        quoted.append(best)
        wanted -= held
        spans = [span for span in spans if span != best]
    found = (
        cite(hit, hit.start + start, hit.start + end, hit.text[start:end], page_text) for start, end in sorted(quoted)
    )
    return tuple(citation for citation in found if citation is not None)


def _once(found: Iterable[Draft]) -> Iterator[Draft]:
    """Small models repeat themselves: each sentence counts once."""
    seen: set[str] = set()
    for draft in found:
        if draft.text and draft.text.casefold() not in seen:
            seen.add(draft.text.casefold())
            yield draft
