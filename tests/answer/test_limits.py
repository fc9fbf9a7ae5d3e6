"""What the reader cannot handle is told apart from what the documents do not say."""

import pytest

from homeground.answer.limits import KIND, LANGUAGE, limits


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("Summarize the travel policy", "summarise"),
        ("Write me an email to the customer", "write"),
        ("Please translate this contract into French", "translate"),
    ],
)
def test_tasks_for_a_generator_are_blocked(question, word):
    (limit,) = limits(question)
    assert limit.sort == KIND
    assert limit.blocks
    assert word in limit.text


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("Compare the warranty of the P-100 with that of the P-200", "compare"),
        ("Calculate the quick ratio for 2022", "calculate"),
        ("What is the difference between revenue in 2021 and 2022?", "calculate"),
        ("Should we buy the new pump?", "opinion"),
        ("Is the pump covered by the warranty?", "yes or no"),
        ("List all suppliers", "collect"),
    ],
)
def test_kinds_that_need_more_than_a_quote_show_evidence_with_a_note(question, word):
    found = limits(question)
    assert any(word in limit.text for limit in found)
    assert not any(limit.blocks for limit in found)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("黑豹队的防守丢了多少分？", "Chinese"),
        ("保証期間はどのくらいですか", "Japanese"),
        ("보증 기간은 얼마입니까", "Korean"),
        ("Какова гарантия на насос?", "Cyrillic"),
        ("Wie viele Tage Urlaub hat man und wer ist dafür zuständig?", "German"),
        ("Quel est le prix de la pompe dans le contrat ?", "French"),
    ],
)
def test_other_languages_are_named(question, language):
    (limit,) = [limit for limit in limits(question) if limit.sort == LANGUAGE]
    assert language in limit.text
    assert not limit.blocks


@pytest.mark.parametrize("question", ["", "   ", "???", "the of and"])
def test_questions_without_words_are_blocked(question):
    assert limits(question)[0].blocks


@pytest.mark.parametrize(
    "question",
    [
        "What is the FY2018 capital expenditure amount for 3M?",
        "Who signed the lease in Köln?",
        "When did the Café de la Paix open?",
        "How many days of leave do employees get?",
        "warranty P-100",
        "What did the board write to shareholders?",
        "Who made the summary table?",
    ],
)
def test_plain_questions_have_no_limits(question):
    assert limits(question) == ()
