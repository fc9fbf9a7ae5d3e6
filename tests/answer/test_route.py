"""Routes: which one answers, which ones are passed over and why, and that nothing is said twice."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from homeground.answer.ask import Desk, ask
from homeground.answer.generate import Writer
from homeground.answer.limits import language_of
from homeground.answer.reader import Reader
from homeground.answer.route import Route, Situation, follow
from homeground.errors import ConfigError, EgressError, ModelError
from homeground.models.generator import Usage
from homeground.settings import RouteSettings
from homeground.types import Principal

ANY = ("refused", "failed", "skipped")


@dataclass(frozen=True)
class Said:
    text: str = "yes"
    reason: str | None = None


def route(use: str, ending: object = "answers", **settings) -> Route[object]:
    def answerer() -> object:
        if isinstance(ending, Exception):
            raise ending
        return ending

    return Route(RouteSettings(use=use, **settings), answerer)


def go(*routes: Route[object], question: str = "What is it?", spoke: bool = False, **situation):
    def answer(ending: object) -> Said:
        return Said() if ending == "answers" else Said("", str(ending))

    return follow(routes, Situation(question, **situation), answer, lambda why: Said("", why), lambda: spoke)


def ways(found) -> list[tuple[str, str]]:
    return [(each.use, each.ended) for each in found.attempts]


def test_the_first_route_that_answers_is_the_answer():
    found = go(route("a"), route("b", AssertionError("asked")))
    assert (found.route, ways(found)) == ("a", [("a", "answered")])


def test_a_refusal_stands_unless_a_later_route_asks_for_it():
    found = go(route("a", "Missing evidence"), route("b"))
    assert (found.outcome.reason, found.route) == ("Missing evidence", "a")
    assert ways(found) == [("a", "refused"), ("b", "skipped")]
    found = go(route("a", "Missing evidence"), route("b", when=("refused",)))
    assert (found.outcome.reason, found.route) == (None, "b: a refused")


def test_the_next_route_takes_over_when_one_fails():
    found = go(route("a", ModelError("no connection")), route("b"))
    assert (found.route, ways(found)) == ("b: a failed", [("a", "failed"), ("b", "answered")])
    assert found.attempts[0].reason == "no connection"


def test_a_setting_that_is_missing_is_a_failure_of_the_one_route():
    found = go(route("a", ConfigError("no key")), route("b"))
    assert (found.route, found.attempts[0].reason) == ("b: a failed", "no key")
    with pytest.raises(ConfigError, match="no key"):
        go(route("a", ConfigError("no key")))


def test_when_all_fail_the_errors_are_told():
    with pytest.raises(ModelError, match=r"^no connection$"):
        go(route("a", ModelError("no connection")))
    with pytest.raises(ModelError, match="no connection; out of money"):
        go(route("a", ModelError("no connection")), route("b", ModelError("out of money")))


def test_a_refusal_counts_more_than_a_failure():
    found = go(route("a", "Missing evidence"), route("b", ModelError("down"), when=("refused",)))
    assert (found.outcome.reason, ways(found)) == ("Missing evidence", [("a", "refused"), ("b", "failed")])


def test_what_may_not_leave_passes_on_to_the_next_route():
    found = go(route("far", EgressError("Not allowed")), route("near"))
    assert (found.route, ways(found)) == ("near: far skipped", [("far", "skipped"), ("near", "answered")])
    found = go(route("far", EgressError("Not allowed")))
    assert found.outcome.reason == "Not allowed"
    found = go(route("near", "Missing evidence"), route("far", EgressError("Not allowed"), when=("refused",)))
    assert found.outcome.reason == "Missing evidence"


def test_after_something_was_shown_no_further_route_is_tried():
    with pytest.raises(ModelError, match="broke off"):
        go(route("a", ModelError("broke off")), route("b"), spoke=True)
    found = go(route("a", "taken back"), route("b", when=ANY), spoke=True)
    assert ways(found) == [("a", "refused")]


def test_unfit_routes_are_passed_over():
    found = go(Route(RouteSettings(use="a"), lambda: "answers", unfit="only quotes"), route("b"))
    assert (found.attempts[0].reason, found.route) == ("only quotes", "b: a skipped")


@pytest.mark.parametrize(
    ("settings", "situation", "why"),
    [
        ({"languages": ("de",)}, {}, "the question's language is en"),
        ({"most": "internal"}, {"too_sensitive": lambda most: "2 of hr (secret)"}, "above internal: 2 of hr (secret)"),
        ({"max_ms": 100}, {"usual_ms": lambda use: 250.0}, "it took 250 ms lately, more than 100"),
        ({"max_usd": 2.0}, {"spent_usd": lambda: 2.5}, r"answers have cost $2.50 today, the limit is $2.00"),
    ],
)
def test_a_condition_that_does_not_hold_is_told(settings, situation, why):
    found = go(route("a", **settings), route("b"), **situation)
    assert (found.attempts[0].ended, found.attempts[0].reason) == ("skipped", why)
    assert found.route == "b: a skipped"
    alone = go(route("a", **settings), **situation)
    assert alone.outcome.reason == f"No route: a ({why})"


@pytest.mark.parametrize(
    ("settings", "situation"),
    [
        ({"languages": ("de", "en")}, {}),
        ({"most": "internal"}, {"too_sensitive": lambda most: ""}),
        ({"max_ms": 100}, {"usual_ms": lambda use: 99.0}),
        ({"max_ms": 100}, {"usual_ms": lambda use: None}),
        ({"max_usd": 2.0}, {"spent_usd": lambda: 1.99}),
    ],
)
def test_a_condition_that_holds_lets_through(settings, situation):
    assert go(route("a", **settings), **situation).route == "a"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("What is the price?", "en"),
        ("Wie lange ist die Garantie der Pumpe?", "de"),
        ("Quelle est la durée de la garantie ?", "fr"),
        ("保修期是多久?", "zh"),
        ("保証期間はどのくらいですか", "ja"),
        ("보증 기간은 얼마입니까", "ko"),
        ("Какой срок гарантии?", "other"),
        ("E07?", "en"),
    ],
)
def test_the_language_of_a_question(question, language):
    assert language_of(question) == language


# -- In a whole answer ------------------------------------------------------------------------------

PUMPS = "The P-100 pump weighs 42 kg. Its warranty lasts 24 months from delivery."


class Model:
    """Says its sentences, then stops or breaks."""

    digest, destination, context_tokens, finish = "d" * 64, "", 1000, "stop"

    def __init__(self, name: str, text: str, *, breaks: bool = False, cost: float | None = 0.0) -> None:
        self.name, self.text, self.breaks, self.usage = name, text, breaks, Usage(10, 5, 1, cost)

    def count_tokens(self, messages) -> int:
        return 1

    def generate(self, messages, sampling):
        return self

    def __iter__(self):
        yield self.text
        if self.breaks:
            raise ModelError(f"{self.name}: the stream broke")

    def cancel(self) -> None:
        pass


@pytest.fixture
def answered(shelf, word_encoder):
    """Asks with several models, in their order; what is looked up and said is in the lists."""

    def go(*models: Model | None, said: list | None = None, when=ANY, question: str = "What does the pump weigh?"):
        desk = shelf(pumps=PUMPS)
        searches: list[str] = []
        routes = []
        for number, model in enumerate(models):
            made = Writer(model, word_encoder, "rcg", 100) if model else Reader(word_encoder)
            settings = RouteSettings(use=model.name if model else "reader", when=when if number else ANY)
            routes.append(Route(settings, lambda made=made: made))
        whole = Desk(
            search=lambda asked: searches.append(asked) or desk.hits(),
            page_text=desk.page_text,
            count_terms=desk.count_terms,
            routes=routes,
            index_version=1,
            models={"words": "f" * 64},
        )
        say = None if said is None else lambda statement: said.append(statement.text)
        answer = ask(question, Principal("ann"), whole, statements=3, refuse_below=0.99, say=say)
        assert searches == [question]  # however many routes
        return answer

    return go


RIGHT = "The P-100 pump weighs 42 kg [1]. It is. "
UNSURE = "The passages do not say."


def test_the_receipt_names_the_route_the_reason_and_every_attempt(answered):
    answer = answered(None, Model("tiny", UNSURE), Model("large", RIGHT, cost=0.25))
    assert answer.statements[0].text == "The P-100 pump weighs 42 kg."
    receipt = answer.receipt
    assert receipt.route == "large: reader refused, tiny refused"
    assert [(each.use, each.ended) for each in receipt.attempts] == [
        ("reader", "refused"),
        ("tiny", "refused"),
        ("large", "answered"),
    ]
    assert (receipt.tokens, receipt.cost_usd) == ({"input": 20, "output": 10, "cached": 2}, 0.25)
    assert set(receipt.models) == {"words", "tiny", "large"}


def test_an_unknown_cost_makes_the_sum_unknown(answered):
    assert answered(Model("a", UNSURE, cost=None), Model("b", RIGHT)).receipt.cost_usd is None


def test_a_model_that_breaks_before_anything_was_said_is_replaced(answered):
    said: list[str] = []
    answer = answered(Model("a", "Hm", breaks=True), Model("b", RIGHT), said=said)
    assert answer.receipt.route == "b: a failed"
    assert said == [each.text for each in answer.statements]


def test_a_model_that_breaks_after_something_was_said_ends_the_answer_in_words(answered):
    said: list[str] = []
    with pytest.raises(ModelError, match="a: the stream broke"):
        answered(Model("a", RIGHT, breaks=True), Model("b", RIGHT), said=said)
    assert said == ["The P-100 pump weighs 42 kg."]


def test_without_a_listener_a_model_that_breaks_is_always_replaced(answered):
    answer = answered(Model("a", RIGHT, breaks=True), Model("b", RIGHT))
    assert (answer.receipt.route, len(answer.statements)) == ("b: a failed", 1)


def test_a_refusal_says_which_other_way_failed(answered):
    answer = answered(Model("a", UNSURE), Model("b", "Hm", breaks=True))
    assert answer.refused
    assert answer.notes == ("b failed: b: the stream broke",)


def test_one_route_alone_is_named_without_a_reason(answered):
    assert answered(Model("a", RIGHT)).receipt.route == "a"
