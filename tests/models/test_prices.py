"""What answers cost, and how long prompts are: known without asking anybody."""

from __future__ import annotations

import pytest

from homeground.models.estimate import estimate_messages, estimate_tokens
from homeground.models.generator import Message, Usage
from homeground.models.prices import context_window, cost, price, price_of
from homeground.models.remote_name import RemoteName, remote_name
from homeground.settings import RemoteSettings

NONE = RemoteSettings()


def named(name: str) -> RemoteName:
    found = remote_name(name, NONE)
    assert found is not None
    return found


def test_a_known_model_has_its_price_and_its_window() -> None:
    name = named("openai:gpt-5-mini")
    assert cost(name, Usage(1_000, 100, 400), NONE) == pytest.approx((600 * 0.25 + 400 * 0.025 + 100 * 2) / 1e6)
    found = price(name, NONE)
    assert found is not None
    assert (found.input, found.output, found.cached) == pytest.approx((0.25, 2, 0.025))
    assert context_window(name, NONE) == 400_000


def test_the_settings_count_before_the_table() -> None:
    settings = RemoteSettings(prices=("gpt-5-mini=1/10", "m=2/4/0.5"), context_tokens=9000)
    assert cost(named("openai:gpt-5-mini"), Usage(100, 10, 50), settings) == pytest.approx(200 / 1e6)
    assert cost(named("https://gpu.example.org/v1#m"), Usage(100, 10, 50), settings) == pytest.approx(165 / 1e6)
    assert context_window(named("openai:gpt-5-mini"), settings) == 9000


def test_a_price_that_nobody_knows_is_none_and_this_machine_asks_nothing() -> None:
    assert cost(named("openai:never-heard-of"), Usage(1, 1), NONE) is None
    assert price(named("openai:never-heard-of"), NONE) is None
    assert cost(named("https://gpu.example.org/v1#gpt-5-mini"), Usage(1, 1), NONE) is None
    assert cost(named("http://127.0.0.1:8000/v1#gpt-5-mini"), Usage(1, 1), NONE) == 0
    assert context_window(named("http://127.0.0.1:8000/v1#gpt-5-mini"), NONE) == 4096
    assert price_of(NONE)("reader", Usage(1, 1)) is None


# Tokens that the vocabulary counts which Anthropic has published.
MEASURED = {
    "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw.": 39,
    "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar.": 31,
    "Все люди рождаются свободными и равными в своем достоинстве и правах.": 40,
    "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.": 44,
    "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق.": 45,
    "The P-17 pump weighs 12.5 kg and costs 1,234.00 EUR.": 20,
}


@pytest.mark.parametrize("text", MEASURED)
def test_the_estimate_is_not_below_what_a_vocabulary_counts(text: str) -> None:
    assert estimate_tokens(text) >= MEASURED[text]


def test_the_estimate_is_not_wildly_above_either() -> None:
    text = "Every full-time employee has 27 days of annual leave a year, in addition to public holidays. " * 20
    assert 20 * 21 <= estimate_tokens(text) <= 2 * 20 * 21


@pytest.mark.parametrize("text", ["", " ", "\ud800", "\x00\x01", "😀" * 5, "a" * 10_000, "\n" * 100])
def test_every_text_can_be_counted(text: str) -> None:
    assert estimate_tokens(text) >= 0
    assert estimate_messages([Message("user", text)]) > estimate_tokens(text)
