"""Passages: exact spans, nothing lost, nothing cut that should not be cut, and the right context."""

from __future__ import annotations

import random
from datetime import date
from itertools import pairwise

import pytest

from homeground.ingest.sentences import sentences, words
from homeground.ingest.split import embedding_text, split
from homeground.settings import IngestSettings
from homeground.types import Heading, Page, ParsedDocument, Passage, Table

SMALL = IngestSettings(passage_words=30, overlap_words=6)


def document(*pages: Page) -> ParsedDocument:
    return ParsedDocument("A title", "text/plain", pages)


def spoken(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


# -- Sentences ----------------------------------------------------------------------------------


def test_sentences_end_at_full_stops() -> None:
    assert spoken("One is here. Two is there! Is it three? “Yes.” Five.") == [
        "One is here.",
        "Two is there!",
        "Is it three?",
        "“Yes.”",
        "Five.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Ada Moss paid 3.5 million to Brook Ltd. Shares rose.",
        "The U.S. Patent No. 7 of J. Smith et al. Applied.",
        "We sell pumps, e.g. Rotary ones, etc. as before.",
    ],
)
def test_abbreviations_and_numbers_do_not_end_a_sentence(text: str) -> None:
    assert spoken(text) == [text]


def test_wrapped_lines_are_joined_and_a_blank_line_parts() -> None:
    text = "This paragraph was wrapped at\nthe width of the page.\n\nA heading\n\nThe text goes on here and\nthere."
    assert spoken(text) == [
        "This paragraph was wrapped at\nthe width of the page.",
        "A heading",
        "The text goes on here and\nthere.",
    ]


def test_list_items_and_rows_stand_alone() -> None:
    text = "Bring these:\n• a lamp\n• two ropes\n1. Go in.\n2. Come out.\nTotal assets 12,400 11,900\nTotal debt 90 80"
    assert spoken(text) == [
        "Bring these:",
        "• a lamp",
        "• two ropes",
        "1. Go in.",
        "2. Come out.",
        "Total assets 12,400 11,900",
        "Total debt 90 80",
    ]


def test_chinese_and_japanese_sentences_need_no_blank() -> None:
    assert spoken("水在零度结冰。“真的吗？”是的。") == ["水在零度结冰。", "“真的吗？”", "是的。"]


def test_words_count_two_characters_as_one_word() -> None:
    assert words("four words in here") == 4
    assert words("水在零度结冰") == 3
    assert words("GPU 显卡") == 2
    assert words("x" * 200) == 10


@pytest.mark.parametrize("seed", range(200))
def test_sentences_hold_every_visible_character_once(seed: int) -> None:
    text = scribble(random.Random(seed), 400)
    spans = sentences(text)
    assert all(start < end and text[start:end] == text[start:end].strip() for start, end in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())


# -- Passages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(200))
def test_passages_are_exact_spans_that_lose_nothing(seed: int) -> None:
    chance = random.Random(seed)
    pages = tuple(written(chance, number) for number in range(1, chance.randint(1, 5)))
    settings = IngestSettings(passage_words=chance.choice([30, 60, 170]), overlap_words=chance.choice([0, 5, 30, 200]))
    passages = split(document(*pages), "a.txt", settings)
    for page in pages:
        own = [passage for passage in passages if passage.page == page.number]
        assert all(passage.text == page.text[passage.start : passage.end] for passage in own)
        assert all(passage.text.strip() == passage.text != "" for passage in own)
        assert all(one.start < two.start and one.end < two.end for one, two in pairwise(own))
        assert all(words(passage.text) <= 2 * settings.passage_words + 30 for passage in own)
        held = {at for passage in own for at in range(passage.start, passage.end)}
        assert all(at in held for at, character in enumerate(page.text) if not character.isspace())


@pytest.mark.parametrize("seed", range(60))
def test_passages_begin_and_end_where_sentences_do(seed: int) -> None:
    text = scribble(random.Random(seed), 600)
    starts, ends = zip(*sentences(text), strict=True)
    for passage in split(document(Page(1, text)), "a.txt", SMALL):
        assert passage.start in starts
        assert passage.end in ends


def test_a_sentence_longer_than_two_passages_is_cut_after_clauses() -> None:
    text = "; ".join(f"clause {number} holds here" for number in range(60)) + "."
    passages = split(document(Page(1, text)), "a.txt", SMALL)
    assert len(passages) > 5
    assert all(words(passage.text) <= 30 for passage in passages)
    assert all(passage.text.endswith((";", ".")) for passage in passages)


def test_a_wall_of_characters_is_cut_too() -> None:
    passages = split(document(Page(1, "x" * 10_000)), "a.txt", SMALL)
    assert sum(len(passage.text) for passage in passages) == 10_000
    assert all(len(passage.text) <= 30 * 20 for passage in passages)


