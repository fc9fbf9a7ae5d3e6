"""An answer that a generator writes: prompt → text → statements, each cited and checked before anybody sees it.

In ``rcg`` a statement stands only when a passage supports it, or, uncited, what a tool of the asker's gave; in ``rag``
what none supports is marked; ``closed`` has no passages, and all of it is the model's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from homeground import abandon
from homeground.answer.cite import PageText, cite
from homeground.answer.draft import Draft, drafts
from homeground.answer.entail import Encoder, Support, clauses, support
from homeground.answer.exact import missing
from homeground.answer.gate import Gate, ShutGate
from homeground.answer.prompts import NOT_KNOWN, NOT_SAID, Mode, prompt
from homeground.answer.toolbox import Toolbox
from homeground.answer.words import terms_in
from homeground.ingest.sentences import Span, sentences
from homeground.models.generator import Generation, Generator, Sampling, Usage
from homeground.types import Citation, Hit, Statement, ToolCall

SUPPORTED = 0.5  # score from which a statement counts as said by what it cites
_WINDOW, _WINDOWS = 2, 3  # neighbouring sentences that a statement may rest on; windows of a passage that are compared
_REFUSALS = tuple(text.rstrip(".").casefold() for text in (NOT_SAID, NOT_KNOWN))

Say = Callable[[Statement], None]


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it. ``refused`` when the model itself said that it cannot tell; ``dropped`` are the statements that
    did not stand, each with what its passages do not say. ``withheld`` says which passages the model must not see."""

    statements: tuple[Statement, ...]
    dropped: tuple[tuple[str, str], ...]
    refused: bool
    passages: int
    left_out: int
    usage: Usage
    finish: str
    withheld: str = ""
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes answers with a generator. ``encoder`` is the embedder, which helps to check statements; ``gate`` decides
    what the generator may see."""

    generator: Generator
    encoder: Encoder
    mode: Mode
    max_tokens: int
    gate: Gate = field(default_factory=ShutGate)
    toolbox: Toolbox | None = None

    def write(self, question: str, hits: Sequence[Hit], page_text: PageText, say: Say | None = None) -> Written:
        """Writes an answer; ``say`` gets each statement as soon as it is checked.

        Raises:
            EgressError: when the generator runs elsewhere and nothing of this may go there.
            AbandonedError: when nobody waits any more, and nothing was said.
        ModelError: from the generator; nothing that was said before becomes wrong by it.
        """
        destination = self.generator.destination
        cleared = self.gate.clear(destination, hits)
        abandon.check()
        told = prompt(question, cleared.hits, self.mode, self.generator, self.max_tokens, self.toolbox)
        self.gate.load(destination, told.hits)
        writing = self.generator.generate(told.messages, self._sampling())
        kept: list[Statement] = []
        dropped: list[tuple[str, str]] = []
        refused = False
        try:
            for draft in _once(_heard(writing)):
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
        if not (kept and say):  # what was shown is finished and recorded, whoever has gone
            abandon.check()
        return Written(
            tuple(kept),
            tuple(dropped),
            refused,
            len(told.hits),
            told.left_out,
            writing.usage,
            writing.finish,
            cleared.note,
            writing.calls if self.toolbox else (),
        )

    def _sampling(self) -> Sampling:
        offered = self.toolbox or Toolbox(())
        return Sampling(max_tokens=self.max_tokens, tools=offered.tools, choice=offered.choice)

    def _checked(self, draft: Draft, hits: Sequence[Hit], page_text: PageText) -> tuple[Statement | None, str]:
        """The statement as it may be shown, or None and what speaks against it."""
        cited = [hits[number - 1] for number in draft.cited if 0 < number <= len(hits)]
        best, lacking = 0.0, "no passage"
        for hit in _likeliest(draft.text, [*cited, *(hit for hit in hits if hit not in cited)]):
            found, spans = self._found(draft.text, hit)
            quotes = _cited(hit, spans, page_text)
            if quotes and _stands(found):
                return Statement(draft.text, "retrieved", found.score, quotes), ""
            if found.score >= best:
                best, lacking = found.score, ", ".join(found.missing) or "not said there"
        if self.toolbox and (given := self.toolbox.gave(draft.text, self.encoder, SUPPORTED)) is not None:
            return Statement(draft.text, "model", given, ()), ""
        if self.mode == "rcg":
            return None, lacking
        return Statement(draft.text, "unsupported" if cited else "model", best, ()), ""

    def _found(self, text: str, hit: Hit) -> tuple[Support, list[Span]]:
        """Where the passage says it: in neighbouring sentences, or each clause of it in some.

        Not anywhere in the passage: a small model joins the name of one sentence to the figure of another.
        """
        whole, spans = self._best(text, hit)
        parts = clauses(text)
        if _stands(whole) or len(parts) < 2:
            return whole, spans
        found = [self._best(part, hit) for part in parts]
        joined = sorted({span for _, some in found for span in some})
        if not all(_stands(each) for each, _ in found) or missing(text, [hit.text[slice(*span)] for span in joined]):
            return whole, spans
        return min((each for each, _ in found), key=lambda each: each.score), joined

    def _best(self, text: str, hit: Hit) -> tuple[Support, list[Span]]:
        wanted, spans = terms_in(text), sentences(hit.text)
        windows = [spans[at : at + _WINDOW] for at in range(max(1, len(spans) - _WINDOW + 1))] if spans else []
        shares = [len(wanted & terms_in(hit.text[some[0][0] : some[-1][1]])) for some in windows]
        best: tuple[Support, list[Span]] = Support(0.0, ()), []
        for at in sorted(range(len(windows)), key=lambda at: -shares[at])[:_WINDOWS]:
            first, last = windows[at][0][0], windows[at][-1][1]
            found = support(text, [hit.text[first:last]], self.encoder)
            if (_stands(found), found.score) > (_stands(best[0]), best[0].score):
                best = found, _enough(text, windows[at], hit)
        return best


def _heard(writing: Generation) -> Iterator[Draft]:
    """What is written, up to the moment when nobody waits for it any more."""
    with abandon.calling(writing.cancel):
        yield from drafts(writing)


def _likeliest(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """First what says it word for word, then what it cites, then the others: a wrong number, or none, is mended."""
    said = _plain(text)
    return sorted(hits, key=lambda hit: said not in _plain(hit.text))


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _stands(found: Support) -> bool:
    return found.score >= SUPPORTED and not found.missing


def _enough(text: str, window: Sequence[Span], hit: Hit) -> list[Span]:
    """The sentences to quote: those that say something of it, or all, should these leave something out."""
    some = _carrying(terms_in(text), window, hit)
    return list(window) if missing(text, [hit.text[slice(*span)] for span in some]) else some


def _carrying(wanted: frozenset[str], window: Sequence[Span], hit: Hit) -> list[Span]:
    """Of neighbouring sentences those that add something to what is said."""
    held = [(len(wanted & terms_in(hit.text[start:end])), (start, end)) for start, end in window]
    most = max(held, key=lambda each: each[0])
    said = terms_in(hit.text[slice(*most[1])])
    return [span for count, span in held if span == most[1] or wanted & terms_in(hit.text[slice(*span)]) - said]


def _cited(hit: Hit, spans: Sequence[Span], page_text: PageText) -> tuple[Citation, ...]:
    found = (cite(hit, hit.start + start, hit.start + end, hit.text[start:end], page_text) for start, end in spans)
    return tuple(citation for citation in found if citation is not None)


def _once(found: Iterable[Draft]) -> Iterator[Draft]:
    """Small models repeat themselves: each sentence counts once."""
    seen: set[str] = set()
    for draft in found:
        if draft.text and draft.text.casefold() not in seen:
            seen.add(draft.text.casefold())
            yield draft
