"""What is counted of requests, for Prometheus."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from typing_extensions import override

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class _Requests:
    """Those of one route that ended alike."""

    __slots__ = ("buckets", "seconds")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0


class HttpMetrics(Collector):
    """Requests by method, route template and status; durations in seconds.

    Counting one is a look in a dict; the work is done when somebody collects.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metrics in `registry`."""
        self._registry = registry
        self._known: dict[tuple[str, str, int], _Requests] = {}
        registry.register(self)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        alike = (method if method in _METHODS else "OTHER", route, status)
        requests = self._known.get(alike)
        if requests is None:  # there are as many as routes and their statuses
            requests = self._known[alike] = _Requests()
        requests.buckets[bisect_left(BUCKETS, seconds)] += 1
        requests.seconds += seconds

    @override
    def collect(self) -> Iterator[Metric]:
        counts = CounterMetricFamily(
            "fairlead_http_requests",
            "Requests served.",
            labels=("method", "route", "status"),
        )
        durations = HistogramMetricFamily(
            "fairlead_http_request_seconds",
            "How long requests took.",
            labels=("method", "route"),
        )
        whole: dict[tuple[str, str], _Requests] = {}
        for (method, route, status), requests in tuple(self._known.items()):
            counts.add_metric((method, route, str(status)), sum(requests.buckets))
            every = whole.setdefault((method, route), _Requests())
            pairs = zip(every.buckets, requests.buckets, strict=True)
            every.buckets = [one + other for one, other in pairs]
            every.seconds += requests.seconds
        for labels, requests in whole.items():
            limits = (*(str(float(limit)) for limit in BUCKETS), "+Inf")
            upto = accumulate(requests.buckets)
            durations.add_metric(
                labels, list(zip(limits, upto, strict=True)), requests.seconds
            )
        yield counts
        yield durations

    def page(self) -> bytes:
        """Return everything registered, in the text format."""
        return generate_latest(self._registry)
