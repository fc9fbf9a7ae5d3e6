"""What must be caught in a statement, and which spellings are the same thing said."""

import random
from decimal import Decimal

import pytest

from homeground.answer.exact import missing
from homeground.answer.quantities import said


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Revenue was 1577.", "Revenue was $1,577.00."),
        ("Revenue was 1,577 million.", "Revenue was 1577 million."),
        ("Revenue was 1.5 billion dollars.", "Revenue was $1,500 million."),
        ("The lease ends on March 3, 2024.", "The lease ends on 3 March 2024."),
        ("The lease ends on 2024-03-03.", "The lease ends on March 3, 2024."),
        ("The lease ends in March 2024.", "The lease ends on 3 March 2024."),
        ("Sales rose by 14.9 percent.", "Sales rose by 14.9%."),
        ("The result was -14.9.", "The result was (14.9)."),
        ("Sales fell by 14.9.", "Sales: (14.9)"),
        ("Report within 5 days.", "Report within five days."),
        ("The warranty is 24 months.", "The warranty is two years."),
        ("The desk opens at 8:30 am.", "The desk opens at 8:30."),
        ("J. Smith signed it.", "John Smith signed it."),
        ("WHO said so.", "The World Health Organization said so."),
        ("The World Health Organization said so.", "WHO said so."),
        ("Google's offices are closed.", "The offices of Google are closed."),
        ("The German office is closed.", "The office in Germany is closed."),
        ("Staff don't pay.", "Staff do not pay."),
        ("It is not eligible.", "It is ineligible."),
        ("Error E-07 means that.", "Error E07 means that."),
        ("Employees pay nothing.", "All staff pay nothing."),
    ],
)
def test_other_spellings_of_the_same_are_covered(text, quote):
    assert missing(text, [quote]) == ()


@pytest.mark.parametrize(
    ("text", "quote", "absent"),
    [
        ("Revenue was 1,578.", "Revenue was $1,577.00.", "1,578"),
        ("Revenue was 1,577 billion.", "Revenue was 1,577 million.", "1,577"),
        ("Revenue was €1,577.", "Revenue was $1,577.", "1,577"),
        ("The share is 15%.", "The share is 15 pieces.", "15"),
        ("The result was 14.9.", "The result was -14.9.", "14.9"),
        ("The result was -14.9.", "The result was 14.9.", "-14.9"),
        ("The lease ends on 4 March 2024.", "The lease ends on 3 March 2024.", "4 March 2024"),
        ("The lease ends on 2023-03-03.", "The lease ends on March 3, 2024.", "2023-03-03"),
        ("The lease ends in April 2024.", "The lease ends on 3 March 2024.", "April 2024"),
        ("Report within 5 weeks.", "Report within five days.", "5"),
        ("Report within six days.", "Report within five days.", "six"),
        ("It closes at 8:30 pm.", "It closes at 8:30 am.", "8:30 pm"),
        ("Use version 3.1.", "Use version 3.10.", "3.1"),
        ("Error E08 means that.", "Error E07 means that.", "E08"),
        ("In 1975 it began.", "In the year it began 1,975 came.", "1975"),
        ("The lease ends on May 29 2020.", "May 29, 2021. In 2020 it began.", "May 29 2020"),
        ("Anna Becker signed it.", "Anna Weber signed it.", "Becker"),
        ("Norway won the most medals.", "U.S. won the most medals.", "Norway"),
        ("Facebook purchased it in 2014.", "It was purchased by Apple in 2014.", "Facebook"),
        ("France won the final.", "Germany won the final.", "France"),
        ("K. Smith signed it.", "John Smith signed it.", "K"),
        ("The warranty covers seals.", "The warranty does not cover seals.", "negation"),
        ("The warranty does not cover seals.", "The warranty covers seals.", "negation"),
        ("Sales increased in the north.", "Sales decreased in the north.", "increased"),
        ("The minimum age is 18.", "The maximum age is 18.", "minimum"),
    ],
)
def test_what_the_quote_does_not_say_is_named(text, quote, absent):
    assert absent in missing(text, [quote])


def test_a_negation_elsewhere_in_the_passage_changes_nothing():
    passage = "Pumps are delivered in May. The warranty does not cover seals. Nothing is paid in advance."
    assert missing("Pumps are delivered in May.", [passage]) == ()
    assert missing("The warranty covers seals.", [passage]) == ("negation",)


