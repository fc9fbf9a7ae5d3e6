"""Why an answer is refused, in words that tell missing evidence from a question beyond the reader."""

from __future__ import annotations

from collections.abc import Sequence

from homeground.answer.limits import LANGUAGE, Limit
from homeground.types import Hit, Statement

NO_PASSAGE = "Missing evidence: no passage that you can read shares anything with the question."
WEAK = "Missing evidence: no passage supports an answer well enough (best support {support:.2f}, needed {needed:.2f})."
BEYOND = {True: "Language not supported: ", False: "Kind of question not supported: "}


def reason_to_refuse(
    checked: Sequence[Statement], hits: Sequence[Hit], beyond: Sequence[Limit], refuse_below: float
) -> str | None:
    """The reason in words, or None when the answer stands.

    A question that the reader cannot handle is refused as such when nothing it could quote would be an answer, or
    when the evidence is weak too; otherwise the evidence is shown, with a note.
    """
    blocking = [limit for limit in beyond if limit.blocks]
    if blocking:
        return _beyond(blocking[0])
    support = max((statement.support for statement in checked), default=0.0)
    if hits and checked and support >= refuse_below:
        return None
    language = [limit for limit in beyond if limit.sort == LANGUAGE]
    if language:
        return _beyond(language[0])
    evidence = WEAK.format(support=support, needed=refuse_below) if checked else NO_PASSAGE
    return " ".join([evidence, *(limit.text for limit in beyond)])


def _beyond(limit: Limit) -> str:
    return BEYOND[limit.sort == LANGUAGE] + limit.text
