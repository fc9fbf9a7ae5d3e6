"""A generator's text as statements: whole sentences with the passages that they cite."""

import pytest

from homeground.answer.draft import Draft, drafts

CASES = [
    ("The pump weighs 3.5 kg [1]. It is red. [2] Dr. Who lives in Rome [3][1].",
     [("The pump weighs 3.5 kg.", (1,)), ("It is red.", (2,)), ("Dr. Who lives in Rome.", (3, 1))]),
    ("- A first point [1].\n- A second [2, 3].", [("A first point.", (1,)), ("A second.", (2, 3))]),
    ("One thing [1]", [("One thing", (1,))]),
    ("No marks at all. Two sentences.", [("No marks at all.", ()), ("Two sentences.", ())]),
    ("泵重三公斤[1]。它是红色的[2]。", [("泵重三公斤。", (1,)), ("它是红色的。", (2,))]),
    ("It says [1; 1] so.", [("It says so.", (1,))]),
    ("", []),
    ("  \n ", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_sentences_and_their_citations_however_the_text_comes(text, expected, size):
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert list(drafts(pieces)) == [Draft(*each) for each in expected]


def test_a_sentence_comes_as_soon_as_the_next_one_begins():
    taken = []

    def pieces():
        for piece in ("One [1]. ", "Two", " [2]. Three"):
            taken.append(piece)
            yield piece

    assert next(drafts(pieces())) == Draft("One.", (1,))
    assert taken == ["One [1]. ", "Two"]
