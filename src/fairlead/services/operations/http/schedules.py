"""Schedules over HTTP: translate, call one use case, translate back."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.keys import request_key
from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.kernel.principal import Principal
from fairlead.kernel.schedules import Timetable
from fairlead.services.operations.domain.schedule import MAX_JITTER_SECONDS, Scheduled
from fairlead.services.operations.public import OperationState
from fairlead.services.operations.use_cases.pauses import (
    PauseSchedule,
    ResumeSchedule,
    RunSchedule,
)
from fairlead.services.operations.use_cases.schedules import (
    Changes,
    CreateSchedule,
    DeleteSchedule,
    FindSchedule,
    ListSchedules,
    UpdateSchedule,
    Wanted,
)

Jitter = Annotated[int, Meta(ge=0, le=MAX_JITTER_SECONDS)]
Cron = Annotated[str, Meta(max_length=200, examples=["30 4 * * 1-5"])]
Zone = Annotated[str, Meta(max_length=100, examples=["Europe/Berlin"])]
IfMatch = Annotated[str | None, HeaderParameter(name="If-Match")]


class CreateScheduleBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """What to start, and when; by default runs of a project's pipeline.

    `project`, `revision` and `priority` are the argument of that kind; other kinds
    take `argument`.
    """

    cron: Cron
    time_zone: Zone = "UTC"
    name: str = ""
    kind: str = "pipelines.run"
    project: str = ""
    revision: str = ""
    priority: Annotated[int, Meta(ge=0, le=9)] = 5
    argument: dict[str, Any] | None = None
    jitter_seconds: Jitter | None = None

    def wanted(self) -> Wanted:
        """Return it in the use case's words."""
        argument = self.argument
        if argument is None:
            argument = {
                "project": self.project,
                "revision": self.revision,
                "priority": self.priority,
            }
        return Wanted(
            kind=self.kind,
            argument=argument,
            timetable=Timetable(cron=self.cron, time_zone=self.time_zone),
            name=self.name,
            jitter_seconds=self.jitter_seconds,
        )


class UpdateScheduleBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to change; what is missing stays."""

    cron: Cron | None = None
    time_zone: Zone | None = None
    name: str | None = None
    revision: str | None = None
    jitter_seconds: Jitter | None = None

    def changes(self) -> Changes:
        """Return it in the use case's words."""
        revision = self.revision
        return Changes(
            name=self.name,
            cron=self.cron,
            time_zone=self.time_zone,
            jitter_seconds=self.jitter_seconds,
            argument=None if revision is None else {"revision": revision},
        )


class LastRunBody(Struct, kw_only=True):
    """What a schedule started last, and how that went."""

    operation_id: UUID
    subject: str
    state: OperationState
    started_at: datetime | None
    ended_at: datetime | None
    duration_seconds: float | None
    error: str | None


class ScheduleBody(Struct, kw_only=True):
    """A schedule as clients see it."""

    id: UUID
    name: str
    summary: str
    job: bool
    kind: str
    argument: Any
    subject: str
    scope: str
    project_id: UUID | None
    cron: str
    time_zone: str
    jitter_seconds: int
    owner: str
    paused: bool
    pause_reason: str
    created_at: datetime
    next_at: datetime | None
    last_at: datetime | None
    note: str
    last: LastRunBody | None

    @classmethod
    def of(cls, scheduled: Scheduled) -> Self:
        """Show all of it; a schedule holds no secrets."""
        schedule = scheduled.schedule
        return cls(
            id=schedule.id,
            name=schedule.name,
            summary=schedule.summary,
            job=schedule.job,
            kind=schedule.kind,
            argument=schedule.argument,
            subject=schedule.subject,
            scope=schedule.scope,
            project_id=schedule.project_id,
            cron=schedule.timetable.cron,
            time_zone=schedule.timetable.time_zone,
            jitter_seconds=schedule.jitter_seconds,
            owner=schedule.owner.name,
            paused=schedule.paused,
            pause_reason=schedule.pause_reason,
            created_at=schedule.created_at,
            next_at=schedule.due_at,
            last_at=schedule.last_tick,
            note=schedule.note,
            last=_last(scheduled),
        )


