"""The gateway's manifest and wiring."""

from pathlib import Path

from dishka import Provider, Scope, provide

from fairlead.adapters.http.part import HttpPart
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.wiring.part import ContainerPart
from fairlead.kernel.module import Catalog, Module
from fairlead.services.gateway.domain import Gate, RouteTable
from fairlead.services.gateway.http import GatewayController
from fairlead.services.gateway.use_cases import ListRoutes


class GatewayProvider(Provider):
    """Builds the gate."""

    scope = Scope.REQUEST
    gate = provide(Gate)
    list_routes = provide(ListRoutes)

    @provide(scope=Scope.APP)
    def table(self, catalog: Catalog) -> RouteTable:
        """Index the declared routes once."""
        return RouteTable(catalog.routes())


MODULE = Module(
    manifest=read_manifest(Path(__file__).with_name("module.yaml")),
    parts=(ContainerPart((GatewayProvider(),)), HttpPart((GatewayController,))),
)
