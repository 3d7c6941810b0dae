"""The first page: what needs the reader, what runs where, what happened."""

from collections.abc import Sequence

from litestar import Response, get

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest
from fairlead.adapters.pages.pages import Pages, Sheet
from fairlead.adapters.pages.part import Attention


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
        wrong = told_once([item for each in given for item in each.attention])
        attention = {
            "needs_you": [item for item in wrong if item.yours],
            "not_well": [item for item in wrong if not item.yours],
        }
        cards = sorted(
            (card for each in given for card in each.cards), key=lambda card: card.order
        )
        if request.headers.get("hx-request"):
            return pages.fragment(
                request, "console/overview_parts.html", cards=cards, **attention
            )
        sheet = Sheet(
            template="console/overview.html",
            title="Overview",
            command="fairlead runs list",
            section="/",
        )
        return await pages.show(request, sheet, cards=cards, **attention)


def told_once(items: Sequence[Attention]) -> list[Attention]:
    """Return the items without those that only follow from another."""
    there = {item.path for item in items}
    return [item for item in items if item.fault not in there]
