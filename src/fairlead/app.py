"""The composition root: the only place that knows every part."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from dishka import AsyncContainer, Provider, Scope, from_context
from dishka import provide as provided
from dishka.integrations.litestar import LitestarProvider
from litestar import Litestar
from litestar.exceptions import HTTPException
from msgspec import Struct
from prometheus_client import CollectorRegistry

from fairlead.adapters.blobs.provider import BlobsProvider
from fairlead.adapters.bus.part import SubscriptionPart
from fairlead.adapters.bus.provider import BusProvider
from fairlead.adapters.bus.relay import OutboxRelay
from fairlead.adapters.engine.choice import engine_provider
from fairlead.adapters.engine.part import EnginePart
from fairlead.adapters.engine.registry import Activities
from fairlead.adapters.engine.settings import EngineSettings
from fairlead.adapters.grpc.loading import GrpcListener, grpc_providers, wanted
from fairlead.adapters.grpc.part import GrpcPart
from fairlead.adapters.grpc.settings import GrpcSettings
from fairlead.adapters.http.authentication import Authenticator, CookieAuthenticator
from fairlead.adapters.http.bodies import BodyRequest
from fairlead.adapters.http.edge import Asgi, Edge
from fairlead.adapters.http.guards import together
from fairlead.adapters.http.hosts import check_apart
from fairlead.adapters.http.metrics import HttpMetrics
from fairlead.adapters.http.openapi import OpenApiController, openapi_config
from fairlead.adapters.http.part import HttpPart
from fairlead.adapters.http.platform import PATHS, PlatformController, Readiness
from fairlead.adapters.http.problems import foreseen, unforeseen
from fairlead.adapters.http.response import Response
from fairlead.adapters.http.routes import compare
from fairlead.adapters.http.settings import HttpSettings
from fairlead.adapters.http.web import Web
from fairlead.adapters.journals.provider import JournalsProvider
from fairlead.adapters.manifests.discovery import discover
from fairlead.adapters.pages.controller import page_or_problem
from fairlead.adapters.pages.guard import browser_guard
from fairlead.adapters.pages.part import ConsolePart, ConsoleParts
from fairlead.adapters.pages.provider import page_types
from fairlead.adapters.processes.client import ProcessLauncher
from fairlead.adapters.processes.provider import ProcessesProvider
from fairlead.adapters.processes.reserve import DiskReserve
from fairlead.adapters.processes.settings import ProcessesSettings
from fairlead.adapters.schedules.provider import SchedulesProvider
from fairlead.adapters.settings.home import Home
from fairlead.adapters.settings.load import Settings, home, read_layers, typed
from fairlead.adapters.settings.lock import OTHERS, HomeLock
from fairlead.adapters.settings.part import SettingsPart
from fairlead.adapters.settings.provider import settings_provider
from fairlead.adapters.sql.choice import migrate_chosen
from fairlead.adapters.sql.database import Database
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.sql.provider import SqlProvider
from fairlead.adapters.sql.settings import DatabaseSettings
from fairlead.adapters.telemetry.logs import configure
from fairlead.adapters.telemetry.settings import LogSettings
from fairlead.adapters.wiring.clock import SystemClock
from fairlead.adapters.wiring.container import make_container
from fairlead.adapters.wiring.disk import DiskCheck
from fairlead.adapters.wiring.part import (
    ContainerPart,
    HealthPart,
    LifecyclePart,
    Opened,
)
from fairlead.adapters.wiring.scopes import Scopes
from fairlead.kernel.clock import Clock
from fairlead.kernel.engine import Engine
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.health import HealthCheck
from fairlead.kernel.module import Catalog, Module
from fairlead.kernel.principal import Principal, TenantId, service
from fairlead.modules.environments.settings import EnvironmentsSettings
from fairlead.modules.pipelines.settings import PipelinesSettings
from fairlead.services.auth.public import FirstStart
from fairlead.services.gateway.grpc import admit
from fairlead.services.gateway.http import guard, recorded

StructT = TypeVar("StructT", bound=Struct)
PLUGINS = "plugins"
START = service("start")
PLATFORM_SECTIONS: Mapping[str, type[Struct]] = {
    "database": DatabaseSettings,
    "engine": EngineSettings,
    "grpc": GrpcSettings,
    "http": HttpSettings,
    "log": LogSettings,
    "processes": ProcessesSettings,
}


class PlatformProvider(Provider):
    """What no module brings: time, the caller, scopes, metrics."""

    principal = from_context(Principal, scope=Scope.REQUEST)
    scopes = provided(Scopes, scope=Scope.APP)

    def __init__(self, modules: Iterable[Module]) -> None:
        """Tell of the `modules` that are loaded."""
        super().__init__()
        self._modules = tuple(modules)

    @provided(scope=Scope.REQUEST)
    def tenant(self, who: Principal) -> TenantId:
        """Return the tenant of the caller."""
        return who.tenant_id

    @provided(scope=Scope.APP)
    def clock(self) -> Clock:
        """Return the machine's clock."""
        return SystemClock()

    @provided(scope=Scope.APP)
    def catalog(self) -> Catalog:
        """Return the loaded manifests."""
        return Catalog(tuple(module.manifest for module in self._modules))

    @provided(scope=Scope.APP)
    def console(self) -> ConsoleParts:
        """Return the modules' pages."""
        return ConsoleParts(
            {
                module.name: part
                for module in self._modules
                for part in module.each(ConsolePart)
            }
        )

    @provided(scope=Scope.APP)
    def registry(self) -> CollectorRegistry:
        """Keep metrics in a registry of this application's own."""
        return CollectorRegistry()

    @provided(scope=Scope.APP)
    def metrics(self, registry: CollectorRegistry) -> HttpMetrics:
        """Count requests."""
        return HttpMetrics(registry)

    @provided(scope=Scope.APP)
    async def readiness(
        self, container: AsyncContainer, database: Database, home: Home
    ) -> Readiness:
        """Collect the checks of all parts."""
        kinds = [
            kind
            for module in self._modules
            for part in module.each(HealthPart)
            for kind in part.types
        ]
        checks: list[HealthCheck] = [await container.get(kind) for kind in kinds]
        return Readiness((database, DiskCheck(home.path), *checks))


