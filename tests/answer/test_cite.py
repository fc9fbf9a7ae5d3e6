"""A citation is a span that the stored page agrees with, or it is not made."""

from hypothesis import given
from hypothesis import strategies as st

from homeground.answer.candidates import candidates
from homeground.answer.cite import cite, holds
from homeground.errors import NotFoundError
from homeground.types import Citation, Hit

PAGES = {
    "combining": "Ein Cafe\u0301 in Köln. Der Preis be\u00adtra\u0308gt 3,50 €. Ende\u200b gut.",
    "table": "Item | 2019 | 2018\nTotal sales | $1,496.5 | $1,202.9\n\nOther | 44.1 | 56.7",
    "emoji": "Naïve 👩‍👩‍👧 façade – “quoted”… 価格は１２円です。終わり！ OK.",
    "controls": "tab\there.\r\nWindows line.\r\nA\u2028separator\x0cform feed. End",
}


def _hit(text: str, start: int = 0) -> Hit:
    return Hit("d", "", "r", 1, start, start + len(text), text, 1.0)


def test_every_candidate_of_awkward_pages_is_its_span():
    for text in PAGES.values():
        found = candidates([_hit(text)])
        assert found
        assert all(text[one.start : one.end] == one.text for one in found)


@given(st.text(max_size=200), st.text(max_size=50))
def test_spans_hold_for_any_text_anywhere_on_the_page(text, before):
    page = before + text
    for one in candidates([_hit(text, len(before))]):
        assert page[one.start : one.end] == one.text
        citation = cite(_hit(text, len(before)), one.start, one.end, one.text, lambda *_: page)
        assert citation is None or page[citation.start : citation.end] == citation.quote


def test_a_quote_that_the_page_does_not_hold_is_not_cited():
    hit = _hit("The fee is 30 euro.")
    assert cite(hit, 0, 19, "The fee is 30 euro.", lambda *_: "The fee is 40 euro.") is None
    assert cite(hit, 0, 19, "The fee is 30 euro.", lambda *_: "The fee is 30 euro.") is not None


def test_a_page_that_is_gone_is_not_cited():
    def gone(*_: object) -> str:
        raise NotFoundError("replaced meanwhile")

    assert cite(_hit("text"), 0, 4, "text", gone) is None


def test_text_that_only_looks_the_same_is_not_the_same():
    composed, decomposed = "Caf\u00e9", "Cafe\u0301"
    assert not holds(Citation("d", "r", 1, 0, 4, composed), lambda *_: decomposed)


def test_empty_and_reversed_spans_never_hold():
    for start, end, quote in ((0, 0, ""), (3, 1, ""), (-4, -1, "pag"), (0, 3, "   ")):
        assert not holds(Citation("d", "r", 1, start, end, quote), lambda *_: "   page")


def test_overlapping_passages_give_each_sentence_once():
    text = "One is here. Two is here. Three is here."
    whole, tail = _hit(text), Hit("d", "", "r", 1, 13, len(text), text[13:], 0.5)
    assert [one.text for one in candidates([whole, tail])] == ["One is here.", "Two is here.", "Three is here."]
