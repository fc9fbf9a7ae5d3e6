"""Redaction: what is found, what is not, and that everything comes back exactly."""

from __future__ import annotations

import random
import string

import pytest

from homeground.access.checksums import luhn
from homeground.access.personal import KINDS, Finder, finder
from homeground.access.redact import Redacting, hide, restore
from homeground.errors import ConfigError
from homeground.models.generator import Message, Sampling, Tool, Usage
from homeground.types import ToolCall

ALL = Finder(tuple(KINDS), ("Project Falcon", "Ann"))


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("email", "ann.oneill@mail.example.co.uk", "Write to {}, please."),
        ("email", "jörg+x@exämple.de", "({})"),
        ("phone", "+44 20 7946 0958", "Call {} today"),
        ("phone", "+49 (0)30 901820-12", "Tel {}"),
        ("phone", "030 / 123 45 67", "Büro: {}."),
        ("phone", "(555) 123-4567", "or {} after six"),
        ("phone", "555-123-4567", "{}"),
        ("phone", "13912345678", "手机{}请打"),
        ("phone", "5551234", "phone: {}"),
        ("iban", "DE89 3704 0044 0532 0130 00", "to {} BIC COBADEFF"),
        ("iban", "GB29NWBK60161331926819", "IBAN:{}."),
        ("iban", "fr14 2004 1010 0505 0001 3m02 606", "{}"),
        ("card", "4111 1111 1111 1111", "card {} 12/29"),
        ("card", "378282246310005", "Amex {}, thanks"),
        ("card", "5555-5555-5555-4444", "{}"),
        ("id", "219-09-9999", "SSN {}"),
        ("id", "AB 12 34 56 C", "NI number {}"),
        ("id", "12345678Z", "DNI {}"),
        ("id", "X1234567L", "NIE {}"),
        ("id", "RSSMRA85T10A562S", "CF {}"),
        ("id", "756.9217.0769.85", "AHV {}"),
        ("id", "86 095 742 719", "Steuer-ID {}"),
        ("id", "11010519491231002X", "身份证 {}"),
        ("id", "2 55 08 14 168 025 38", "NIR {}"),
        ("ip", "192.168.17.4", "at {}, port 80"),
        ("ip", "fe80::1ff:fe23:4567:890a", "address {}."),
        ("secret", "AKIAIOSFODNN7EXAMPLE", "key {} is old"),
        ("secret", "ghp_" + "a1B2" * 9, "{}"),
        ("secret", "sk-proj-abcDEF123456789012345678", "OPENAI={}"),
        ("secret", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP", "Bearer {}"),
        ("secret", "hunter2!", "password: {}"),
        ("secret", "s3cr3t-pass", "DB_PASSWORD={}"),
        ("secret", "0987", "PIN: {}"),
        ("secret", "p4ss", "postgres://admin:{}@db.example.org/x"),
        ("secret", "-----BEGIN RSA PRIVATE KEY----- MIIEpAIBAAKCAQEA04up8h -----END RSA PRIVATE KEY-----", "{} end"),
        ("secret", "MIIEpAIBAAKCAQEA04up8hoqzS1xHJjfuwhNZ7vGcnqyGKhWqRyYUuPxKZ9M", "the line {} of a key"),
        ("word", "project falcon", "About {}: nothing"),
        ("word", "Ann", "{} said"),
    ],
)
def test_values_are_found_whole_by_their_form(kind: str, value: str, text: str) -> None:
    assert ALL.values(text.format(value)) == {value: kind}


