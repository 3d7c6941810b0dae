"""Operations in the console."""

from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from fairlead.adapters.http.paging import page_request
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.adapters.pages.part import ConsolePart, Entry
from fairlead.kernel.principal import Principal
from fairlead.services.operations.permissions import OPERATION_CANCEL, OPERATION_READ
from fairlead.services.operations.public import (
    OperationFilter,
    Operations,
    OperationState,
)

PER_PAGE = 50
SECTION = "/operations"


class OperationPages(PageController):
    """`/operations`: what works, what waits and why."""

    path = "/operations"

    @get("/")
    @inject
    async def list(
        self,
        request: AnyRequest,
        operations: FromDishka[Operations],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show the operations, newest first."""
        given = request.query_params.get("state", "")
        state = OperationState(given) if given in set(OperationState) else None
        wanted = page_request(PER_PAGE, request.query_params.get("after"))
        page = await operations.list(pages.who, OperationFilter(state=state), wanted)
        cancellable = {
            item.id
            for item in page.items
            if not item.state.final and await pages.may(OPERATION_CANCEL, on=item.scope)
        }
        more = {"state": given} if state else {}
        data = {
            "operations": page.items,
            "cancellable": cancellable,
            "state": state,
            "next": page.next,
            "more": f"{SECTION}?{urlencode({**more, 'after': page.next or ''})}",
        }
        if request.headers.get("hx-request"):
            return pages.fragment(request, "operations/table.html", **data)
        sheet = Sheet(
            template="operations/list.html",
            title="Operations",
            command="fairlead operations list",
            section=SECTION,
        )
        return await pages.show(request, sheet, **data, states=tuple(OperationState))

    @post("/{operation:uuid}/cancel")
    @inject
    async def cancel(
        self,
        operation: FromPath[UUID],
        who: FromDishka[Principal],
        operations: FromDishka[Operations],
    ) -> Redirect:
        """Ask an operation to end as cancelled."""
        await operations.cancel(who, operation)
        return go(SECTION)


CONSOLE = ConsolePart(
    controllers=(OperationPages,),
    templates=Path(__file__).with_name("templates"),
    entries=(
        Entry(
            label="Operations",
            path=SECTION,
            order=40,
            permission=OPERATION_READ,
        ),
    ),
)
