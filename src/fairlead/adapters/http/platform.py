"""The routes of the platform itself: health, readiness, metrics."""

import asyncio
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from litestar import Controller, Response, get

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.metrics import HttpMetrics
from fairlead.adapters.http.problems import without_paths
from fairlead.kernel.health import HealthCheck

CHECK_SECONDS = 2.0
DOCUMENT = (
    "/openapi.json",
    "/openapi",
    "/openapi/openapi.json",
    "/openapi/{path:str}",
)
PATHS = ("/healthz", "/ready", "/metrics", *DOCUMENT)


@dataclass(frozen=True, slots=True)
class Readiness:
    """The checks of all modules."""

    checks: tuple[HealthCheck, ...]


class PlatformController(Controller):
    """Public, and cheap."""

    path = "/"
    tags = ("platform",)

    @get("/healthz", sync_to_thread=False)
    def healthz(self) -> dict[str, str]:
        """Tell that the process answers."""
        return {"status": "ok"}

    @get("/ready")
    @inject
    async def ready(self, readiness: FromDishka[Readiness]) -> Response[dict[str, Any]]:
        """Tell whether every part can do its work; 503 while one cannot."""
        results = await asyncio.gather(
            *(
                asyncio.wait_for(check.check(), CHECK_SECONDS)
                for check in readiness.checks
            ),
            return_exceptions=True,
        )
        parts: dict[str, str] = {}
        for check, result in zip(readiness.checks, results, strict=True):
            if isinstance(result, BaseException):
                parts[type(check).__name__] = "no answer in time"
            else:
                parts[result.name] = "ok" if result.ok else without_paths(result.detail)
        ok = all(state == "ok" for state in parts.values())
        body = {
            "status": "ok" if ok else "unavailable",
            "version": version("fairlead"),
            "parts": parts,
        }
        return Response(body, status_code=200 if ok else 503)

    @get("/metrics", media_type="text/plain; version=0.0.4; charset=utf-8")
    @inject
    async def metrics(self, metrics: FromDishka[HttpMetrics]) -> bytes:
        """Return the metrics in the Prometheus text format."""
        return metrics.page()