@dataclass(slots=True)
class Application:
    """The whole platform, put together; `open` starts it."""

    settings: Settings
    modules: tuple[Module, ...]
    container: AsyncContainer
    web: Litestar
    lock: HomeLock | None = None
    asgi: Asgi | None = None
    grpc: GrpcListener | None = None
    opened: list[Opened] = field(default_factory=list)

    def setting(self, kind: type[StructT]) -> StructT:
        """Return one section of the settings."""
        return self.settings.of(kind)

    @property
    def scopes(self) -> Scopes:
        """Return what opens scopes for work that no request asked for."""
        return Scopes(self.container)

    @property
    def unsafe_local(self) -> bool:
        """Tell whether steps run as plain processes of the server's user."""
        return self.setting(PipelinesSettings).unsafe_local

    async def open(self) -> None:
        """Start what works in the background; then requests can be served.

        When a part cannot start, those that have are closed again.
        """
        cookies = await self.container.get(CookieAuthenticator)
        self.asgi = Edge(
            self.web,  # type: ignore[arg-type]
            container=self.container,
            authenticator=await self.container.get(Authenticator),
            cookies=cookies,
            settings=self.setting(HttpSettings),
            metrics=await self.container.get(HttpMetrics),
        )
        kinds = [
            kind
            for module in self.modules
            for part in module.each(LifecyclePart)
            for kind in part.types
        ]
        await self._collect_activities()
        try:
            for kind in (DiskReserve, ProcessLauncher, Engine, *kinds, OutboxRelay):
                await self._open(await self.container.get(kind))
            if wanted(self.settings.sections):
                listener = await self.container.get(GrpcListener)
                await self._open(listener)
                self.grpc = listener
        except BaseException:
            await self.close()
            raise

    async def _open(self, part: Opened) -> None:
        await part.open()
        self.opened.append(part)

    async def _collect_activities(self) -> None:
        activities = await self.container.get(Activities)
        for module in self.modules:
            for part in module.each(EnginePart):
                for kind in part.activities:
                    activities.collect(await self.container.get(kind))

    async def close(self) -> None:
        """End everything in reverse; workloads end too and come back next time."""
        while self.opened:
            await self.opened.pop().close()
        await self.container.close()

    async def first_start(self) -> str | None:
        """Seed where that goes unasked; return the password if one was made up.

        It is made up anew at every start until `password_shown`.
        """
        async with self.scopes.enter(START) as scope:
            first: FirstStart = await scope.get(FirstStart)
            return await first()

    async def password_shown(self) -> None:
        """Note that the generated password was shown to a person."""
        async with self.scopes.enter(START) as scope:
            first: FirstStart = await scope.get(FirstStart)
            await first.shown()

    def release(self) -> None:
        """Let another server have the data folder."""
        if self.lock is not None:
            self.lock.close()


