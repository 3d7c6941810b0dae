"""What people can do with schedules; one class per intention."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from fairlead.kernel.clock import Clock
from fairlead.kernel.engine import Json
from fairlead.kernel.errors import ErrorKind
from fairlead.kernel.idempotency import IdempotencyKeys, RequestKey
from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.kernel.schedules import Calendar, Planned, Timetable
from fairlead.kernel.work import UnitOfWork
from fairlead.services.audit.public import Act, AuditTrail, told
from fairlead.services.authz.public import Authorizer
from fairlead.services.operations.domain.schedule import (
    JobFixed,
    Schedule,
    ScheduleChanged,
    Scheduled,
    ScheduleNotFound,
    checked_jitter,
    checked_name,
)
from fairlead.services.operations.permissions import (
    SCHEDULE_CREATE,
    SCHEDULE_DELETE,
    SCHEDULE_READ,
    SCHEDULE_UPDATE,
)
from fairlead.services.operations.ports import Alarm, Kinds, ScheduleStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A schedule as somebody asks for it; without a name it gets its subject's."""

    kind: str
    argument: Json
    timetable: Timetable
    name: str = ""
    jitter_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to become of a schedule; None: as it is."""

    name: str | None = None
    cron: str | None = None
    time_zone: str | None = None
    jitter_seconds: int | None = None
    argument: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindSchedule:
    """Look one up on behalf of somebody."""

    store: ScheduleStore
    authorizer: Authorizer

    async def __call__(
        self, who: Principal, schedule: str, permission: str = SCHEDULE_READ
    ) -> Scheduled:
        """Return one by id or name, if `who` has `permission` in its scope.

        Raises:
            ScheduleNotFound: there is none that `who` may see.
            NotAllowed: `who` may see it, but lacks `permission`.
        """
        found = await self.store.get(schedule)
        await self.authorizer.require(
            who,
            permission,
            on=found.schedule.scope,
            target=f"schedules/{found.schedule.id}",
            sees=SCHEDULE_READ,
            missing=ScheduleNotFound(
                f"There is no schedule '{schedule[:100]}'.", schedule=schedule[:100]
            ),
        )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSchedules:
    """Show many."""

    store: ScheduleStore
    authorizer: Authorizer

    async def __call__(self, who: Principal, page: PageRequest) -> Page[Scheduled]:
        """Return those that `who` may see, by name.

        Raises:
            BadPage: `page.after` is no cursor of this list.
        """
        reach = await self.authorizer.reach(who, SCHEDULE_READ)
        return await self.store.list(reach, page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Editing:
    """What every change of a schedule needs."""

    store: ScheduleStore
    trail: AuditTrail
    work: UnitOfWork
    alarm: Alarm

    async def change(
        self,
        who: Principal,
        seen: Schedule,
        change: Callable[[Schedule], Schedule],
        act: str,
    ) -> Scheduled:
        """Store a changed schedule, record who did it, wake the scheduler.

        `change` gets it as it is by now, when nobody else can change it: a time may
        have come, or somebody have paused it, since it was `seen`.

        Raises:
            ScheduleNotFound: it was deleted meanwhile.
            ScheduleChanged: it starts something elsewhere by now, where `who` may
                lack the permission they had for what was seen.
        """
        async with self.work:
            held = (await self.store.get(str(seen.id))).schedule
            if held.scope != seen.scope:
                raise changed_meanwhile(held)
            schedule = change(held)
            await self.store.save(schedule)
            await self.trail.record(who, act_on(schedule, SCHEDULE_UPDATE, act))
        self.alarm.changed()
        return await self.store.get(str(seen.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSchedule:
    """Have something started at set times, with one's own rights."""

    editing: Editing
    kinds: Kinds
    authorizer: Authorizer
    calendar: Calendar
    keys: IdempotencyKeys
    clock: Clock
    jitter_seconds: int = 0

    async def __call__(
        self, who: Principal, wanted: Wanted, *, request: RequestKey | None = None
    ) -> Scheduled:
        """Store the schedule; its first time is the next there is.

        Raises:
            BadSchedule, BadTimetable: as they say.
            ScheduleNameTaken: there is another of this name.
            NotAllowed: `who` may not schedule there, or not start such a thing.
            KeyReused: the request key was used with another body.
        """
        planned = await (await self.kinds.get(wanted.kind)).prepare(
            who, wanted.argument
        )
        await self.authorizer.require(who, SCHEDULE_CREATE, on=planned.scope)
        now = self.clock.now()
        jitter = wanted.jitter_seconds
        schedule = Schedule(
            id=new_id(),
            name=checked_name(wanted.name or planned.subject),
            summary="",
            job=False,
            kind=wanted.kind,
            argument=planned.argument,
            subject=planned.subject,
            scope=planned.scope,
            project_id=planned.project_id,
            timetable=wanted.timetable,
            jitter_seconds=checked_jitter(
                self.jitter_seconds if jitter is None else jitter
            ),
            owner=_plain(who),
            created_at=now,
            next_tick=self.calendar.following(wanted.timetable, after=now),
        )
        made = await self._add(who, schedule, request)
        self.editing.alarm.changed()
        return await self.editing.store.get(str(made))

    async def _add(
        self, who: Principal, schedule: Schedule, request: RequestKey | None
    ) -> UUID:
        editing = self.editing
        async with editing.work:
            if request is not None:
                claimed = await self.keys.claim(
                    who, SCHEDULE_CREATE, request, new=schedule.id
                )
                if claimed != schedule.id:
                    return claimed
            await editing.store.add(schedule)
            await editing.trail.record(who, act_on(schedule, SCHEDULE_CREATE, "create"))
        return schedule.id


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateSchedule:
    """Change when a schedule comes and what it starts."""

    find: FindSchedule
    editing: Editing
    kinds: Kinds
    calendar: Calendar
    clock: Clock

    async def __call__(
        self,
        who: Principal,
        schedule: str,
        changes: Changes,
        *,
        expected: str | None = None,
    ) -> Scheduled:
        """Store the changes; who changes what it starts becomes its owner.

        Raises:
            ScheduleNotFound, NotAllowed: as `FindSchedule` says.
            JobFixed: a module declares it.
            ScheduleChanged: its version is not `expected`, or somebody changes the
                same at once.
            BadSchedule, BadTimetable, ScheduleNameTaken: as they say.
        """
        seen = (await self.find(who, schedule, SCHEDULE_UPDATE)).schedule
        act = act_on(seen, SCHEDULE_UPDATE, "change")
        async with told(self.editing.trail, who, act, ErrorKind.CONFLICT):
            _check(seen, expected)
            planned = await self._planned(who, seen, changes)

            def change(held: Schedule) -> Schedule:
                _check(held, expected)
                if planned is not None and held.argument != seen.argument:
                    raise changed_meanwhile(held)
                return _argued(self._timed(held, changes), planned, owner=who)

            return await self.editing.change(who, seen, change, "change")

    def _timed(self, held: Schedule, changes: Changes) -> Schedule:
        table, jitter, name = held.timetable, changes.jitter_seconds, changes.name
        table = Timetable(
            cron=table.cron if changes.cron is None else changes.cron,
            time_zone=table.time_zone
            if changes.time_zone is None
            else changes.time_zone,
        )
        following = self.calendar.following(table, after=self.clock.now())
        if held.paused:
            tick = None
        else:
            tick = held.next_tick if table == held.timetable else following
        return replace(
            held,
            name=held.name if name is None else checked_name(name),
            timetable=table,
            jitter_seconds=held.jitter_seconds
            if jitter is None
            else checked_jitter(jitter),
            next_tick=tick,
        )

    async def _planned(
        self, who: Principal, held: Schedule, changes: Changes
    ) -> Planned | None:
        if changes.argument is None:
            return None
        kind = await self.kinds.get(held.kind)
        planned = await kind.prepare(who, {**held.argument, **changes.argument})
        await self.find.authorizer.require(who, SCHEDULE_CREATE, on=planned.scope)
        return planned


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSchedule:
    """Remove a schedule."""

    find: FindSchedule
    editing: Editing

    async def __call__(self, who: Principal, schedule: str) -> None:
        """Remove it; what it started goes on.

        Raises:
            ScheduleNotFound, NotAllowed: as `FindSchedule` says.
            JobFixed: a module declares it.
        """
        held = (await self.find(who, schedule, SCHEDULE_DELETE)).schedule
        if held.job:
            raise JobFixed(
                f"{held.name} is declared by its module; pause it instead.",
                schedule=held.name,
            )
        async with self.editing.work:
            await self.editing.store.delete(held.id)
            await self.editing.trail.record(
                who, act_on(held, SCHEDULE_DELETE, "delete")
            )
        self.editing.alarm.changed()


