"""What Prometheus is told. No label holds anything that somebody wrote: routes are told by their patterns."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from homeground.catalogue import counting_rows

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from homeground.serve.service import Service

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The figures of one service, in a registry of their own."""

    def __init__(self, service: Service) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("homeground_requests", "Requests.", labels, registry=self.registry)
        self._seconds = self._histogram("homeground_request_seconds", "How long requests took.", ("route",))
        self._waited = self._histogram("homeground_waited_seconds", "How long questions waited for their turn.")
        self._worked = self._histogram("homeground_worked_seconds", "How long questions were worked on.")
        self._open = Gauge("homeground_requests_open", "Requests under way.", registry=self.registry)
        service.admission.observe = self._admitted
        for each in (_State(service), ProcessCollector(registry=None), PlatformCollector(registry=None)):
            self.registry.register(each)

    def _histogram(self, name: str, words: str, labels: tuple[str, ...] = ()) -> Histogram:
        return Histogram(name, words, labels, buckets=_SECONDS, registry=self.registry)

    def _admitted(self, waited: float, worked: float) -> None:
        self._waited.observe(waited)
        self._worked.observe(worked)

    def began(self) -> None:
        """A request came."""
        self._open.inc()

    def ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; ``route`` is a pattern, ``status`` 499 when its client had gone."""
        self._open.dec()
        self._requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self.registry)


class _State(Collector):
    """What is looked up when it is asked for."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        """As Prometheus has it."""
        load = self._service.admission.load
        yield GaugeMetricFamily("homeground_questions_waiting", "Questions that wait.", load.waiting)
        yield GaugeMetricFamily("homeground_questions_running", "Questions that are worked on.", load.running)
        ended = CounterMetricFamily("homeground_questions_unanswered", "Questions without an answer.", labels=["why"])
        for why in ("full", "often", "dropped", "abandoned"):
            ended.add_metric([why], getattr(load, why))
        yield ended
        yield from self._catalogue()
        yield GaugeMetricFamily("homeground_ready", "Whether questions can be answered.", self._service.readiness.ready)
        loaded = GaugeMetricFamily("homeground_model_loaded", "Whether a model is loaded.", labels=["does"])
        for does, there in self._service.readiness.models().items():
            loaded.add_metric([does], there)
        yield loaded

    def _catalogue(self) -> Iterator[Metric]:
        with self._service.workspace.catalogue.reading() as connection:
            jobs, sizes = counting_rows.jobs(connection), counting_rows.sizes(connection)
        by_state = GaugeMetricFamily("homeground_jobs", "Jobs.", labels=["state"])
        for state, count in jobs.items():
            by_state.add_metric([state], count)
        yield by_state
        for name, count in sizes.items():
            yield GaugeMetricFamily(f"homeground_{name}", f"How many {name} there are.", count)


class Measured:
    """Counts requests, and how long they take."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 499

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._metrics.began()
        try:
            await self._app(scope, receive, noted)
        finally:
            self._metrics.ended(scope["method"], _pattern(scope), status, time.perf_counter() - began)


def _pattern(scope: Scope) -> str:
    """The pattern of the route that was found. FastAPI tells it without the prefix of its router, and the whole of it
    in a place of its own."""
    whole = scope.get("fastapi", {}).get("effective_route_context")
    return str(getattr(whole or scope.get("route"), "path", "other"))
