"""The gRPC server on grpcio's asyncio API, in the event loop of the whole process."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from typing_extensions import override

from fairlead.adapters.grpc.health import Health
from fairlead.adapters.grpc.loading import GrpcListener
from fairlead.adapters.grpc.settings import GrpcSettings
from fairlead.kernel.errors import ErrorKind, FairleadError

Handlers = Mapping[str, "grpc.RpcMethodHandler[bytes, bytes]"]
GRACE_SECONDS = 5.0
MAX_METADATA_BYTES = 16 * 1024


class CannotListen(FairleadError):
    """The address of the settings is taken, or not ours."""

    kind = ErrorKind.UNAVAILABLE
    code = "grpc.cannot_listen"


class GrpcServer(GrpcListener):
    """Serves handlers, and health and reflection beside them."""

    def __init__(
        self,
        settings: GrpcSettings,
        handlers: Handlers,
        stop_streams: Callable[[], None],
    ) -> None:
        """Serve `handlers` by `package.Service/Method`.

        `stop_streams` ends what would otherwise keep a closing server waiting.
        """
        self._settings = settings
        self._handlers = handlers
        self._stop_streams = stop_streams
        self._server: grpc.aio.Server | None = None
        self._health: Health | None = None
        self._port = settings.port

    @property
    @override
    def address(self) -> str:
        return _address(self._settings.host, self._port)

    @override
    async def open(self) -> None:
        server = grpc.aio.server(
            options=options(self._settings),
            maximum_concurrent_rpcs=self._settings.max_concurrent_calls,
        )
        self._health = self._add(server)
        wanted = _address(self._settings.host, self._settings.port)
        try:
            self._port = server.add_insecure_port(wanted)
        except RuntimeError as error:
            raise CannotListen(
                f"Cannot listen on {wanted} for gRPC; choose another grpc.port.",
                address=wanted,
            ) from error
        await server.start()
        self._server = server

    def _add(self, server: grpc.aio.Server) -> Health:
        services: dict[str, dict[str, Any]] = defaultdict(dict)
        for name, handler in self._handlers.items():
            service, _, method = name.partition("/")
            services[service][method] = handler
        for service, methods in services.items():
            named = grpc.method_handlers_generic_handler(service, methods)
            server.add_generic_rpc_handlers((named,))
        own = Health(services)
        health_pb2_grpc.add_HealthServicer_to_server(own, server)
        names = (*services, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
        return own

    @override
    async def close(self) -> None:
        if self._server is None or self._health is None:
            return
        server, self._server = self._server, None
        self._health.close()
        self._stop_streams()
        await server.stop(GRACE_SECONDS)


def options(settings: GrpcSettings) -> tuple[tuple[str, int], ...]:
    """Return the server's limits in the words of gRPC."""
    return (
        ("grpc.so_reuseport", 0),  # or a second server would share the port in silence
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        ("grpc.max_metadata_size", MAX_METADATA_BYTES),
        ("grpc.max_concurrent_streams", settings.max_streams_per_connection),
        ("grpc.keepalive_time_ms", settings.keepalive_seconds * 1000),
        ("grpc.keepalive_timeout_ms", settings.patience_seconds * 1000),
        ("grpc.keepalive_permit_without_calls", 1),
        (
            "grpc.http2.min_ping_interval_without_data_ms",
            settings.min_ping_seconds * 1000,
        ),
    )


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
