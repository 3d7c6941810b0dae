"""Pages under `/runs`, and the forms that start and cancel."""

import hashlib
import shlex
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import page_request
from fairlead.adapters.http.sse import frames, offset, still
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest, field
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.kernel.clock import Clock
from fairlead.kernel.idempotency import RequestKey
from fairlead.kernel.ids import new_id
from fairlead.kernel.journal import Frame, FrameKind
from fairlead.kernel.principal import Principal
from fairlead.modules.pipelines.pages.view import RunView, view_of
from fairlead.modules.pipelines.permissions import RUN_CANCEL, RUN_READ, RUN_START
from fairlead.modules.pipelines.public import Run, RunNotFound, Runs
from fairlead.services.authz.public import project_scope
from fairlead.services.operations.public import OperationNotFound, Operations

PER_PAGE = 30
SECTION = "/runs"


class RunPages(PageController):
    """Shows runs, live."""

    path = "/"

    @get("/runs")
    @inject
    async def list(
        self, request: AnyRequest, runs: FromDishka[Runs], pages: FromDishka[Pages]
    ) -> Response[str]:
        """Show the runs, newest first, of one project or all."""
        project = request.query_params.get("project") or None
        wanted = page_request(PER_PAGE, request.query_params.get("after"))
        page = await runs.list(pages.who, wanted, project=project)
        data = {"runs": page.items, "next": page.next, "project": project}
        if request.headers.get("hx-request"):
            return pages.fragment(request, "pipelines/run_table.html", **data)
        command = "fairlead runs list"
        sheet = Sheet(
            template="pipelines/list.html",
            title=f"Runs of {project}" if project else "Runs",
            command=f"{command} --project {shlex.quote(project)}"
            if project
            else command,
            section=SECTION,
        )
        return await pages.show(request, sheet, **data)

    @get("/runs/{run:str}")
    @inject
    async def show(
        self,
        request: AnyRequest,
        run: FromPath[str],
        runs: FromDishka[Runs],
        pages: FromDishka[Pages],
        operations: FromDishka[Operations],
        clock: FromDishka[Clock],
    ) -> Response[str] | Redirect:
        """Show one run with the output of one of its steps.

        Of a run that went with its project, what is kept is its operation.
        """
        try:
            found = await runs.get(pages.who, run)
        except RunNotFound as error:
            return await _kept(operations, pages.who, run, error)
        view = view_of(found, wanted=_step(request), now=clock.now())
        sheet = Sheet(
            template="pipelines/run.html",
            title=view.title,
            command=f"fairlead runs show {found.project}/{found.number}",
            crumbs=(
                (found.project, f"/projects/{found.project}"),
                ("Runs", f"/runs?project={found.project}"),
            ),
            section=SECTION,
        )
        return await pages.show(request, sheet, **await _data(pages, view))

    @get("/runs/{run:str}/panel")
    @inject
    async def panel(
        self,
        request: AnyRequest,
        run: FromPath[str],
        runs: FromDishka[Runs],
        pages: FromDishka[Pages],
        clock: FromDishka[Clock],
    ) -> Response[str]:
        """Return the moving parts of a run's page."""
        found = await runs.get(pages.who, run)
        view = view_of(found, wanted=_step(request), now=clock.now())
        data = await _data(pages, view)
        return pages.fragment(
            request, "pipelines/run_parts.html", title=view.title, **data
        )

    @get("/runs/{run:str}/feed")
    @inject
    async def feed(
        self,
        request: AnyRequest,
        run: FromPath[str],
        who: FromDishka[Principal],
        runs: FromDishka[Runs],
    ) -> Stream:
        """Send the run's events and the output of one step, live."""
        source = await runs.logs(who, run, after=offset(request), follow=True)
        project = (await runs.get(who, run)).project_id
        allowed = still(request, RUN_READ, on=project_scope(project))
        return await frames(_of_stream(source, _step(request)), allowed=allowed)

    @get("/runs/{run:str}/output")
    @inject
    async def output(
        self,
        request: AnyRequest,
        run: FromPath[str],
        who: FromDishka[Principal],
        runs: FromDishka[Runs],
    ) -> Stream:
        """Send the output of one step (or all) up to now as plain text."""
        source = await runs.logs(who, run, follow=False)
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        if "download" in request.query_params:
            headers["Content-Disposition"] = 'attachment; filename="output.log"'
        return Stream(
            _bytes(source, _step(request)),
            media_type="text/plain",
            headers=headers,
        )

    @post("/projects/{project:str}/runs")
    @inject
    async def start(
        self,
        request: AnyRequest,
        project: FromPath[str],
        who: FromDishka[Principal],
        runs: FromDishka[Runs],
    ) -> Redirect:
        """Queue a run; the same form sent twice queues one."""
        revision = await field(request, "revision")
        run = await runs.start(
            who,
            project,
            revision=revision,
            request=_key(await field(request, "key"), project, revision),
        )
        return go(f"/runs/{run.id}")

    @post("/runs/{run:str}/cancel")
    @inject
    async def cancel(
        self, run: FromPath[str], who: FromDishka[Principal], runs: FromDishka[Runs]
    ) -> Redirect:
        """End a run as cancelled."""
        ended = await runs.cancel(who, run)
        return go(f"/runs/{ended.id}")


def _step(request: AnyRequest) -> str | None:
    return request.query_params.get("step") or None


def _key(key: str, project: str, revision: str) -> RequestKey | None:
    if not key:
        return None
    digest = hashlib.sha256(f"{project}\n{revision}".encode()).hexdigest()
    return RequestKey(key=key, digest=digest)


async def _data(pages: Pages, view: RunView) -> dict[str, Any]:
    scope = project_scope(view.run.project_id)
    return {
        "view": view,
        "run": view.run,
        "again": again_of(view.run),
        "key": str(new_id()),
        "may_start": await pages.may(RUN_START, on=scope),
        "may_cancel": await pages.may(RUN_CANCEL, on=scope),
    }


def again_of(run: Run) -> str:
    """Return the revision that makes the same run once more."""
    return run.commit or run.revision


async def _of_stream(
    source: AsyncIterator[Frame], stream: str | None
) -> AsyncGenerator[Frame, None]:
    try:
        async for frame in source:
            other = frame.kind is FrameKind.OUTPUT and frame.stream != stream
            if stream is None or not other:
                yield frame
    finally:
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()


async def _bytes(
    source: AsyncIterator[Frame], stream: str | None
) -> AsyncGenerator[bytes, None]:
    async for frame in _of_stream(source, stream):
        if frame.kind is FrameKind.OUTPUT:
            yield frame.data


async def _kept(
    operations: Operations, who: Principal, run: str, error: RunNotFound
) -> Redirect:
    try:
        return go(f"/operations/{(await operations.get(who, UUID(run))).id}")
    except (OperationNotFound, ValueError):
        raise error from None