def test_a_second_negation_in_the_same_sentence_is_seen():
    quote = "Creditors have recourse to its assets and do not have recourse to ours."
    assert missing("Creditors do not have recourse to its assets and do not have recourse to ours.", [quote])


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("Total sales in 2018 were 1,202.9.", True),
        ("Total sales in 2018 were 1,496.5.", False),
        ("Total sales in 2019 were 1,496.5.", True),
    ],
)
def test_a_figure_of_another_year_is_missing(text, covered):
    table = "Years ended\n2019 2018 2017\nFixed price 1,452.4 1,146.2 1,036.9\nTotal sales 1,496.5 1,202.9 1,107.7"
    assert (missing(text, [table]) == ()) is covered


@pytest.mark.parametrize(
    ("text", "row", "header"),
    [
        ("EBITDA — 53 WEEKS: 372; CHANGE: 3.5%", "EBITDA | 372 | 3.5%", "$ MILLION | 53 WEEKS | CHANGE"),
        (
            "Total — Fiscal 2019 Net Sales: $9,538.4",
            "Total | $9,538.4 | 20%",
            "Segment | Fiscal 2019 Net Sales | Inc",
        ),
        ("Dividend yield — January 31, 2020: None", "Dividend yield | None", "Plan | January 31, 2020"),
        ("Proceeds — 2018: 262", "Proceeds 262 149 158", "No. 2018 2017 2016"),
    ],
)
def test_a_row_told_with_the_names_of_its_columns_is_covered(text, row, header):
    assert missing(text, [row, header]) == ()


@pytest.mark.parametrize(("year", "covered"), [("2019", True), ("2018", False)])
def test_respectively_keeps_the_order(year, covered):
    quote = "Depreciation was $2.5 million and $2.6 million in 2019 and 2018, respectively."
    assert (missing(f"Depreciation in {year} was $2.5 million.", [quote]) == ()) is covered


def test_a_figure_of_the_next_sentence_is_missing():
    passage = "Gross profit in the fiscal year was $482.9 million. Net debt at the end was $318.9 million."
    assert missing("Gross profit in the fiscal year was $318.9 million.", [passage]) == ("318.9",)


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("保修期为24个月。", ()),
        ("保修期为36个月。", ("36",)),
        ("保修包括密封件。", ("negation",)),
        ("合同于2024年3月3日结束。", ()),
        ("合同于2024年3月4日结束。", ("2024年3月4日",)),
        ("2024年，江苏苏宁在美国举行决赛。", ()),
        ("2024年，广州恒大在美国举行决赛。", ("广州恒大",)),
        ("2024年，江苏苏宁在法国举行决赛。", ("法",)),
    ],
)
def test_chinese_statements_are_checked_too(text, absent):
    evidence = "保修期为24个月。保修不包括密封件。合同于2024年3月3日结束。2024年，江苏苏宁在美国举行了决赛。"
    assert missing(text, [evidence]) == absent


def test_nothing_covers_when_there_is_no_evidence():
    assert missing("It costs 15.", []) == ("15",)
    assert missing("", []) == ()


@pytest.mark.parametrize("seed", range(5))
def test_no_text_is_too_strange_to_be_checked(seed):
    dice = random.Random(seed)
    signs = "aZ9 .,-–()%$€'’\n\t年月日不0:;/|é①½\u0300\ud800🙂"
    for _ in range(200):
        text, quote = ("".join(dice.choices(signs, k=dice.randrange(60))) for _ in range(2))
        assert isinstance(missing(text, [quote]), tuple)
        assert not [each for each in missing(text, [text]) if each not in ("negation",) and each not in text]


@pytest.mark.parametrize("seed", range(3))
def test_a_number_is_the_same_however_it_is_grouped(seed):
    dice = random.Random(seed)
    for _ in range(100):
        value = dice.randrange(2100, 10**9)
        for spelled in (f"{value:,}", f"{value}", f"{value:,}.00", f"{value:,}".replace(",", "'")):
            assert missing(f"It cost {spelled}.", [f"It cost {value:,}."]) == ()
        assert missing(f"It cost {value + 1}.", [f"It cost {value:,}."]) == (str(value + 1),)


def test_a_quantity_knows_its_unit_sign_and_scale():
    million, percent = said("We lost $(1,577.5) million, or 3 percent.").numbers
    assert (million.value, million.unit, million.scale, million.negative) == (Decimal("1577.5"), "$", 6, True)
    assert (percent.value, percent.unit, percent.negative) == (3, "%", False)


def test_may_is_a_month_only_where_it_is_one():
    assert not said("May I leave? You may leave.").dates
    assert [day.month for day in said("Leave in May.").dates] == [5]
