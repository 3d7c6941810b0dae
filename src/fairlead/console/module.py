"""The console's manifest and wiring."""

from pathlib import Path

from dishka import AnyOf, Provider, Scope, provide

from fairlead.adapters.http.authentication import CookieAuthenticator
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.pages.assets import Assets
from fairlead.adapters.pages.pages import Pages, Permits
from fairlead.adapters.pages.part import ConsolePart, ConsoleParts, Entry
from fairlead.adapters.pages.templates import Templates
from fairlead.adapters.sql.part import TablePart
from fairlead.adapters.wiring.part import ContainerPart
from fairlead.console.assets import AssetController
from fairlead.console.cookies import SessionCookies
from fairlead.console.find import FindController
from fairlead.console.login import LoginController
from fairlead.console.overview import OverviewController
from fairlead.console.permissions import MODULE_READ, SETTINGS_READ
from fairlead.console.permits import AuthorizerPermits
from fairlead.console.platform import PlatformPages
from fairlead.console.sessions import BrowserSessions, BrowserSessionStore
from fairlead.console.sql import SqlBrowserSessionStore
from fairlead.console.steps import FirstSteps
from fairlead.kernel.clock import Clock
from fairlead.kernel.module import Module

HERE = Path(__file__).parent


class ConsoleProvider(Provider):
    """Builds what shows pages; the server provides `ConsoleParts`."""

    sessions = provide(BrowserSessions, scope=Scope.APP)
    steps = provide(FirstSteps, scope=Scope.APP)
    cookies = provide(
        SessionCookies,
        provides=AnyOf[SessionCookies, CookieAuthenticator],
        scope=Scope.APP,
    )
    store = provide(
        SqlBrowserSessionStore, provides=BrowserSessionStore, scope=Scope.REQUEST
    )
    permits = provide(AuthorizerPermits, provides=Permits, scope=Scope.REQUEST)
    pages = provide(Pages, scope=Scope.REQUEST)

    @provide(scope=Scope.APP)
    def assets(self) -> Assets:
        """Serve the files of the package."""
        return Assets(HERE / "assets")

    @provide(scope=Scope.APP)
    def templates(self, parts: ConsoleParts, assets: Assets, clock: Clock) -> Templates:
        """Find each module's templates under its name."""
        folders = {name: part.templates for name, part in parts.parts.items()}
        return Templates(folders, assets=assets, clock=clock)


CONSOLE = ConsolePart(
    controllers=(
        OverviewController,
        LoginController,
        FindController,
        PlatformPages,
        AssetController,
    ),
    templates=HERE / "templates",
    entries=(
        Entry(label="Overview", path="/", order=0),
        Entry(
            label="Modules",
            path="/modules",
            order=80,
            platform=True,
            permission=MODULE_READ,
        ),
        Entry(
            label="Settings",
            path="/settings",
            order=90,
            platform=True,
            permission=SETTINGS_READ,
        ),
    ),
)

MODULE = Module(
    manifest=read_manifest(HERE / "module.yaml"),
    parts=(
        ContainerPart((ConsoleProvider(),)),
        TablePart(HERE / "migrations"),
        CONSOLE,
    ),
)
