"""Searches stored pages for text that speaks to a model: after an upgrade, and when the patterns have changed."""

from __future__ import annotations

from homeground.catalogue import Catalogue, flagging
from homeground.ingest.injection import PATTERNS, flags_of


def flag_stored(catalogue: Catalogue) -> int:
    """Searches every current revision that was not searched for today's patterns; reads no file.

    Each revision is a transaction of its own: a killed run goes on where it was. Returns how many there were. Only the
    holder of the writer's lock may call it.
    """
    with catalogue.reading() as connection:
        due = flagging.due(connection, PATTERNS)
    for document, revision in due:
        parsed = catalogue.parsed(document)
        found = flags_of(parsed.pages if parsed else ())
        with catalogue.writing() as connection:
            flagging.write(connection, revision, PATTERNS, found)
    return len(due)
