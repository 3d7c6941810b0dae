"""What is counted of gRPC calls, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Histogram

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class GrpcMetrics:
    """Calls by method and status; durations in seconds, of streams to their end."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metrics in `registry`."""
        self._calls = Counter(
            "fairlead_grpc_calls",
            "Calls served.",
            ("method", "code"),
            registry=registry,
        )
        self._seconds = Histogram(
            "fairlead_grpc_call_seconds",
            "How long calls took.",
            ("method",),
            registry=registry,
            buckets=BUCKETS,
        )

    def observe(self, method: str, code: str, seconds: float) -> None:
        """Count one call."""
        self._calls.labels(method, code).inc()
        self._seconds.labels(method).observe(seconds)
