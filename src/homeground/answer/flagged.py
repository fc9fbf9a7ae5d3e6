"""Which of the passages that the answerer was given hold text that speaks to a model, and what the person is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from homeground.types import Flag, FlaggedPassage, Hit

# (document name, revision) → the flags of its pages, for these documents
FlagsOf = Callable[[Sequence[str]], Mapping[tuple[str, str], Sequence[Flag]]]


def flagged(given: Sequence[Hit], flags_of: FlagsOf) -> tuple[FlaggedPassage, ...]:
    """Each document, page and kind once, in the order of the passages; only flags inside a passage count."""
    known = flags_of(sorted({hit.document for hit in given})) if given else {}
    found = [
        FlaggedPassage(hit.document, hit.page, flag.kind)
        for hit in given
        for flag in known.get((hit.document, hit.revision), ())
        if flag.page == hit.page and flag.start < hit.end and hit.start < flag.end
    ]
    return tuple(dict.fromkeys(found))


def note(found: Sequence[FlaggedPassage]) -> tuple[str, ...]:
    """A sentence for the person who asks; empty when nothing is flagged."""
    if not found:
        return ()
    kinds: dict[str, list[str]] = {}
    for one in found:
        kinds.setdefault(f"{one.document}, page {one.page}", []).append(one.kind)
    places = "; ".join(f"{place} ({', '.join(held)})" for place, held in kinds.items())
    return (f"Passages hold text that speaks to a model instead of to a reader; it was treated as text: {places}.",)
