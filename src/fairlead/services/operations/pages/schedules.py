"""Pages of schedules, and the forms that change them."""

from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from fairlead.adapters.http.paging import page_request
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest, field
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.kernel.principal import Principal
from fairlead.kernel.schedules import Timetable
from fairlead.services.operations.permissions import (
    SCHEDULE_CREATE,
    SCHEDULE_DELETE,
    SCHEDULE_UPDATE,
)
from fairlead.services.operations.use_cases.pauses import (
    PauseSchedule,
    ResumeSchedule,
    RunSchedule,
)
from fairlead.services.operations.use_cases.schedules import (
    CreateSchedule,
    DeleteSchedule,
    ListSchedules,
    Wanted,
)

PER_PAGE = 50
SECTION = "/schedules"


class SchedulePages(PageController):
    """`/schedules`: what comes when, and how it went last."""

    path = SECTION

    @get("/")
    @inject
    async def list(
        self,
        request: AnyRequest,
        list_schedules: FromDishka[ListSchedules],
        pages: FromDishka[Pages],
    ) -> Response[str]:
        """Show the schedules by name."""
        wanted = page_request(PER_PAGE, request.query_params.get("after"))
        page = await list_schedules(pages.who, wanted)
        scopes = {each.schedule.scope for each in page.items}
        data = {
            "schedules": page.items,
            "next": page.next,
            "changeable": {
                scope for scope in scopes if await pages.may(SCHEDULE_UPDATE, on=scope)
            },
            "deletable": {
                scope for scope in scopes if await pages.may(SCHEDULE_DELETE, on=scope)
            },
        }
        if request.headers.get("hx-request"):
            return pages.fragment(request, "operations/schedule_table.html", **data)
        sheet = Sheet(
            template="operations/schedules.html",
            title="Schedules",
            command="fairlead schedules list",
            section=SECTION,
        )
        may_create = await pages.permits.somewhere(pages.who, SCHEDULE_CREATE)
        return await pages.show(request, sheet, **data, may_create=may_create)

    @post("/")
    @inject
    async def create(
        self,
        request: AnyRequest,
        who: FromDishka[Principal],
        create_schedule: FromDishka[CreateSchedule],
    ) -> Redirect:
        """Have a project's pipeline run at set times."""
        argument = {
            "project": await field(request, "project"),
            "revision": await field(request, "revision"),
        }
        timetable = Timetable(
            cron=await field(request, "cron"),
            time_zone=await field(request, "time_zone") or "UTC",
        )
        wanted = Wanted(
            kind="pipelines.run",
            argument=argument,
            timetable=timetable,
            name=await field(request, "name"),
        )
        await create_schedule(who, wanted)
        return go(SECTION)

    @post("/{schedule:uuid}/pause")
    @inject
    async def pause(
        self,
        schedule: FromPath[UUID],
        who: FromDishka[Principal],
        pause_schedule: FromDishka[PauseSchedule],
    ) -> Redirect:
        """Have it start nothing for now."""
        await pause_schedule(who, str(schedule))
        return go(SECTION)

    @post("/{schedule:uuid}/resume")
    @inject
    async def resume(
        self,
        schedule: FromPath[UUID],
        who: FromDishka[Principal],
        resume_schedule: FromDishka[ResumeSchedule],
    ) -> Redirect:
        """Let it go on."""
        await resume_schedule(who, str(schedule))
        return go(SECTION)

    @post("/{schedule:uuid}/run")
    @inject
    async def run(
        self,
        schedule: FromPath[UUID],
        who: FromDishka[Principal],
        run_schedule: FromDishka[RunSchedule],
    ) -> Redirect:
        """Start at once what it starts, and show that."""
        started = await run_schedule(who, str(schedule))
        return go(f"/operations/{started.schedule.last_operation_id}")

    @post("/{schedule:uuid}/delete")
    @inject
    async def delete(
        self,
        schedule: FromPath[UUID],
        who: FromDishka[Principal],
        delete_schedule: FromDishka[DeleteSchedule],
    ) -> Redirect:
        """Remove it."""
        await delete_schedule(who, str(schedule))
        return go(SECTION)
