"""What is counted of requests, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class HttpMetrics:
    """Requests by method, route template and status; durations in seconds."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metrics in `registry`."""
        self._registry = registry
        self._requests = Counter(
            "fairlead_http_requests",
            "Requests served.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "fairlead_http_request_seconds",
            "How long requests took.",
            ("method", "route"),
            registry=registry,
            buckets=BUCKETS,
        )
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        known = method if method in _METHODS else "OTHER"
        found = self._known.get((known, route, status))
        if found is None:  # there are as many as routes and their statuses
            found = (
                self._requests.labels(known, route, status),
                self._seconds.labels(known, route),
            )
            self._known[known, route, status] = found
        requests, took = found
        requests.inc()
        took.observe(seconds)

    def page(self) -> bytes:
        """Return everything registered, in the text format."""
        return generate_latest(self._registry)


_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
