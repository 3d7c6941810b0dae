"""The first page: what needs the reader, what runs where, what happened."""

from dishka import AsyncContainer
from dishka.integrations.litestar import FromDishka, inject
from litestar import Response, get

from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest
from fairlead.adapters.pages.pages import Pages, Sheet
from fairlead.adapters.pages.part import ConsoleParts, Contribution, Contributor
from fairlead.kernel.principal import Principal


class OverviewController(PageController):
    """`/`, made of what the modules contribute."""

    path = "/"

    @get("/")
    @inject
    async def show(
        self,
        request: AnyRequest,
        parts: FromDishka[ConsoleParts],
        container: FromDishka[AsyncContainer],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show the overview, or only its moving parts to the page itself."""
        given = await _contributions(pages.who, parts, container)
        attention = [item for each in given for item in each.attention]
        cards = sorted(
            (card for each in given for card in each.cards), key=lambda card: card.order
        )
        if request.headers.get("hx-request"):
            return pages.fragment(
                request, "console/overview_parts.html", attention=attention, cards=cards
            )
        sheet = Sheet(
            template="console/overview.html",
            title="Overview",
            command="fairlead runs list",
            section="/",
        )
        return await pages.show(request, sheet, attention=attention, cards=cards)


async def _contributions(
    who: Principal, parts: ConsoleParts, container: AsyncContainer
) -> list[Contribution]:
    found: list[Contribution] = []
    for part in parts.parts.values():
        for kind in part.overview:
            contributor: Contributor = await container.get(kind)
            found.append(await contributor.contribute(who))
    return found
