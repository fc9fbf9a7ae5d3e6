"""Citations: a quote is made from a place on a page, and only when the stored page text agrees."""

from __future__ import annotations

from collections.abc import Callable

from homeground.errors import HomegroundError
from homeground.types import Citation, Hit

PageText = Callable[[str, str, int], str]
"""(document, revision, page) → the stored text of that page; raises NotFoundError where it is gone."""


def cite(hit: Hit, start: int, end: int, quote: str, page_text: PageText) -> Citation | None:
    """The citation of ``[start:end]`` on the hit's page, or None when the page does not say ``quote`` there.

    A page that is gone (its document was replaced between search and answer) gives None too: what
    cannot be checked is not cited.
    """
    citation = Citation(hit.document, hit.revision, hit.page, start, end, quote)
    return citation if holds(citation, page_text) else None


def holds(citation: Citation, page_text: PageText) -> bool:
    """Does the page of the cited revision say exactly the quote at the cited span?"""
    if not citation.quote.strip() or not 0 <= citation.start < citation.end:
        return False
    try:
        page = page_text(citation.document, citation.revision, citation.page)
    except HomegroundError:
        return False
    return page[citation.start : citation.end] == citation.quote
