"""Budgets: looked at before a question leaves, right after whatever becomes of it, also between processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from homeground.catalogue import Catalogue
from homeground.errors import BudgetError, ConfigError, RemoteError
from homeground.models.budget import Budgeted
from homeground.models.generator import Message, Sampling, Usage
from homeground.models.remote import load_remote
from homeground.models.spending import Spending
from homeground.settings import BudgetSettings

from .conftest import _loopback
from .protocols import KEY, PROTOCOLS, Server
from .providers import Served, name_of, settings_of

MODEL, PLACE = "openai:gpt-5-mini", "api.openai.com"
BY_NAME = {each.name: each for each in PROTOCOLS}
HELLO = (Message("user", "Hello over there"),)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with closing(Catalogue(tmp_path / "catalogue.db", create=True)) as made:
        yield made


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


def a_dollar_per_thousand(model: str, usage: Usage) -> float | None:
    return None if model == "unknown" else (usage.input_tokens + usage.output_tokens) / 1000


def account(catalogue: Catalogue, clock: Any = None, **limits: Any) -> Spending:
    limits = {"day_usd": 0.0, **limits}
    return Spending(catalogue, BudgetSettings(**limits), a_dollar_per_thousand, clock or Clock())


# -- The account --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"day_usd": 1.0}, r"The budget of the day has 0\.4000 USD of 1\.0000 USD left, .* may take 0\.5000 USD"),
        ({"day_tokens": 1000}, r"The budget of the day has 400 tokens of 1,000 tokens left, .* may take 500 tokens"),
        ({"person_day_usd": 1.0}, r"Your budget of the day has 0\.4000 USD of 1\.0000 USD left"),
        ({"person_day_tokens": 1000}, r"Your budget of the day has 400 tokens"),
    ],
)
def test_what_would_be_too_much_is_refused_with_what_is_left_and_when_it_renews(
    catalogue: Catalogue, limits: dict[str, Any], words: str
) -> None:
    spending = account(catalogue, **limits)
    spending.reserve("ann", MODEL, PLACE, Usage(500, 100))
    with pytest.raises(BudgetError, match=words) as caught:
        spending.reserve("ann", MODEL, PLACE, Usage(400, 100))
    assert "It renews at 2026-11-24 00:00 UTC" in str(caught.value)
    assert f"{next(iter(limits))} in [budget] sets it" in str(caught.value)
    spending.reserve("ann", MODEL, PLACE, Usage(300, 100))  # what fits goes through, to the last token


def test_a_person_has_a_budget_of_their_own_within_that_of_all(catalogue: Catalogue) -> None:
    spending = account(catalogue, person_day_tokens=100, day_tokens=250)
    spending.reserve("ann", MODEL, PLACE, Usage(100, 0))
    with pytest.raises(BudgetError, match="Your budget"):
        spending.reserve("ann", MODEL, PLACE, Usage(1, 0))
    spending.reserve("bob", MODEL, PLACE, Usage(100, 0))
    with pytest.raises(BudgetError, match="The budget of the day has 50 tokens"):
        spending.reserve("cy", MODEL, PLACE, Usage(60, 0))


def test_it_renews_at_midnight_utc(catalogue: Catalogue) -> None:
    clock = Clock()
    spending = account(catalogue, clock, day_tokens=100)
    spending.reserve("ann", MODEL, PLACE, Usage(100, 0))
    clock.at += timedelta(hours=1, minutes=29)
    with pytest.raises(BudgetError):
        spending.reserve("ann", MODEL, PLACE, Usage(1, 0))
    clock.at += timedelta(minutes=1)
    spending.reserve("ann", MODEL, PLACE, Usage(100, 0))
    assert spending.today().day == "2026-11-24"


def test_without_a_price_a_budget_in_money_refuses_and_one_in_tokens_does_not(catalogue: Catalogue) -> None:
    for limits in ({"day_usd": 1.0}, {"person_day_usd": 1.0}):
        with pytest.raises(BudgetError, match="The price of unknown is not known"):
            account(catalogue, **limits).reserve("ann", "unknown", PLACE, Usage(1, 1))
    spending = account(catalogue, day_tokens=100)
    spending.reserve("ann", "unknown", PLACE, Usage(1, 1))
    [spent] = spending.today().spent
    assert spent.usd is None


def test_settling_puts_what_was_used_in_place_of_the_worst(catalogue: Catalogue) -> None:
    spending = account(catalogue, day_usd=1.0)
    entry = spending.reserve("ann", MODEL, PLACE, Usage(500, 400))
    spending.settle(entry, Usage(200, 50, 100))
    report = spending.today()
    [spent] = report.spent
    assert (spent.questions, spent.open, spent.input_tokens, spent.output_tokens, spent.cached_tokens) == (
        1, 0, 200, 50, 100,
    )  # fmt: skip
    assert (report.usd, report.tokens) == (pytest.approx(0.25), 250)


def test_the_account_is_per_person_and_model(catalogue: Catalogue) -> None:
    spending = account(catalogue)
    for person, model in (("ann", "a"), ("ann", "a"), ("ann", "b"), ("bob", "a")):
        spending.reserve(person, model, PLACE, Usage(10, 5))
    assert [(each.principal, each.model, each.questions, each.open) for each in spending.today().spent] == [
        ("ann", "a", 2, 2), ("ann", "b", 1, 1), ("bob", "a", 1, 1),
    ]  # fmt: skip
    own = spending.today("bob")
    assert ([each.principal for each in own.spent], own.tokens) == (["bob"], 15)


def test_processes_at_once_cannot_overspend(catalogue: Catalogue) -> None:
    program = [sys.executable, str(Path(__file__).with_name("spender.py")), str(catalogue.path), "1000", "30"]
    running = [subprocess.Popen(program, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    asked = [int(each.communicate(timeout=120)[0]) for each in running]
    assert sum(asked) == 1000 // 30
    assert account(catalogue).today().tokens == 990


def test_a_crash_leaves_the_question_counted(catalogue: Catalogue) -> None:
    program = [sys.executable, str(Path(__file__).with_name("spender.py")), str(catalogue.path), "1000", "600"]
    assert subprocess.run([*program, "die"], timeout=120).returncode != 0
    done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "0", "600 of 1,000 tokens are gone"


# -- Around a generator ---------------------------------------------------------------------------------


class Generator:
    """A generator that does as told."""

    name, digest, destination, context_tokens = MODEL, "", PLACE, 1000

    def __init__(self, *, error: Exception | None = None, at_once: bool = False, finish: str = "stop") -> None:
        self.error, self.at_once, self.finish, self.asked = error, at_once, finish, 0
        self.usage = Usage(7, 3)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return 20

    def generate(self, messages: Sequence[Message], sampling: Sampling) -> Generator:
        self.asked += 1
        if self.error and self.at_once:
            raise self.error
        return self

    def __iter__(self) -> Iterator[str]:
        yield "Hello"
        if self.error:
            raise self.error

    def cancel(self) -> None:
        self.finish = "cancelled"


def used_by(catalogue: Catalogue, generator: Generator, *, take: int = 9) -> int:
    """Tokens on the account after a question."""
    spending = account(catalogue)
    try:
        generation = Budgeted(generator, spending, "ann").generate(HELLO, Sampling(max_tokens=30))  # type: ignore[arg-type]
        pieces = iter(generation)
        for _, _piece in zip(range(take), pieces, strict=False):
            pass
    except (RemoteError, ConfigError):
        pass
    return spending.today().tokens


WORST, REPORTED = 20 + 30, 7 + 3


def test_what_was_used_counts_afterwards(catalogue: Catalogue) -> None:
    assert used_by(catalogue, Generator()) == REPORTED


@pytest.mark.parametrize(
    ("charge", "counted"), [("nothing", 0), ("reported", REPORTED), ("unknown", WORST)]
)  # fmt: skip
def test_a_failure_counts_as_far_as_it_may_be_charged(catalogue: Catalogue, charge: Any, counted: int) -> None:
    assert used_by(catalogue, Generator(error=RemoteError("It failed", charge=charge))) == counted


def test_what_was_never_sent_counts_nothing(catalogue: Catalogue) -> None:
    assert used_by(catalogue, Generator(error=ConfigError("no key"), at_once=True)) == 0


def test_what_was_left_in_the_middle_counts_at_its_worst(catalogue: Catalogue) -> None:
    assert used_by(catalogue, Generator(), take=1) == WORST
    assert used_by(catalogue, Generator(finish="cancelled")) == 2 * WORST


def test_nothing_is_asked_beyond_the_budget(catalogue: Catalogue) -> None:
    generator = Generator()
    budgeted = Budgeted(generator, account(catalogue, day_tokens=49), "ann")  # type: ignore[arg-type]
    with pytest.raises(BudgetError):
        budgeted.generate(HELLO, Sampling(max_tokens=30))
    assert generator.asked == 0
    assert budgeted.destination == PLACE


@pytest.mark.parametrize("protocol", list(BY_NAME))
@pytest.mark.parametrize(
    ("behaviour", "counted"),
    [("answer", "real"), ("key", "nothing"), ("rate", "nothing"), ("server", "nothing"), ("long", "nothing"),
     ("empty", "real"), ("cut", "worst"), ("short", "worst"), ("garbage", "worst"), ("hang", "worst")],
)  # fmt: skip
def test_the_account_is_right_after_whatever_a_provider_does(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, protocol: str, behaviour: str, counted: str
) -> None:
    for variable in ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.setenv(variable, KEY)
    _loopback()
    with Served(BY_NAME[protocol]()) as served:
        served.next(behaviour)
        settings = settings_of(served, first_token_s=1.0 if behaviour == "hang" else 20.0)
        with closing(load_remote(name_of(served), settings)) as generator:
            spending = account(catalogue)
            generation = Budgeted(generator, spending, "ann").generate(HELLO, Sampling(max_tokens=30))
            try:
                list(generation)
            except RemoteError:
                assert behaviour != "answer"
            worst = generator.count_tokens(HELLO) + 30
    real = 3 + 9 if behaviour == "answer" else 9
    assert spending.today().tokens == {"real": real, "nothing": 0, "worst": worst}[counted]


def test_a_server_on_this_machine_is_within_any_budget_of_money(catalogue: Catalogue) -> None:
    from homeground.models.prices import price_of

    _loopback()
    with Served(Server()) as served:
        settings = settings_of(served)
        with closing(load_remote(name_of(served), settings)) as generator:
            spending = Spending(catalogue, BudgetSettings(day_usd=0.01), price_of(settings))
            assert "".join(Budgeted(generator, spending, "ann").generate(HELLO, Sampling(max_tokens=30)))
            assert (spending.today().usd, spending.today().tokens) == (0, 12)
