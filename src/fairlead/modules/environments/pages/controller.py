"""`/environments`, and the pages under `/workloads`."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import page_request
from fairlead.adapters.http.sse import frames, offset, still
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest, ForeignForm, field
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.adapters.pages.part import Card
from fairlead.kernel.journal import Frame, FrameKind
from fairlead.kernel.principal import Principal
from fairlead.modules.environments.pages.matrix import usual_order
from fairlead.modules.environments.permissions import (
    WORKLOAD_DELETE,
    WORKLOAD_READ,
    WORKLOAD_RESTART,
)
from fairlead.modules.environments.public import Workload, Workloads
from fairlead.services.authz.public import environment_scope

SECTION = "/environments"
PER_PAGE = 50


class WorkloadPages(PageController):
    """`/environments` and the pages under `/workloads`."""

    path = "/"

    @get("/environments")
    @inject
    async def index(
        self,
        request: AnyRequest,
        workloads: FromDishka[Workloads],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show what runs in each environment, and what it was built from."""
        wanted = page_request(PER_PAGE, request.query_params.get("after"))
        page = await workloads.list(pages.who, wanted)
        data = {
            "places": places_of(page.items),
            "runs": await _runs(page.items, pages),
            "next": page.next,
        }
        if request.headers.get("hx-request"):
            return pages.fragment(request, "environments/places.html", **data)
        sheet = Sheet(
            template="environments/list.html",
            title="Environments",
            command="fairlead workloads list",
            section=SECTION,
        )
        return await pages.show(request, sheet, **data)

    @get("/workloads/{workload:str}")
    @inject
    async def show(
        self,
        request: AnyRequest,
        workload: FromPath[str],
        workloads: FromDishka[Workloads],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show one workload with its output, live."""
        found = await workloads.get(pages.who, workload)
        sheet = Sheet(
            template="environments/workload.html",
            title=found.title,
            command=f"fairlead workloads show {found.title}",
            crumbs=(
                (found.project, f"/projects/{found.project}"),
                (found.environment, SECTION),
            ),
            section=SECTION,
        )
        scope = environment_scope(found.project_id, found.environment_id)
        data = {
            "workload": found,
            "may_restart": bool(found.release)
            and await pages.may(WORKLOAD_RESTART, on=scope),
            "actions": ()
            if found.release
            else await pages.panels("project.actions", found.project),
        }
        if request.headers.get("hx-request"):
            return pages.fragment(request, "environments/workload_head.html", **data)
        may_delete = await pages.may(WORKLOAD_DELETE, on=scope)
        return await pages.show(request, sheet, **data, may_delete=may_delete)

    @get("/workloads/{workload:str}/feed")
    @inject
    async def feed(
        self,
        request: AnyRequest,
        workload: FromPath[str],
        who: FromDishka[Principal],
        workloads: FromDishka[Workloads],
    ) -> Stream:
        """Send the output of its replicas, live."""
        after = offset(request)
        source = await workloads.logs(who, workload, after=after, follow=True)
        found = await workloads.get(who, workload)
        scope = environment_scope(found.project_id, found.environment_id)
        return await frames(source, allowed=still(request, WORKLOAD_READ, on=scope))

    @get("/workloads/{workload:str}/output")
    @inject
    async def output(
        self,
        workload: FromPath[str],
        who: FromDishka[Principal],
        workloads: FromDishka[Workloads],
    ) -> Stream:
        """Send the output up to now as plain text."""
        source = await workloads.logs(who, workload)
        return Stream(
            _bytes(source),
            media_type="text/plain",
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        )

    @post("/workloads/{workload:str}/restart")
    @inject
    async def restart(
        self,
        workload: FromPath[str],
        who: FromDishka[Principal],
        workloads: FromDishka[Workloads],
    ) -> Redirect:
        """Start its replicas anew."""
        found = await workloads.restart(who, workload)
        return go(f"/workloads/{found.id}")

    @post("/workloads/{workload:str}/delete")
    @inject
    async def delete(
        self,
        request: AnyRequest,
        workload: FromPath[str],
        who: FromDishka[Principal],
        workloads: FromDishka[Workloads],
    ) -> Redirect:
        """Stop and remove a workload whose name was typed."""
        found = await workloads.get(who, workload)
        if await field(request, "typed_name") != found.name:
            raise ForeignForm(f"Type the name of the workload, {found.name}.")
        await workloads.delete(who, str(found.id))
        return go(SECTION)


async def _bytes(source: AsyncIterator[Frame]) -> AsyncGenerator[bytes, None]:
    async for frame in source:
        if frame.kind is FrameKind.OUTPUT:
            yield frame.data


def places_of(items: Iterable[Workload]) -> Mapping[str, list[Workload]]:
    """Return the workloads by the name of their environment, in the usual order."""
    found: dict[str, list[Workload]] = {}
    for item in items:
        found.setdefault(item.environment, []).append(item)
    return {name: found[name] for name in sorted(found, key=usual_order)}


async def _runs(
    items: Iterable[Workload], pages: Pages
) -> Mapping[UUID, tuple[Card, ...]]:
    """Return what others know of the runs behind workloads, by the run's id."""
    ids = dict.fromkeys(item.run_id for item in items)
    return {run_id: await pages.panels("run", str(run_id)) for run_id in ids}