@pytest.mark.parametrize(
    "text",
    [
        "Revenue was 1,234,567.89 in 2025 and 0.123456789 of 3.14159265 in 2024-03-31, 01.02.2024 or 3/4/2023.",
        "Operating profit 6,146 5,204 4,244; total 12 345 678; page 100-200; part no. 4471-22-B; 20:15:33.",
        "IBAN DE89 3704 0044 0532 0130 01 and card 4111 1111 1111 1112 do not check.",
        "Password: minimum twelve characters. The token of appreciation; secret: yes. Annual leave.",
        "Loss of (116) 207.49, (850) 866 159 175 and (41) 123 20 143; Commission file number 001-34028.",
        "Use grpc@v1.52.0; token: $Session_Token, SLACK_TOKEN=$(op read) or secret: TEAM_TOKEN).",
        "See docs.example.com/document/d/1RxuOmvrw8Khe7sbMoNcFkrASoTdh4a0Msq.",
        "Version 3.11.2, ISO 9001:2015, section 4.2.1, RFC 2616, HTTP/1.1, a::b, 12:30.",
        "The Heron 300 costs 42,000 euro; serial H300-2024-000123; 5 to 10 % of 100 000 units.",
        "Figures: 4111111111111112, 86095742710, 12345678A, 756.9217.0769.86, 000-12-3456.",
    ],
)
def test_figures_dates_and_numbers_that_do_not_check_stay(text: str) -> None:
    assert ALL.values(text) == {}


def test_only_the_kinds_that_are_asked_for_are_sought() -> None:
    text = "ann@example.org, 192.168.17.4"
    assert Finder(("ip",)).values(text) == {"192.168.17.4": "ip"}
    assert finder((), ()) is None
    with pytest.raises(ConfigError, match="'names' is not one of"):
        finder(("names",), ())


def test_a_value_has_one_placeholder_in_all_texts_and_is_replaced_wherever_it_stands() -> None:
    hidden = hide(["password: hunter2!!x and hunter2!!x", "was xhunter2!!xx, ann@example.org"], ALL)
    assert hidden.texts == ("password: <SECRET_1> and <SECRET_1>", "was x<SECRET_1>x, <EMAIL_1>")
    assert hidden.count == 4


def test_short_values_and_words_are_replaced_where_they_stand_alone() -> None:
    hidden = hide(["PIN: 1234; the pump costs 51234 euro, not 1234", "Ann at the anniversary: ANN"], ALL)
    assert hidden.texts[0] == "PIN: <SECRET_1>; the pump costs 51234 euro, not <SECRET_1>"
    assert hidden.texts[1] == "<WORD_1> at the anniversary: <WORD_2>"


def test_a_placeholder_that_stands_in_a_document_is_not_used_and_not_filled() -> None:
    hidden = hide(["<EMAIL_1> is a trap; write to ann@example.org"], ALL)
    assert hidden.texts == ("<EMAIL_1> is a trap; write to <EMAIL_2>",)
    assert "".join(restore(["<EMAIL_1> <EMAIL_2> <EMAIL_3> <PHONE_1>"], hidden.values)) == (
        "<EMAIL_1> ann@example.org <EMAIL_3> <PHONE_1>"
    )


# -- Randomised ---------------------------------------------------------------------------------


def random_value(rng: random.Random) -> str:
    digits = lambda count: "".join(rng.choices(string.digits, k=count))  # noqa: E731
    letters = lambda count: "".join(rng.choices(string.ascii_letters, k=count))  # noqa: E731
    kind = rng.randrange(8)
    if kind == 0:
        return f"{letters(5)}.{letters(3)}@{letters(6)}.example"
    if kind == 1:
        return f"+{rng.randint(1, 9)}{digits(1)} {digits(3)} {digits(4)} {digits(2)}"
    if kind == 2:
        account = "37040044" + digits(10)
        return f"DE{98 - int(account + '131400') % 97:02}{account}"
    if kind == 3:
        front = "4" + digits(14)
        return next(front + last for last in string.digits if luhn(front + last))
    if kind == 4:
        return ".".join(str(rng.randint(1, 254)) for _ in range(4))
    if kind == 5:
        return "password=" + letters(4) + digits(5)
    if kind == 6:
        return "ghp_" + letters(36)
    return rng.choice(["Project Falcon", "PROJECT FALCON", "Ann"])


FILLING = ["The pump weighs 42 kg.", "<EMAIL_1>", "<SECRET_2>", "<", ">", "<PHONE_", "1>", "é漢字\n", "[1] passage", ""]


def random_text(rng: random.Random) -> str:
    parts = [random_value(rng) if rng.random() < 0.4 else rng.choice(FILLING) for _ in range(rng.randint(0, 12))]
    return rng.choice([" ", "\n", ", "]).join(parts)


