"""Which way to an answer is taken: the first route whose conditions hold, the next one when it fails or may not go on.

Nothing is said twice: once a statement has been shown, no further route is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Generic, Protocol, TypeVar

from homeground.answer.limits import language_of
from homeground.errors import ConfigError, EgressError, HomegroundError, ModelError
from homeground.pathless import pathless
from homeground.settings import RouteSettings
from homeground.types import Attempt

ANSWERED, REFUSED, FAILED, SKIPPED = "answered", "refused", "failed", "skipped"
NO_ROUTE = "No route: "


class Outcome(Protocol):
    """What came of a route."""

    @property
    def reason(self) -> str | None:
        """Why it refused; None when it answered."""


A_co = TypeVar("A_co", covariant=True)
O_co = TypeVar("O_co", bound=Outcome, covariant=True)
A = TypeVar("A")
O = TypeVar("O", bound=Outcome)  # noqa: E741


@dataclass(frozen=True, slots=True)
class Route(Generic[A_co]):
    """One way to an answer. ``answerer`` loads what answers; ``unfit`` says why it cannot serve this question."""

    settings: RouteSettings
    answerer: Callable[[], A_co]
    unfit: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """What conditions look at; each is only asked when a condition wants it.

    ``too_sensitive`` names the passages above a label (empty when there are none); ``usual_ms`` is how long a route
    took lately, None when nobody knows; ``spent_usd`` is what answers have cost today.
    """

    question: str
    too_sensitive: Callable[[str], str] = lambda most: ""
    usual_ms: Callable[[str], float | None] = lambda use: None
    spent_usd: Callable[[], float] = lambda: 0.0


@dataclass(frozen=True, slots=True)
class Followed(Generic[O_co]):
    """What came of it, by which way, and what became of every way up to it."""

    outcome: O_co
    route: str
    attempts: tuple[Attempt, ...]


def follow(
    routes: Sequence[Route[A]],
    situation: Situation,
    answer: Callable[[A], O],
    refuse: Callable[[str], O],
    said: Callable[[], bool],
) -> Followed[O]:
    """Goes from route to route until one answers.

    ``answer`` asks what answers; ``refuse`` makes an outcome of a reason; ``said`` tells whether anything was shown.

    Raises:
        ModelError, ConfigError: when a route failed after something was shown, or no route came to an answer or a
            refusal.
    """
    trail: _Trail[O] = _Trail()
    for route in routes:
        if why := _why_not(route, situation, trail.attempts):
            trail.note(route, SKIPPED, why)
            continue
        begun = perf_counter()
        try:
            found = answer(route.answerer())
        except EgressError as error:
            trail.forbidden.append((route.settings.use, refuse(str(error))))
            trail.note(route, SKIPPED, str(error), begun)
        except (ModelError, ConfigError) as error:  # a key that is not set is a way that cannot be gone
            trail.failures.append(error)
            trail.note(route, FAILED, pathless(error), begun)
            if said():
                raise
        else:
            trail.note(route, REFUSED if found.reason else ANSWERED, found.reason or "", begun)
            if not found.reason or said():
                return Followed(found, _named(trail.attempts), tuple(trail.attempts))
            trail.refusals.append((route.settings.use, found))
    return trail.end(refuse)


class _Trail(Generic[O]):
    """What became of the routes so far."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.refusals: list[tuple[str, O]] = []
        self.forbidden: list[tuple[str, O]] = []
        self.failures: list[HomegroundError] = []

    def note(self, route: Route[object], ended: str, reason: str, begun: float | None = None) -> None:
        ms = 0.0 if begun is None else round((perf_counter() - begun) * 1000, 3)
        self.attempts.append(Attempt(route.settings.use, ended, reason, ms))

    def end(self, refuse: Callable[[str], O]) -> Followed[O]:
        """Where no route answered: the last refusal says most, then what may not leave, then what failed."""
        if self.refusals or self.forbidden:
            use, found = (self.refusals or self.forbidden[:1])[-1]
            return Followed(found, use, tuple(self.attempts))
        if self.failures:
            raise self.failures[0] if len(self.failures) == 1 else ModelError("; ".join(map(str, self.failures)))
        told = "; ".join(f"{each.use} ({each.reason})" for each in self.attempts)
        return Followed(refuse(NO_ROUTE + told), "", tuple(self.attempts))


def _named(attempts: Sequence[Attempt]) -> str:
    """ "tiny: reader refused"."""
    before = ", ".join(f"{each.use} {each.ended}" for each in attempts[:-1])
    return f"{attempts[-1].use}: {before}" if before else attempts[-1].use


def _why_not(route: Route[A], situation: Situation, before: Sequence[Attempt]) -> str:
    """Why the route is not taken; empty when it is."""
    return route.unfit or next(_unmet(route.settings, situation, before), "")


def _unmet(wanted: RouteSettings, situation: Situation, before: Sequence[Attempt]) -> Iterator[str]:
    ended = [each.ended for each in before]
    state = next((each for each in (REFUSED, FAILED) if each in ended), SKIPPED)
    if state not in wanted.when:
        yield f"only when earlier routes {' or '.join(wanted.when)}"
    if wanted.languages and (language := language_of(situation.question)) not in wanted.languages:
        yield f"the question's language is {language}"
    if wanted.most and (above := situation.too_sensitive(wanted.most)):
        yield f"above {wanted.most}: {above}"
    if wanted.max_ms and (usual := situation.usual_ms(wanted.use)) is not None and usual > wanted.max_ms:
        yield f"it took {usual:.0f} ms lately, more than {wanted.max_ms}"
    if wanted.max_usd and (spent := situation.spent_usd()) >= wanted.max_usd:
        yield f"answers have cost ${spent:.2f} today, the limit is ${wanted.max_usd:.2f}"
