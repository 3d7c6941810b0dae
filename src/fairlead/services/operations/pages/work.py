"""Pages of operations, and the form that cancels."""

from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import page_request
from fairlead.adapters.http.sse import frames, offset, still
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.kernel.journal import FrameKind
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.operations.permissions import OPERATION_CANCEL, OPERATION_READ
from fairlead.services.operations.public import (
    Feeds,
    Operation,
    OperationFilter,
    OperationNotFound,
    Operations,
    OperationState,
)
from fairlead.services.operations.use_cases.explain import (
    ExplainOperation,
    Explanation,
)
from fairlead.services.operations.use_cases.follow import FollowOperation

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
        after = request.query_params.get("after")
        wanted = page_request(PER_PAGE, after)
        queue, page = await _lists(operations, pages.who, state, wanted)
        cancellable = {
            item.id
            for item in (*queue.items, *page.items)
            if not item.state.final and await pages.may(OPERATION_CANCEL, on=item.scope)
        }
        more = {"state": given} if state else {}
        data = {
            "queue": queue.items,
            "more_wait": queue.next,
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

    @get("/{operation:uuid}")
    @inject
    async def show(
        self,
        request: AnyRequest,
        operation: FromPath[UUID],
        explain: FromDishka[ExplainOperation],
        follow: FromDishka[FollowOperation],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show one operation: why it waits or how it went, and its output, live."""
        told = await explain(pages.who, operation)
        try:
            readable = bool(await follow.owner(pages.who, operation))
        except OperationNotFound:
            readable = False
        sheet = Sheet(
            template="operations/operation.html",
            title=told.operation.subject,
            command=f"fairlead operations explain {operation}",
            crumbs=(("Operations", SECTION),),
            section=SECTION,
        )
        data = await _data(pages, told)
        return await pages.show(request, sheet, **data, readable=readable)

    @get("/{operation:uuid}/panel")
    @inject
    async def panel(
        self,
        request: AnyRequest,
        operation: FromPath[UUID],
        explain: FromDishka[ExplainOperation],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Return the moving parts of an operation's page."""
        data = await _data(pages, await explain(pages.who, operation))
        return pages.fragment(request, "operations/operation_head.html", **data)

    @get("/{operation:uuid}/feed")
    @inject
    async def feed(
        self,
        request: AnyRequest,
        operation: FromPath[UUID],
        pages: FromDishka[Pages],
        follow: FromDishka[FollowOperation],
    ) -> Stream:
        """Send its events and output, live."""
        after = offset(request)
        scope = (await follow.owner(pages.who, operation)).scope
        return await frames(
            await follow(pages.who, operation, after=after),
            allowed=still(request, OPERATION_READ, on=scope),
        )

    @get("/{operation:uuid}/output")
    @inject
    async def output(
        self,
        request: AnyRequest,
        operation: FromPath[UUID],
        pages: FromDishka[Pages],
        follow: FromDishka[FollowOperation],
        feeds: FromDishka[Feeds],
    ) -> Stream:
        """Send its output up to now as plain text."""
        shown = await follow.owner(pages.who, operation)
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        if "download" in request.query_params:
            headers["Content-Disposition"] = 'attachment; filename="output.log"'
        return Stream(
            _bytes(feeds, shown.feed_id), media_type="text/plain", headers=headers
        )

    @post("/{operation:uuid}/cancel")
    @inject
    async def cancel(
        self,
        request: AnyRequest,
        operation: FromPath[UUID],
        who: FromDishka[Principal],
        operations: FromDishka[Operations],
    ) -> Redirect:
        """Ask an operation to end as cancelled."""
        await operations.cancel(who, operation)
        back = "page" in request.query_params
        return go(f"{SECTION}/{operation}" if back else SECTION)


async def _lists(
    operations: Operations,
    who: Principal,
    state: OperationState | None,
    wanted: PageRequest,
) -> tuple[Page[Operation], Page[Operation]]:
    """Return the queue by turn, and the others newest first; of one state only that."""
    if state is OperationState.QUEUED:
        by_turn = OperationFilter(by_turn=True)
        return Page(items=()), await operations.list(who, by_turn, wanted)
    if state is not None or wanted.after is not None:
        but = None if state else OperationState.QUEUED
        found = OperationFilter(state=state, but=but)
        return Page(items=()), await operations.list(who, found, wanted)
    queue = OperationFilter(by_turn=True)
    others = OperationFilter(but=OperationState.QUEUED)
    return (
        await operations.list(who, queue, wanted),
        await operations.list(who, others, wanted),
    )


async def _data(pages: Pages, told: Explanation) -> dict[str, Any]:
    operation = told.operation
    may = await pages.may(OPERATION_CANCEL, on=operation.scope)
    return {
        "told": told,
        "operation": operation,
        "may_cancel": may and not operation.state.final,
    }


async def _bytes(feeds: Feeds, feed_id: UUID) -> AsyncGenerator[bytes, None]:
    after = 0
    while found := await feeds.read(feed_id, after=after):
        for frame in found:
            if frame.kind is FrameKind.OUTPUT:
                yield frame.data
        after = found[-1].next
