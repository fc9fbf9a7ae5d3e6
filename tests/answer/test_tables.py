"""A cell is told with its row and its column; what is quoted is the page as it is."""

import pytest

from homeground.answer.tables import header_of, row_of

CASH_FLOW = """Cash Flows from Investing Activities
Years ended December 31
(Millions) 2018 2017 2016
Purchases of property, plant and equipment (PP&E) (1,577) (1,373) (1,420)
Proceeds from sale of PP&E and other assets 262 49 58
Net cash used $ 222 $ (3,086) — """

SHEET = """| Pump | Flow | Warranty |
|---|---|---|
| P-100 | 40 l/min | 24 months |
| P-200 | 90 l/min | 36 months |"""


def test_the_cell_of_the_year_asked_for_is_told_and_the_row_quoted(shelf):
    desk = shelf(report=CASH_FLOW)
    answer = desk.ask("What were the purchases of property, plant and equipment in FY2018?")
    first = answer.statements[0]
    assert first.text == "Purchases of property, plant and equipment (PP&E) — 2018: (1,577)"
    assert [citation.quote for citation in first.citations] == [
        "Purchases of property, plant and equipment (PP&E) (1,577) (1,373) (1,420)",
        "(Millions) 2018 2017 2016",
    ]
    assert all(CASH_FLOW[c.start : c.end] == c.quote for c in first.citations)


def test_without_a_year_every_cell_is_told(shelf):
    answer = shelf(report=CASH_FLOW).ask("What were the proceeds from the sale of PP&E and other assets?")
    assert answer.statements[0].text == "Proceeds from sale of PP&E and other assets — 2018: 262; 2017: 49; 2016: 58"


def test_cells_between_bars_get_the_names_of_their_columns(shelf):
    answer = shelf(pumps=SHEET).ask("What is the warranty of the P-200?")
    assert answer.statements[0].text == "P-200 — Flow: 90 l/min; Warranty: 36 months"


@pytest.mark.parametrize(
    ("text", "label", "cells"),
    [
        ("Net cash used $ 222 $ (3,086) —", "Net cash used", ("$ 222", "$ (3,086)", "—")),
        ("Operating margin 22.0 % 24.7 %", "Operating margin", ("22.0 %", "24.7 %")),
        ("Total assets ..... 36,500 37,987", "Total assets", ("36,500", "37,987")),
        ("a\t1\t2", "a", ("1", "2")),
    ],
)
def test_rows_come_apart(text, label, cells):
    row = row_of(text)
    assert (row.label, row.cells) == (label, cells)


@pytest.mark.parametrize(
    "text", ["The pump weighs 40 kilos.", "Sales rose by 5% in 2019, and fell in 2020.", "", "12 13"]
)
def test_sentences_are_no_rows(text):
    assert row_of(text) is None


def test_a_row_without_column_names_is_told_as_it_is(shelf):
    page = "Total assets 36,500 37,987 32,906"
    assert shelf(a=page).ask("What are the total assets?").statements[0].text == page


def test_a_header_with_another_number_of_columns_is_not_taken():
    page = "2018 2017\nNet sales 1 2 3"
    assert header_of(page, 10, row_of("Net sales 1 2 3")) is None


def test_column_names_and_introductions_are_no_answers(shelf):
    page = "Years ended December 31, 2018 and 2017 (in millions)\n\nThe debt of 2018 is as follows:\n\nDebt 12 11"
    answer = shelf(report=page).ask("What was the debt in millions in 2018?")
    assert [statement.citations[0].quote for statement in answer.statements] == ["Debt 12 11"]


@pytest.mark.parametrize("row", ["| Heron 200 | Heron 300", "| | Heron 200 | Heron 300 |"])
def test_a_row_that_only_heads_columns_is_no_answer(shelf, row):
    page = f"Data sheet\n\n{row}\nWeight | 41 kg | 42 kg\n\nThe Heron 300 is heavy."
    answer = shelf(sheet=page).ask("How heavy is the Heron 300?")
    assert answer.statements
    assert row not in [statement.citations[0].quote for statement in answer.statements]


def test_a_title_in_capitals_is_no_answer(shelf):
    title = "HERON INC. STATEMENTS OF OPERATIONS AND DEBT YEARS ENDED DECEMBER 31, 2018 AND 2017"
    answer = shelf(report=f"{title}\n\nDebt 12 11\n\nTHE DEBT OF 2018 WAS REPAID AT THE END OF THE YEAR.").ask(
        "What was the debt of Heron Inc. in 2018?"
    )
    quotes = [statement.citations[0].quote for statement in answer.statements]
    assert quotes[0] == "Debt 12 11"
    assert title not in quotes
    assert quotes[1:] == ["THE DEBT OF 2018 WAS REPAID AT THE END OF THE YEAR."]
