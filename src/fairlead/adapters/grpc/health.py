"""`grpc.health.v1`: a service serves from the server's opening until its closing.

Whether every part of the platform can do its work is what `GET /ready` tells.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from typing_extensions import override

Request = health_pb2.HealthCheckRequest
Answer = health_pb2.HealthCheckResponse
Context = grpc.aio.ServicerContext[Any, Any]


class Health(health_pb2_grpc.HealthServicer):
    """Answers for the whole server (``) and for each service.

    Other than grpcio's own it ends its streams, so that one who watches does not
    keep a closing server waiting.
    """

    def __init__(self, services: Iterable[str]) -> None:
        """Answer for `services`."""
        self._services = frozenset(("", *services))
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Serve no longer, and tell those who watch."""
        self._closing.set()

    @override
    async def Check(self, request: Request, context: Context) -> Answer:
        status = self._status(request.service)
        if status == Answer.SERVICE_UNKNOWN:
            await context.abort(grpc.StatusCode.NOT_FOUND, "There is no such service.")
        return Answer(status=status)

    @override
    async def Watch(self, request: Request, context: Context) -> None:
        await context.write(Answer(status=self._status(request.service)))
        await self._closing.wait()
        await context.write(Answer(status=self._status(request.service)))

    def _status(self, service: str) -> int:
        if service not in self._services:
            return Answer.SERVICE_UNKNOWN
        return Answer.NOT_SERVING if self._closing.is_set() else Answer.SERVING
