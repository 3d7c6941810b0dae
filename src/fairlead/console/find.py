"""Finding things by name, with and without JavaScript; and the list of keys."""

from dishka import AsyncContainer
from dishka.integrations.litestar import FromDishka, inject
from litestar import Response, get

from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest
from fairlead.adapters.pages.pages import Pages, Sheet
from fairlead.adapters.pages.part import ConsoleParts, Finder, Found

LONGEST = 100


class FindController(PageController):
    """`/find` and `/keys`."""

    path = "/"

    @get("/find")
    @inject
    async def find(
        self,
        request: AnyRequest,
        parts: FromDishka[ConsoleParts],
        container: FromDishka[AsyncContainer],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show what fits `?q=`: pages first, then what the modules find."""
        text = request.query_params.get("q", "").strip()[:LONGEST]
        found = [
            Found(label=entry.label, path=entry.path, kind="page")
            for entry in await pages.entries()
            if text.lower() in entry.label.lower()
        ]
        for part in parts.parts.values():
            for kind in part.finders:
                finder: Finder = await container.get(kind)
                found += await finder.find(pages.who, text)
        if request.headers.get("hx-request"):
            return pages.fragment(request, "console/found.html", found=found, text=text)
        sheet = Sheet(template="console/find.html", title="Find")
        return await pages.show(request, sheet, found=found, text=text)

    @get("/keys")
    @inject
    async def keys(self, request: AnyRequest, pages: FromDishka[Pages]) -> Response[str]:
        """Show the keys that work everywhere."""
        return await pages.show(request, Sheet(template="console/keys.html", title="Keys"))
