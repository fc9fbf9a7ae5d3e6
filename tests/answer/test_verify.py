"""The gate between an answer and its reader: nothing passes that the quotes do not say."""

import pytest

from homeground.answer.verify import unsupported, verify
from homeground.types import Citation, Statement

PAGE = "On 3 March 2021 Anna Weber paid $1,577.50 for 12 pumps. The warranty does not cover seals."


def _statement(text: str, start: int, end: int, quote: str | None = None) -> Statement:
    citation = Citation("d", "r", 1, start, end, PAGE[start:end] if quote is None else quote)
    return Statement(text, "retrieved", 0.9, (citation,))


def _passes(statement: Statement) -> bool:
    return bool(verify([statement], lambda *_: PAGE))


def test_a_quote_repeated_passes():
    assert _passes(_statement(PAGE[:55], 0, 55))
    assert _passes(_statement("Anna Weber paid 1577.50 dollars".replace("dollars", "for pumps"), 0, 55))


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("Anna Weber paid $1,577.60 for 12 pumps.", "1,577.60"),
        ("Anna Weber paid $1,577.50 for 13 pumps.", "13"),
        ("On 3 March 2022 Anna Weber paid.", "3 March 2022"),
        ("On 3 April 2021 Anna Weber paid.", "3 April 2021"),
        ("Anna Becker paid $1,577.50.", "Becker"),
        ("Anna Weber never paid $1,577.50.", "negation"),
        ("Anna Weber didn't pay $1,577.50.", "negation"),
    ],
)
def test_altered_figures_dates_names_and_negation_are_caught(said, missing):
    assert missing in unsupported(said, [PAGE[:55]])
    assert not _passes(_statement(said, 0, 55))


def test_a_dropped_negation_is_caught():
    assert unsupported("The warranty does cover seals.", [PAGE[56:]]) == ("negation",)


def test_a_statement_whose_quote_was_altered_is_dropped():
    assert not _passes(_statement("12 pumps", 0, 8, quote="12 pumps"))


def test_only_the_citations_that_hold_remain():
    good, bad = Citation("d", "r", 1, 0, 55, PAGE[:55]), Citation("d", "r", 1, 0, 5, "wrong")
    kept = verify([Statement("Anna Weber paid.", "model", 0.5, (bad, good))], lambda *_: PAGE)
    assert kept[0].citations == (good,)


def test_digits_inside_other_digits_do_not_count():
    assert unsupported("It costs 15.", ["It costs 1,577."]) == ("15",)


def test_sentences_in_chinese_keep_their_negation():
    assert unsupported("保修包括密封件。", ["保修不包括密封件。"]) == ("negation",)


def test_columns_of_figures_are_not_one_number():
    assert unsupported("Proceeds — 2018: 262", ["Proceeds 262 149 158", "No. 2018 2017 2016"]) == ()
    assert unsupported("Proceeds — 2018: 263", ["Proceeds 262 149 158", "No. 2018 2017 2016"]) == ("263",)
