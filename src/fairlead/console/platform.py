"""Pages about the installation itself: its modules and its settings."""

from importlib.metadata import version

from litestar import Response, get

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest
from fairlead.adapters.pages.pages import Pages, Sheet
from fairlead.adapters.settings.load import Settings
from fairlead.adapters.settings.shown import shown
from fairlead.console.permissions import MODULE_READ, SETTINGS_READ
from fairlead.kernel.module import Catalog
from fairlead.services.authz.public import Authorizer


class PlatformPages(PageController):
    """`/modules` and `/settings`."""

    path = "/"

    @get("/modules")
    @inject
    async def modules(
        self,
        request: AnyRequest,
        catalog: FromDishka[Catalog],
        authorizer: FromDishka[Authorizer],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """List the loaded modules in the order they depend on each other."""
        await authorizer.require(pages.who, MODULE_READ)
        sheet = Sheet(
            template="console/modules.html",
            title="Modules",
            command="fairlead modules list",
            section="/modules",
        )
        return await pages.show(request, sheet, manifests=catalog.manifests)

    @get("/settings")
    @inject
    async def settings(
        self,
        request: AnyRequest,
        settings: FromDishka[Settings],
        authorizer: FromDishka[Authorizer],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Say what runs, where its data is, and every setting but the secrets."""
        await authorizer.require(pages.who, SETTINGS_READ)
        sheet = Sheet(
            template="console/settings.html",
            title="Settings",
            command="fairlead status",
            section="/settings",
        )
        return await pages.show(
            request,
            sheet,
            version=version("fairlead"),
            environment=settings.environment,
            home=str(settings.home.path),
            sections=shown(settings),
        )