def _argued(held: Schedule, planned: Planned | None, *, owner: Principal) -> Schedule:
    if planned is None:
        return held
    return replace(
        held,
        argument=planned.argument,
        subject=planned.subject,
        scope=planned.scope,
        project_id=planned.project_id,
        owner=_plain(owner),
    )


def _plain(who: Principal) -> Principal:
    """Return somebody without origin and session."""
    return Principal(id=who.id, name=who.name, kind=who.kind, tenant_id=who.tenant_id)


def _check(held: Schedule, expected: str | None) -> None:
    if held.job:
        raise JobFixed(
            f"{held.name} is declared by its module; you can pause it, not change it.",
            schedule=held.name,
        )
    if expected is not None and expected != held.version:
        raise changed_meanwhile(held)


def changed_meanwhile(held: Schedule) -> ScheduleChanged:
    """Return the error for whoever decided by an older state of a schedule."""
    return ScheduleChanged(
        f"Somebody changed the schedule {held.name}; look at it again.",
        schedule=held.name,
    )


def act_on(schedule: Schedule, permission: str, act: str) -> Act:
    """Return what the audit trail says of a change."""
    return Act(
        action=permission,
        target=f"schedules/{schedule.id}",
        scope=schedule.scope,
        details={
            "act": act,
            "name": schedule.name,
            "kind": schedule.kind,
            "cron": schedule.timetable.cron,
            "time_zone": schedule.timetable.time_zone,
        },
    )
