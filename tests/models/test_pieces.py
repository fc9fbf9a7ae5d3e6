"""What of a generator's tokens may be shown, and when."""

import random

import pytest

from homeground.models.pieces import Pieces


def decode(tokens):
    return bytes(tokens).decode("utf-8", "replace")


def shown(text: str, sizes: random.Random, stop=()) -> tuple[list[str], Pieces]:
    raw, at, pieces, found = list(text.encode()), 0, Pieces(decode, stop), []
    while at < len(raw):
        size = sizes.randint(1, 4)
        found.append(pieces.add(raw[at : at + size]))
        at += size
    return [*found, pieces.end()], pieces


@pytest.mark.parametrize("seed", range(20))
def test_characters_come_whole_however_the_tokens_cut_them(seed):
    text = "Größe 3 kg – 审计 🙂 end"
    found, _ = shown(text, random.Random(seed))
    assert "".join(found) == text
    assert "\ufffd" not in "".join(found)


@pytest.mark.parametrize("seed", range(20))
def test_a_stop_string_ends_the_text_and_no_part_of_it_is_shown(seed):
    found, pieces = shown("It weighs 3 kg.\nQuestion: and then?", random.Random(seed), ["\nQuestion:"])
    assert "".join(found) == "It weighs 3 kg."
    assert pieces.stopped


def test_what_only_looks_like_a_stop_string_is_shown_in_the_end():
    found, pieces = shown("One\nQuest", random.Random(0), ["\nQuestion:"])
    assert "".join(found) == "One\nQuest"
    assert not pieces.stopped


def test_nothing_comes_after_a_stop():
    pieces = Pieces(decode, ["END"])
    assert pieces.add(list(b"a END b")) == "a "
    assert (pieces.add(list(b"c")), pieces.end()) == ("", "")
