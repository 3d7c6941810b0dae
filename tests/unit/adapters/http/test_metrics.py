"""What Prometheus is told of requests."""

from prometheus_client import CollectorRegistry

from fairlead.adapters.http.metrics import HttpMetrics

ROUTE = "/api/v1/runs/{run}"


def test_requests_are_counted_by_method_route_and_status() -> None:
    registry = CollectorRegistry()
    metrics = HttpMetrics(registry)
    for status, seconds in ((200, 0.001), (200, 0.02), (404, 20.0)):
        metrics.observe("GET", ROUTE, status, seconds)
    metrics.observe("BREW", ROUTE, 405, 0.1)

    def counted(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(
            f"fairlead_http_{name}", {"route": ROUTE, **labels}
        )

    assert counted("requests_total", method="GET", status="200") == 2
    assert counted("requests_total", method="GET", status="404") == 1
    assert counted("requests_total", method="OTHER", status="405") == 1
    assert counted("request_seconds_bucket", method="GET", le="0.001") == 1
    assert counted("request_seconds_bucket", method="GET", le="0.025") == 2
    assert counted("request_seconds_bucket", method="GET", le="+Inf") == 3
    assert counted("request_seconds_count", method="GET") == 3
    assert counted("request_seconds_sum", method="GET") == 20.021


def test_the_page_holds_all_that_is_registered() -> None:
    metrics = HttpMetrics(CollectorRegistry())
    assert b"fairlead_http_requests_total" in metrics.page()
    metrics.observe("GET", ROUTE, 200, 0.5)
    assert b'route="/api/v1/runs/{run}"' in metrics.page()
