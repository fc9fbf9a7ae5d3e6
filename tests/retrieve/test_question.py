"""What a question says about documents: names in any spelling, years, periods, and whether a figure is wanted."""

from __future__ import annotations

import pytest

from homeground.catalogue.records import DocumentName
from homeground.retrieve.directory import Directory, directory
from homeground.retrieve.question import Naming, asked, naming

NAMES = {
    1: "filings/BROOKPUMPS_2021_10K.pdf",
    2: "filings/BROOKPUMPS_2022_10K.pdf",
    3: "filings/NorthernTinWorks_2022Q2.pdf",
    4: "filings/Q9X_2022.pdf",
    5: "handbook/travel-expenses.md",
}


def called(names: dict[int, str], titles: dict[int, str] | None = None) -> dict[int, DocumentName]:
    return {one: DocumentName(name, (titles or {}).get(one, ""), None, "files") for one, name in names.items()}


def named_by(question: str, names: dict[int, str] = NAMES) -> Naming:
    return naming(asked(question), Directory(called(names)))


@pytest.mark.parametrize(
    ("question", "documents"),
    [
        ("What were the net sales of Brook Pumps in 2021?", {1, 2}),
        ("What were BrookPumps's net sales?", {1, 2}),
        ("what were the net sales of brook pumps?", {1, 2}),
        ("How many plants does Northern Tin Works run?", {3}),
        ("Which plants does Northern run?", {3}),
        ("What is the margin of Q9X?", {4}),
        ("What happened to the price of tin?", set()),
        ("Were there any nominees with many votes against?", set()),
    ],
)
def test_names_are_found_in_any_spelling(question: str, documents: set[int]) -> None:
    found = named_by(question)
    assert {one for one, share in found.documents.items() if share == 1.0} == documents
    assert bool(found.confidence) == bool(documents)


def test_a_word_of_a_long_title_is_no_name() -> None:
    titles = {1: "The effect of annealing on the strength of thin plates of rolled tin and zinc alloys"}
    found = naming(asked("Does Tin bend?"), Directory(called({1: "0815.md"}, titles)))
    assert found.confidence == 0.0


def test_the_longest_name_wins() -> None:
    names = {1: "AMBERGLASS_2020.pdf", 2: "AMBERGLASSWORKS_2020.pdf"}
    assert named_by("What did Amber Glass Works sell?", names).documents == {2: 1.0}
    assert named_by("What did Amber Glass sell?", names).documents == {1: 1.0}


@pytest.mark.parametrize(
    ("question", "years", "periods"),
    [
        ("net sales in FY2018 and FY19", {2018, 2019}, set()),
        ("the margin in Q2 of 2023", {2023}, {"q2"}),
        ("the margin in Q22023", {2023}, {"q2"}),
        ("As of Q2'2023", {2023}, {"q2"}),
        ("sales of the second half of 2020", {2020}, {"h2"}),
        ("the 12024 parts of Q9X", set(), set()),
    ],
)
def test_years_and_periods_are_read(question: str, years: set[int], periods: set[str]) -> None:
    assert asked(question).years == years
    assert asked(question).periods == periods


def test_a_document_tells_its_year_and_period_by_its_name() -> None:
    known = Directory(called(NAMES))
    assert known.years(3) == {2022}
    assert known.periods(3) == {"q2"}
    assert known.years(5) == frozenset()


def test_figures_are_asked_for_in_words() -> None:
    assert asked("How much did it cost?").figure
    assert asked("Which region had the highest sales?").figure
    assert not asked("Who is the new chair of the board?").figure


def test_the_directory_is_made_once_for_a_mapping() -> None:
    names = called(NAMES)
    assert directory(names) is directory(names)
    assert directory(dict(names)) is not directory(names)
