"""The written form of a citation is read back as it was printed."""

import random

import pytest

from homeground.answer.address import Address, parse_address
from homeground.errors import NotFoundError
from homeground.types import Citation


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a.pdf", Address("a.pdf")),
        ("a.pdf#p3", Address("a.pdf", page=3)),
        ("a.pdf#p3:10-20", Address("a.pdf", page=3, start=10, end=20)),
        ("a.pdf@0123abcd#p3:10-20", Address("a.pdf", "0123abcd", 3, 10, 20)),
        ("odd @name#p.md#p2", Address("odd @name#p.md", page=2)),
        ("mail@example.eml", Address("mail@example.eml")),
        ("规章/假期.docx#p1", Address("规章/假期.docx")),
    ],
)
def test_an_address_is_read_from_the_right(text: str, address: Address) -> None:
    assert parse_address(text) == address


def test_what_a_citation_prints_is_its_address() -> None:
    dice = random.Random(7)
    for _ in range(300):
        name = "".join(dice.choice("ab@#p:-0129./ 假") for _ in range(dice.randint(1, 12))).strip() or "x"
        start = dice.randint(0, 999)
        citation = Citation(name, f"{dice.getrandbits(256):064x}", dice.randint(1, 99), start, start + 5, "quote")
        read = parse_address(str(citation))
        assert (read.document, read.page, read.start, read.end) == (name, citation.page, start, start + 5)
        assert citation.revision.startswith(read.revision)


@pytest.mark.parametrize("text", ["", "   ", "a.pdf#p1:20-10"])
def test_what_is_no_citation_is_refused_in_words(text: str) -> None:
    with pytest.raises(NotFoundError):
        parse_address(text)
