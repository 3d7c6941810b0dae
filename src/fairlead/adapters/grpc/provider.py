"""Provides the gRPC server and the servicers behind it."""

from collections.abc import Iterable

from dishka import AsyncContainer, Provider, Scope, provide
from prometheus_client import CollectorRegistry

from fairlead.adapters.grpc.edge import Edge
from fairlead.adapters.grpc.loading import Admit, GrpcListener
from fairlead.adapters.grpc.methods import load, methods, permissions
from fairlead.adapters.grpc.metrics import GrpcMetrics
from fairlead.adapters.grpc.server import GrpcServer
from fairlead.adapters.grpc.settings import GrpcSettings
from fairlead.adapters.http.authentication import Authenticator
from fairlead.adapters.http.settings import HttpSettings
from fairlead.kernel.module import Rpc


class GrpcProvider(Provider):
    """One server per process; servicers per call."""

    scope = Scope.APP

    def __init__(
        self, servicers: Iterable[str], declared: Iterable[Rpc], admit: Admit
    ) -> None:
        """Serve `servicers` (`package.module:Class`), each method as declared.

        Raises:
            BadModule: servicers, messages and manifests do not fit together.
        """
        super().__init__()
        kinds = [load(name) for name in servicers]
        self._methods = [method for kind in kinds for method in methods(kind)]
        self._permissions = permissions(self._methods, declared)
        self._admit = admit
        for kind in kinds:
            self.provide(kind, scope=Scope.REQUEST)

    @provide
    def listener(
        self,
        container: AsyncContainer,
        authenticator: Authenticator,
        registry: CollectorRegistry,
        settings: GrpcSettings,
        web: HttpSettings,
    ) -> GrpcListener:
        """Build the server; the application opens it last."""
        metrics = GrpcMetrics(registry)
        edge = Edge(container, authenticator, self._admit, metrics, web)
        handlers = {
            method.name: edge.handler(method, self._permissions[method.name])
            for method in self._methods
        }
        return GrpcServer(settings, handlers, edge.stop_streams)