def _last(scheduled: Scheduled) -> LastRunBody | None:
    last = scheduled.last
    if last is None:
        return None
    took = None
    if last.started_at is not None and last.ended_at is not None:
        took = (last.ended_at - last.started_at).total_seconds()
    return LastRunBody(
        operation_id=last.id,
        subject=last.subject,
        state=last.state,
        started_at=last.started_at,
        ended_at=last.ended_at,
        duration_seconds=took,
        error=None if last.error is None else last.error.message,
    )


class ScheduleController(Controller):
    """Routes under `/api/v1/operations/schedules`."""

    path = "/api/v1/operations/schedules"
    tags = ("schedules",)

    @get("/")
    @inject
    async def index(
        self,
        who: FromDishka[Principal],
        list_schedules: FromDishka[ListSchedules],
        limit: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
    ) -> PageBody[ScheduleBody]:
        """Return the schedules the caller may see, by name, with their last runs."""
        found = await list_schedules(who, page_request(limit, after))
        items = [ScheduleBody.of(each) for each in found.items]
        return PageBody(items=items, next=found.next)

    @post("/")
    @inject
    async def create(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[CreateScheduleBody],
        who: FromDishka[Principal],
        create_schedule: FromDishka[CreateSchedule],
    ) -> Response[ScheduleBody]:
        """Have something started at set times, with the caller's rights each time."""
        made = await create_schedule(
            who, data.wanted(), request=request_key(request, data)
        )
        location = f"/api/v1/operations/schedules/{made.schedule.id}"
        return _shown(made, status=201, Location=location)

    @get("/{schedule:str}")
    @inject
    async def show(
        self,
        schedule: FromPath[str],
        who: FromDishka[Principal],
        find_schedule: FromDishka[FindSchedule],
    ) -> Response[ScheduleBody]:
        """Return one schedule by id or name."""
        return _shown(await find_schedule(who, schedule))

    @patch("/{schedule:str}")
    @inject
    async def update(
        self,
        schedule: FromPath[str],
        data: JSONBody[UpdateScheduleBody],
        who: FromDishka[Principal],
        update_schedule: FromDishka[UpdateSchedule],
        if_match: IfMatch = None,
    ) -> Response[ScheduleBody]:
        """Change a schedule; `If-Match` guards against others' changes."""
        expected = None
        if if_match is not None and if_match.strip() != "*":
            expected = if_match.strip().removeprefix("W/").strip('"')
        changed = await update_schedule(
            who, schedule, data.changes(), expected=expected
        )
        return _shown(changed)

    @delete("/{schedule:str}")
    @inject
    async def delete(
        self,
        schedule: FromPath[str],
        who: FromDishka[Principal],
        delete_schedule: FromDishka[DeleteSchedule],
    ) -> None:
        """Delete a schedule; what it started goes on."""
        await delete_schedule(who, schedule)

    @post("/{schedule:str}/pause", status_code=200)
    @inject
    async def pause(
        self,
        schedule: FromPath[str],
        who: FromDishka[Principal],
        pause_schedule: FromDishka[PauseSchedule],
    ) -> Response[ScheduleBody]:
        """Have a schedule start nothing until it is resumed."""
        return _shown(await pause_schedule(who, schedule))

    @post("/{schedule:str}/resume", status_code=200)
    @inject
    async def resume(
        self,
        schedule: FromPath[str],
        who: FromDishka[Principal],
        resume_schedule: FromDishka[ResumeSchedule],
    ) -> Response[ScheduleBody]:
        """Let a schedule go on with its next time."""
        return _shown(await resume_schedule(who, schedule))

    @post("/{schedule:str}/run", status_code=202)
    @inject
    async def run(
        self,
        request: Request[Any, Any, Any],
        schedule: FromPath[str],
        who: FromDishka[Principal],
        run_schedule: FromDishka[RunSchedule],
    ) -> Response[ScheduleBody]:
        """Start at once what a schedule starts, with the caller's rights."""
        started = await run_schedule(who, schedule, request=request_key(request, None))
        return _shown(started, status=202)


def _shown(
    scheduled: Scheduled, *, status: int = 200, **headers: str
) -> Response[ScheduleBody]:
    return Response(
        ScheduleBody.of(scheduled),
        status_code=status,
        headers={"ETag": f'"{scheduled.schedule.version}"', **headers},
    )
