"""The gateway's manifest and wiring."""

from pathlib import Path

from dishka import Provider, Scope, provide

from fairlead.adapters.http.part import HttpPart
from fairlead.adapters.http.settings import HttpSettings
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.wiring.part import ContainerPart
from fairlead.kernel.module import Catalog, Module, Route
from fairlead.services.gateway.domain import Gate, RouteTable
from fairlead.services.gateway.http import GatewayController
from fairlead.services.gateway.permissions import METRICS_READ
from fairlead.services.gateway.use_cases import ListRoutes

METRICS = Route(method="GET", path="/metrics", permission=METRICS_READ)


class GatewayProvider(Provider):
    """Builds the gate."""

    scope = Scope.REQUEST
    gate = provide(Gate)
    list_routes = provide(ListRoutes)

    @provide(scope=Scope.APP)
    def table(self, catalog: Catalog, settings: HttpSettings) -> RouteTable:
        """Index the declared routes once, and what of the platform's is not for all."""
        own = () if settings.public_metrics else (METRICS,)
        return RouteTable((*catalog.routes(), *own))


MODULE = Module(
    manifest=read_manifest(Path(__file__).with_name("module.yaml")),
    parts=(ContainerPart((GatewayProvider(),)), HttpPart((GatewayController,))),
)