@pytest.mark.parametrize("seed", range(300))
def test_nothing_that_was_found_is_left_and_everything_comes_back_in_any_pieces(seed: int) -> None:
    rng = random.Random(seed)
    texts = [random_text(rng) for _ in range(rng.randint(1, 4))]
    hidden = hide(texts, ALL)
    for placeholder, value in hidden.values.items():
        assert not any(placeholder in text for text in texts)
        if len(value) >= 8 and not placeholder.startswith("<WORD"):
            assert not any(value in text for text in hidden.texts)
    for found in (ALL.values(text) for text in hidden.texts):
        assert not set(found) & set(hidden.values.values())
    for text, sent in zip(texts, hidden.texts, strict=True):
        pieces, at = [], 0
        while at < len(sent):
            size = rng.randint(1, 9)
            pieces.append(sent[at : at + size])
            at += size
        restored = list(restore(pieces, hidden.values))
        assert "".join(restored) == text
        assert all(restored)


# -- Around a generator ---------------------------------------------------------------------------


class Echo:
    """Says what it was sent, in pieces of three characters."""

    name, digest, destination, context_tokens = "echo", "", "api.example.com", 1000
    usage, finish = Usage(1, 1), "stop"

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.cancelled = False

    def count_tokens(self, messages):
        self.seen += [message.text for message in messages]
        return 1

    def generate(self, messages, sampling):
        self.seen += [message.text for message in messages]
        self.messages, self.tools = messages, sampling.tools
        return self

    def __iter__(self):
        return iter([self.seen[-1][at : at + 3] for at in range(0, len(self.seen[-1]), 3)])

    def cancel(self) -> None:
        self.cancelled = True


def test_a_generator_sees_placeholders_and_its_text_has_the_values_again() -> None:
    echo, counts = Echo(), []
    generator = Redacting(echo, ALL, counts.append)
    said = "[1] Ann: ann@example.org, +44 20 7946 0958. Question: who is ann@example.org?"
    messages = (Message("system", "Answer."), Message("user", said))
    generator.count_tokens(messages)
    writing = generator.generate(messages, Sampling())
    assert "".join(writing) == said
    assert counts == [4]
    assert not any(value in text for text in echo.seen for value in ("example.org", "7946", "Ann"))
    assert echo.seen[-2].startswith("Answer. Values such as <WORD_1>")
    writing.cancel()
    assert echo.cancelled
    assert (generator.name, generator.destination, writing.usage, writing.finish) == (
        "echo",
        "api.example.com",
        Usage(1, 1),
        "stop",
    )


def test_a_prompt_without_anything_to_hide_goes_as_it_is() -> None:
    echo, counts = Echo(), []
    Redacting(echo, ALL, counts.append).generate([Message("system", "Answer."), Message("user", "Hello")], Sampling())
    assert (echo.seen, counts) == (["Answer.", "Hello"], [0])


def test_what_tools_are_told_and_gave_is_hidden_and_what_they_are_asked_comes_back() -> None:
    echo = Echo()
    takes = {"type": "object", "properties": {"who": {"description": "as ann@example.org", "enum": ["Ann", 7]}}}
    tool = Tool("mail", "Writes to Ann.", takes)
    before = ToolCall("c1", "mail", '{"who": "ann@example.org"}')
    messages = (
        Message("user", "Write to ann@example.org"),
        Message("assistant", "", (before,)),
        Message("tool", "ann@example.org is away", (before,)),
    )
    echo.calls = (ToolCall("c2", "mail", '{"who": "<EMAIL_1>"}'),)
    writing = Redacting(echo, ALL, lambda count: None).generate(messages, Sampling(tools=(tool,)))
    sent = repr((echo.messages, echo.tools))
    assert "ann@example.org" not in sent
    assert "Ann" not in sent
    assert echo.messages[2].calls == echo.messages[1].calls
    assert echo.messages[1].calls[0].arguments == '{"who": "<EMAIL_1>"}'
    assert echo.tools[0].takes["properties"]["who"]["enum"][1] == 7
    assert writing.calls[0].arguments == '{"who": "ann@example.org"}'
