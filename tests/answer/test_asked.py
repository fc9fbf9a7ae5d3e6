"""What a question asks for is told from its words."""

import pytest

from homeground.answer.asked import focus, take_apart


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When did the lease begin?", "date"),
        ("In what year was the plant opened?", "date"),
        ("How many pumps were sold?", "number"),
        ("What is the year end FY2018 net PPNE for 3M? Answer in USD billions.", "thing"),
        ("What is the FY2018 capital expenditure amount for 3M?", "number"),
        ("What percentage of staff works from home?", "percent"),
        ("How much did the merger cost?", "money"),
        ("Who signed the contract?", "person"),
        ("Where is the factory?", "place"),
        ("Why was the valve replaced?", "reason"),
        ("What is the pump called?", "name"),
        ("What is a covenant?", "definition"),
        ("warranty P-100", "thing"),
    ],
)
def test_kinds(question, kind):
    assert take_apart(question).kind == kind


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Assume that you are an analyst. Use the balance sheet: what is the debt of Dr. Low Inc. in 2018? Round it.",
         "what is the debt of Dr. Low Inc. in 2018?"),
        ("In the U.S., who won the 2020 Open?", "In the U.S., who won the 2020 Open?"),
        ("What did St. Mary say? And who heard it?", "What did St. Mary say? And who heard it?"),
        ("Super Bowl 2021 location", "Super Bowl 2021 location"),
        ("The train leaves at 3:45: is it late?", "The train leaves at 3:45: is it late?"),
    ],
)  # fmt: skip
def test_instructions_are_not_the_question(text, asked):
    assert focus(text) == asked


def test_names_numbers_and_years():
    asked = take_apart("What did Anna Weber pay for the P-100 in FY2018?")
    assert asked.names == {"anna", "weber"}
    assert "2018" in asked.numbers
    assert asked.years == {"2018"}
    assert "fy2018" not in asked.terms
