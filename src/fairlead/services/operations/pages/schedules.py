"""Pages of schedules, and the forms that change them."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from markupsafe import Markup

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import page_request
from fairlead.adapters.pages.controller import PageController
from fairlead.adapters.pages.forms import AnyRequest, field
from fairlead.adapters.pages.pages import Pages, Sheet, go
from fairlead.kernel.errors import ErrorKind, FairleadError
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
FIELDS = ("project", "revision", "cron", "time_zone", "name")
AT_THE_FORM = {
    ErrorKind.INVALID: 422,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
}


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
        data = await _shown(request, list_schedules, pages)
        if request.headers.get("hx-request"):
            return pages.fragment(request, "operations/schedule_table.html", **data)
        given = dict.fromkeys(FIELDS, "")
        return await pages.show(request, _sheet(200), **data, given=given, fault="")

    @post("/")
    @inject
    async def create(
        self,
        request: AnyRequest,
        create_schedule: FromDishka[CreateSchedule],
        list_schedules: FromDishka[ListSchedules],
        pages: FromDishka[Pages],
    ) -> Response[Any]:
        """Have a project's pipeline run at set times, or show what is wrong."""
        given = {name: await field(request, name) for name in FIELDS}
        wanted = Wanted(
            kind="pipelines.run",
            argument={"project": given["project"], "revision": given["revision"]},
            timetable=Timetable(
                cron=given["cron"], time_zone=given["time_zone"] or "UTC"
            ),
            name=given["name"],
        )
        try:
            await create_schedule(pages.who, wanted)
        except FairleadError as error:
            if error.kind not in AT_THE_FORM:
                raise
            data = await _shown(request, list_schedules, pages)
            sheet = _sheet(AT_THE_FORM[error.kind])
            shown: Response[Any] = await pages.show(
                request, sheet, **data, given=given, fault=error.message
            )
            return shown
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


async def _shown(
    request: AnyRequest, list_schedules: ListSchedules, pages: Pages
) -> dict[str, Any]:
    wanted = page_request(PER_PAGE, request.query_params.get("after"))
    page = await list_schedules(pages.who, wanted)
    scopes = {each.schedule.scope for each in page.items}
    return {
        "schedules": page.items,
        "next": page.next,
        "in_zone": _in_zone,
        "changeable": {
            scope for scope in scopes if await pages.may(SCHEDULE_UPDATE, on=scope)
        },
        "deletable": {
            scope for scope in scopes if await pages.may(SCHEDULE_DELETE, on=scope)
        },
        "may_create": await pages.permits.somewhere(pages.who, SCHEDULE_CREATE),
    }


def _sheet(status: int) -> Sheet:
    return Sheet(
        template="operations/schedules.html",
        title="Schedules",
        command="fairlead schedules list",
        section=SECTION,
        status=status,
    )


def _in_zone(due: datetime, name: str) -> Markup:
    """Return when it comes next, on the clocks its timetable is read by."""
    try:
        due = due if name == "UTC" else due.astimezone(ZoneInfo(name))
    except ZoneInfoNotFoundError:  # it was known when the timetable was made
        name = "UTC"
    return Markup("{} <small>{}</small>").format(f"{due:%Y-%m-%d %H:%M}", name)
