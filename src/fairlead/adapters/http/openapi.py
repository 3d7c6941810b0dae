"""The OpenAPI document at `/openapi.json`."""

from importlib.metadata import version
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from fairlead.adapters.http.document import completed
from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.kernel.module import Catalog

BEARER = "bearer"


def openapi_config() -> OpenAPIConfig:
    """Return the document's frame; the routes come from the controllers."""
    scheme = SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")
    return OpenAPIConfig(
        title="Fairlead",
        version=version("fairlead"),
        description="From a repository to a running service.",
        components=Components(security_schemes={BEARER: scheme}),
        security=[{BEARER: []}],
        path="/openapi",
        render_plugins=(JsonRenderPlugin(),),  # the others load scripts from elsewhere
        use_handler_docstrings=True,
    )


class OpenApiController(Controller):
    """Serves the document, made when it is first asked for."""

    @get("/openapi.json", include_in_schema=False)
    @inject
    async def document(
        self, request: Request[Any, Any, Any], catalog: FromDishka[Catalog]
    ) -> Response[dict[str, Any]]:
        """Return the OpenAPI 3.1 document."""
        framework = request.app.openapi_schema.to_schema()
        return Response(completed(framework, catalog.routes()))