def test_chinese_is_measured_in_characters() -> None:
    text = "这是一个关于水的句子。" * 40
    passages = split(document(Page(1, text)), "a.txt", SMALL)
    assert 5 < len(passages) < 20
    assert all(passage.text.endswith("。") for passage in passages)


def test_neighbours_share_the_overlap() -> None:
    text = " ".join(f"Sentence number {number} stands." for number in range(40))
    passages = split(document(Page(1, text)), "a.txt", SMALL)
    assert all(two.start < one.end for one, two in pairwise(passages))
    apart = split(document(Page(1, text)), "a.txt", IngestSettings(passage_words=30, overlap_words=0))
    assert all(two.start > one.end for one, two in pairwise(apart))


def test_empty_pages_give_no_passages() -> None:
    assert split(document(Page(1, ""), Page(2, " \n\t ")), "a.txt", SMALL) == []


# -- Context ------------------------------------------------------------------------------------


def test_the_heading_trail_goes_on_over_pages() -> None:
    first = Page(1, "Pumps\nRotary\nThey turn.", headings=(Heading(0, 1, "Pumps"), Heading(6, 2, "Rotary")))
    second = Page(2, "They turn on.\nPiston\nUp and down.", headings=(Heading(14, 2, "Piston"),))
    found = split(document(first, second), "a.md", IngestSettings(passage_words=30, overlap_words=0))
    assert [passage.context for passage in found] == ["Pumps", "Pumps › Rotary"]
    third = Page(3, "And so forth.")
    assert split(document(first, second, third), "a.md", SMALL)[-1].context == "Pumps › Piston"


def test_a_heading_is_never_the_end_of_a_passage() -> None:
    text = "word " * 24 + "end.\nRates\n" + "rate " * 24 + "end."
    page = Page(1, text, headings=(Heading(text.index("Rates"), 1, "Rates"),))
    found = split(document(page), "a.md", IngestSettings(passage_words=30, overlap_words=0))
    assert [passage.text.startswith("Rates") for passage in found] == [False, True]


def test_a_continued_table_carries_its_header() -> None:
    rows = "\n".join(f"Item {number} and a long name of it {number * 17} {number * 13}" for number in range(30))
    text = f"Name 2021 2020\n{rows}"
    page = Page(1, text, tables=(Table(0, len(text), "Name 2021 2020"),))
    first, *later = split(document(page), "a.xlsx", SMALL)
    assert first.context == ""
    assert later and all(passage.context == "Name 2021 2020" for passage in later)
    assert all(passage.text.startswith("Item ") for passage in later)


def test_embedding_text_leaves_out_what_is_empty() -> None:
    passage = Passage(1, 0, 4, "Text", "Trail")
    assert embedding_text("Title", passage) == "Title\nTrail\nText"
    assert embedding_text("", Passage(1, 0, 4, "Text")) == "Text"


def test_a_page_without_headings_lends_its_first_lines() -> None:
    rows = "\n".join(f"Item {number} and a long name of it {number * 17} {number * 13}" for number in range(30))
    first, *later = split(document(Page(1, f"Brook Ltd.\nBalance Sheet\n\nAt 31 May\n{rows}")), "a.pdf", SMALL)
    assert first.context == ""
    assert {passage.context.split(" › Item")[0] for passage in later} == {"Brook Ltd. › Balance Sheet › At 31 May"}
    prose = split(
        document(Page(1, "It was a long and rainy day over all of the hills of the land. " * 30)), "a.pdf", SMALL
    )
    assert {passage.context for passage in prose} == {""}


# -- Random pages -------------------------------------------------------------------------------

PARTS = [
    "plain",
    "words",
    "of. A",
    "text",
    "3.5",
    "No. 7",
    "• item",
    "水在这里。",
    "12,400 11,900",
    "e.g.",
    "End.",
    "(x)",
]
GAPS = [" ", " ", " ", "\n", "\n\n", "\t", "  \n ", "\r\n", "\u00a0", "\u3000"]


def scribble(chance: random.Random, size: int) -> str:
    parts = [chance.choice(PARTS) + chance.choice(GAPS) for _ in range(chance.randint(1, size))]
    return chance.choice(GAPS) + "".join(parts) + str(date(2020, 1, 1))


def written(chance: random.Random, number: int) -> Page:
    text = scribble(chance, 500)
    borders = sorted(chance.sample(range(len(text)), k=min(4, len(text))))
    tables = (Table(borders[0], borders[1], "a b"),) if len(borders) > 1 else ()
    headings = tuple(Heading(at, chance.randint(1, 3), f"H{at}") for at in borders[2:])
    return Page(number, text, headings=headings, tables=tables)
