"""What a person asked before: kept under their name, shown to nobody else, and only as far as they may still read it.

An earlier answer may say what "it" refers to; it is never evidence. Quotes are not kept: they are read from their pages
when a conversation is shown, so that what is gone, replaced or forbidden cannot be shown.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from homeground.access import receipts
from homeground.access.gate import REFUSED as NOT_ALLOWED
from homeground.access.policy import visible_to
from homeground.access.receipts import NOTHING, Recalled
from homeground.answer.followup import Earlier
from homeground.answer.route import NO_ROUTE
from homeground.answer.words import terms_in
from homeground.catalogue import Catalogue, people_rows
from homeground.catalogue import conversations as rows
from homeground.catalogue.conversations import KeptTurn, Pair, Said
from homeground.errors import ConfigError, NotFoundError
from homeground.types import Answer, Citation, Conversation, Principal, Statement, Turn

NEW, LAST = "new", "last"

# (document, revision, page) → the text of the page, if it may be read
PageText = Callable[[str, str, int], str]


def resume(catalogue: Catalogue, principal: Principal, which: str, keep_days: int) -> str | None:
    """The id of the conversation to go on with; None for a new one, which is made when it is first recorded.

    ``which`` is an id, "new", or "last" for the one that was gone on with last.
    """
    if keep_days == 0:
        raise ConfigError("Conversations are not kept: keep_days in [conversations] of homeground.toml is 0.")
    if which == NEW:
        return None
    with catalogue.reading() as connection:
        if which != LAST:
            found = which if rows.owned(connection, which, principal.key) else None
        else:
            found = rows.latest(connection, principal.key)
    if found is None:
        raise _absent(which)
    return found


def begin(catalogue: Catalogue, principal: Principal, keep_days: int) -> str:
    """Makes an empty conversation of this person, to go on with by its id; ConfigError where none are kept."""
    resume(catalogue, principal, NEW, keep_days)
    identity, now = secrets.token_hex(12), datetime.now(UTC)
    with catalogue.writing() as connection:
        if people_rows.forgotten(connection, principal.key, now):
            raise NotFoundError(f"There is nobody called {principal.name!r} any more.")
        rows.begin(connection, identity, principal.key, now)
    return identity


def _absent(which: str) -> NotFoundError:
    if which == LAST:
        return NotFoundError("There is no conversation to go on with. Any `homeground ask` begins one.")
    return NotFoundError(f"There is no conversation {which!r}. `homeground conversations list` shows yours.")


def past(catalogue: Catalogue, principal: Principal, identity: str) -> tuple[KeptTurn, ...]:
    """The turns of a conversation of this person, without what they may not read now."""
    with catalogue.reading() as connection:
        if not rows.owned(connection, identity, principal.key):
            raise _absent(identity)
        kept = rows.turns_of(connection, identity)
        pairs = {pair for turn in kept for pair in turn.rests}
        visible = rows.readable(connection, visible_to(principal, catalogue), pairs) if pairs else frozenset()
    return tuple(rows.without(turn, visible.__contains__) for turn in kept)


def brought(before: Iterable[Earlier], *, own_words: bool) -> tuple[KeptTurn, ...]:
    """Turns that the asker keeps elsewhere. ``own_words``: their questions only.

    Answers that come from outside say nothing of the documents that they rest on: where a conversation is kept, no
    word of theirs may get into it, for it could not be forgotten with its document.
    """
    now = datetime.now(UTC)
    return tuple(
        KeptTurn(0, now, turn.question, None, False, None, tuple(Said(text) for text in turn.answers if not own_words))
        for turn in before
    )


def earlier(turns: Iterable[KeptTurn], *, own_words: bool = False) -> tuple[Earlier, ...]:
    """What a follow-up may refer to. ``own_words``: the person's own questions only, nothing out of a document."""
    return tuple(
        Earlier(
            turn.standalone.text if turn.standalone and not (own_words and turn.standalone.rests) else turn.question,
            () if own_words else tuple(said.text for said in turn.statements),
            () if own_words else tuple(dict.fromkeys(each[0] for said in turn.statements for each in said.citations)),
        )
        for turn in turns
    )


def record(
    catalogue: Catalogue,
    principal: Principal,
    identity: str | None,
    answer: Answer,
    turns: Sequence[KeptTurn],
    begun: datetime,
    entry: int | None = None,
) -> str | None:
    """Adds the answer to a conversation, or to a new one; returns its id. ``entry`` of the log has its receipt.

    None, and nothing is kept, when since it was ``begun`` the person was removed, or all they ever asked was erased.
    """
    now = answer.receipt.asked_at
    kept = identity or secrets.token_hex(12)
    with catalogue.writing() as connection:
        if people_rows.forgotten(connection, principal.key, begun):
            return None
        if identity is None or not rows.owned(connection, kept, principal.key):  # erased while it was answered
            kept = secrets.token_hex(12)
            rows.begin(connection, kept, principal.key, now)
        rows.append(connection, kept, replace(_turn(answer, turns), entry=entry))
    return kept


def expire(catalogue: Catalogue, keep_days: int) -> None:
    """Erases every conversation that nobody went on with for so many days, from the disk as well."""
    before = datetime.now(UTC) - timedelta(days=keep_days)
    with catalogue.reading() as connection:
        due = rows.expired(connection, before)
    if due:
        with catalogue.erasing() as connection:
            rows.expire(connection, before)


