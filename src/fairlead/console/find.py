"""Finding things by name, with and without JavaScript; and the list of keys."""

from litestar import Response, get

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest
from fairlead.adapters.pages.pages import Pages, Sheet

LONGEST = 100


class FindController(PageController):
    """`/find` and `/keys`."""

    path = "/"

    @get("/find")
    @inject
    async def find(
        self, request: AnyRequest, pages: FromDishka[Pages]
    ) -> Response[str]:
        """Show what fits `?q=`: pages first, then what the modules find."""
        text = request.query_params.get("q", "").strip()[:LONGEST]
        found = await pages.find(text)
        if request.headers.get("hx-request"):
            return pages.fragment(request, "console/found.html", found=found, text=text)
        sheet = Sheet(template="console/find.html", title="Find")
        return await pages.show(request, sheet, found=found, text=text)

    @get("/keys")
    @inject
    async def keys(
        self, request: AnyRequest, pages: FromDishka[Pages]
    ) -> Response[str]:
        """Show the keys that work everywhere."""
        sheet = Sheet(template="console/keys.html", title="Keyboard shortcuts")
        return await pages.show(request, sheet)