def assemble(
    settings: Settings, modules: Iterable[Module], *last: Provider
) -> Application:
    """Join `modules` into one application; nothing is opened or written.

    Providers in `last` win over all others, so tests pass their stand-ins there.

    Raises:
        BadModule: served and declared routes or rpcs differ.
        dishka.exceptions.GraphMissingFactoryError: a port has no adapter.
    """
    modules = tuple(modules)
    container = make_container(
        PlatformProvider(modules),
        settings_provider(settings),
        LitestarProvider(),
        SqlProvider(settings.sections),
        JournalsProvider(),
        BlobsProvider(),
        ProcessesProvider(settings.sections),
        BusProvider(
            {
                module.name: part.subscriptions
                for module in modules
                for part in module.each(SubscriptionPart)
            }
        ),
        SchedulesProvider(modules),
        engine_provider(
            settings.of(EngineSettings),
            [part for module in modules for part in module.each(EnginePart)],
        ),
        *(
            provider
            for module in modules
            for part in module.each(ContainerPart)
            for provider in part.providers
        ),
        page_types(part for module in modules for part in module.each(ConsolePart)),
        *grpc_providers(
            settings.sections,
            [part for module in modules for part in module.each(GrpcPart)],
            Catalog(tuple(module.manifest for module in modules)).rpcs(),
            admit,
        ),
        *last,
    )
    web = _web(modules)
    return Application(settings, modules, container, web)


def _web(modules: tuple[Module, ...]) -> Litestar:
    controllers = [
        controller
        for module in modules
        for controllers in (
            *(part.controllers for part in module.each(HttpPart)),
            *(part.controllers for part in module.each(ConsolePart)),
        )
        for controller in controllers
    ]
    web = Web(
        [PlatformController, OpenApiController, *controllers],
        middleware=[together(recorded(browser_guard), guard)],
        request_class=BodyRequest,
        response_class=Response,
        exception_handlers={
            FairleadError: foreseen,
            HTTPException: page_or_problem,
            Exception: unforeseen,
        },
        openapi_config=openapi_config(),
        logging_config=None,
    )
    compare(web, Catalog(tuple(m.manifest for m in modules)).routes(), PATHS)
    return web


def load(
    environ: Mapping[str, str], *, sections: Mapping[str, type[Struct]]
) -> tuple[Settings, list[Module]]:
    """Return the settings and the modules they are for.

    Raises:
        FairleadError: a setting or a module does not do.
    """
    layers = read_layers(environ)
    modules = discover(home(layers).path / PLUGINS)
    own = {
        part.section: part.type
        for module in modules
        for part in module.each(SettingsPart)
    }
    settings = typed(layers, {**PLATFORM_SECTIONS, **own, **sections})
    if (
        settings.environment == "production"
        and settings.of(PipelinesSettings).unsafe_local
    ):
        check_apart(settings.of(HttpSettings), settings.of(EnvironmentsSettings).host)
    return settings, modules


def check(
    environ: Mapping[str, str], *, sections: Mapping[str, type[Struct]]
) -> list[str]:
    """Put everything together without opening it and return the modules' names.

    Raises:
        FairleadError: settings or modules do not fit; the message says where.
    """
    settings, modules = load(environ, sections=sections)
    return [module.name for module in assemble(settings, modules).modules]


def prepare(
    environ: Mapping[str, str], *, sections: Mapping[str, type[Struct]]
) -> Application:
    """Take the data folder, migrate its database, and put everything together.

    From now on what this process makes is for its user alone.

    Raises:
        FairleadError: a setting, a module, the folder or the database does not do.
    """
    settings, modules = load(environ, sections=sections)
    for value in settings.sections.values():
        if isinstance(value, LogSettings):
            configure(value)
    os.umask(OTHERS)
    lock = HomeLock(settings.home)
    try:
        histories = [
            (module.name, part.migrations)
            for module in modules
            for part in module.each(TablePart)
        ]
        migrate_chosen(settings.home, settings.sections, histories)
        application = assemble(settings, modules)
    except BaseException:
        lock.close()
        raise
    application.lock = lock
    return application