def _turn(answer: Answer, turns: Sequence[KeptTurn]) -> KeptTurn:
    standalone = answer.receipt.standalone
    return KeptTurn(
        0,
        answer.receipt.asked_at,
        answer.question,
        Said(standalone, tuple(_pairs(_sources(standalone, answer.question, turns)))) if standalone else None,
        answer.refused,
        _general(answer.reason),
        tuple(_said(each, answer) for each in answer.statements),
    )


def _general(reason: str | None) -> str | None:
    """A reason as it is kept: without the sources that it names, which may not be the person's to read later."""
    named = next((each for each in (NOT_ALLOWED, NO_ROUTE) if reason and reason.startswith(each)), None)
    return f"{named.rstrip(': ')}." if named else reason


def borrowed(answer: Answer, turns: Sequence[KeptTurn]) -> list[Pair] | None:
    """The revisions behind those words of an answer's standalone question that its asker has not typed.

    None when some are from an answer of which nobody knows what it rests on.
    """
    standalone = answer.receipt.standalone
    if not standalone:
        return []
    found = _sources(standalone, answer.question, turns)
    return None if any(not each.rests for each in found) else _pairs(found)


def _said(statement: Statement, answer: Answer) -> Said:
    """A statement that cites nothing may still hold words of any passage that its generator was given."""
    cites = tuple((each.document, each.revision, each.page, each.start, each.end) for each in statement.citations)
    given = answer.receipt.revisions.items() if statement.origin != "retrieved" else ()
    rests = dict.fromkeys([*((each[0], each[1]) for each in cites), *given])
    return Said(statement.text, tuple(rests), statement.origin, statement.support, cites)


def _sources(standalone: str, question: str, turns: Sequence[KeptTurn]) -> list[Said]:
    """What was said before and has words of a standalone question that its asker has not typed."""
    typed = terms_in(" ".join([question, *(turn.question for turn in turns)]))
    foreign = terms_in(standalone) - typed
    said = [each for turn in turns for each in (*turn.statements, *filter(None, [turn.standalone]))]
    return [each for each in said if foreign & terms_in(f"{each.text} {' '.join(name for name, _ in each.rests)}")]


def _pairs(said: Iterable[Said]) -> list[Pair]:
    return list(dict.fromkeys(pair for each in said for pair in each.rests))


# -- Showing and erasing ------------------------------------------------------------------------


def listing(
    catalogue: Catalogue, principal: Principal, limit: int | None = None, before: str | None = None
) -> list[Conversation]:
    """The person's conversations, the latest first, without their turns: at most ``limit``, from the one on that
    follows the place ``before``. ConfigError when that is no place."""
    with catalogue.reading() as connection:
        found = rows.listing(connection, principal.key, limit, _before(before) if before else None)
    return [Conversation(row.id, row.title or "", row.started_at, row.changed_at, row.turn_count) for row in found]


def _before(place: str) -> tuple[datetime, str]:
    moment, _, identity = place.partition(" ")
    try:
        return datetime.fromisoformat(moment), identity
    except ValueError:
        raise ConfigError("The cursor is not one that this list gave out. Leave it out to begin anew.") from None


def show(catalogue: Catalogue, principal: Principal, identity: str, page_text: PageText) -> Conversation:
    """One conversation with its turns. NotFoundError when it is absent or somebody else's, which read the same."""
    kept = past(catalogue, principal, identity)
    recalled = receipts.recall(catalogue, principal, kept)
    turns = tuple(_shown(turn, page_text, recalled.get(turn.number, NOTHING)) for turn in kept)
    listed = next((each for each in listing(catalogue, principal) if each.id == identity), None)
    if listed is None:
        raise _absent(identity)
    return Conversation(listed.id, listed.title, listed.started_at, listed.changed_at, listed.count, turns)


def _shown(turn: KeptTurn, page_text: PageText, recalled: Recalled) -> Turn:
    statements = [found for said in turn.statements if (found := _statement(said, page_text))]
    return Turn(
        turn.number,
        turn.asked_at,
        turn.question,
        turn.standalone.text if turn.standalone else None,
        turn.refused,
        turn.reason,
        tuple(statements),
        turn.withheld + len(turn.statements) - len(statements),
        recalled.receipt,
        recalled.unnamed,
        recalled.nearest,
    )


def _statement(said: Said, page_text: PageText) -> Statement | None:
    """With its quotes as the pages have them; None when one of them cannot be read any more."""
    try:
        quotes = [page_text(document, revision, page) for document, revision, page, _, _ in said.citations]
    except NotFoundError:
        return None
    citations = tuple(
        Citation(document, revision, page, start, end, text[start:end])
        for (document, revision, page, start, end), text in zip(said.citations, quotes, strict=True)
    )
    return Statement(said.text, said.origin, said.support, citations)


def erase(catalogue: Catalogue, principal: Principal, identities: Collection[str] | None = None) -> int:
    """Deletes these conversations of the person (None: all of them), from the disk as well; returns how many.

    NotFoundError when one of them is absent or somebody else's; then nothing is deleted.
    """
    with catalogue.erasing() as connection:
        for identity in identities or ():
            if not rows.owned(connection, identity, principal.key):
                raise _absent(identity)
        return rows.erase(connection, principal.key, identities)
