"""The first page: what needs the reader, what runs where, what happened."""

from dishka.integrations.litestar import FromDishka, inject
from litestar import Response, get

from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest
from fairlead.adapters.pages.pages import Pages, Sheet


class OverviewController(PageController):
    """`/`, made of what the modules contribute."""

    path = "/"

    @get("/")
    @inject
    async def show(
        self, request: AnyRequest, pages: FromDishka[Pages]
    ) -> Response[str]:
        """Show the overview, or only its moving parts to the page itself."""
        given = await pages.contributions()
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
