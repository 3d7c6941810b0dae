"""What the tests of schedules share: kinds of work, people, and a room of stores."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from typing_extensions import override

from fairlead.adapters.schedules.cron import CronCalendar
from fairlead.kernel.engine import Json
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.idempotency import IdempotencyKeys, RequestKey
from fairlead.kernel.principal import DEFAULT_TENANT, Origin, Principal
from fairlead.kernel.schedules import Planned, Schedulable, Timetable
from fairlead.services.authz.public import project_scope
from fairlead.services.identity.public import Directory, User, UserNotFound
from fairlead.services.operations.domain.record import CANCELLED, Record, queue
from fairlead.services.operations.domain.schedule import (
    BadSchedule,
    Schedule,
)
from fairlead.services.operations.memory import (
    CountingAlarm,
    IdleDesk,
    MemoryOperationStore,
    MemoryScheduleStore,
)
from fairlead.services.operations.permissions import (
    SCHEDULE_CREATE,
    SCHEDULE_DELETE,
    SCHEDULE_READ,
    SCHEDULE_UPDATE,
)
from fairlead.services.operations.ports import Kinds
from fairlead.services.operations.public import Submission
from fairlead.services.operations.use_cases.pauses import (
    PauseSchedule,
    ResumeSchedule,
    RunSchedule,
)
from fairlead.services.operations.use_cases.schedules import (
    CreateSchedule,
    DeleteSchedule,
    Editing,
    FindSchedule,
    UpdateSchedule,
    Wanted,
)
from fairlead.services.operations.use_cases.ticks import (
    CarryOutTick,
    Starter,
)
from fairlead.services.operations.use_cases.work import (
    AwaitOperation,
    CancelOperation,
    GetOperation,
    ListOperations,
    LocalOperations,
    SubmitOperation,
)
from fairlead.testing.fakes import FrozenClock, GrantList, NullWork, RecordingTrail

ADA = Principal(id=UUID(int=7), name="ada")
RED = UUID(int=900)
EVERYTHING = (SCHEDULE_READ, SCHEDULE_CREATE, SCHEDULE_UPDATE, SCHEDULE_DELETE)
HOURLY = Timetable(cron="0 * * * *")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Unready(FairleadError):
    """Not now."""

    kind = ErrorKind.UNAVAILABLE
    code = "test.unready"


@dataclass
class Work(Schedulable):
    """Starts operations of a kind; `refusals` are raised first, once each."""

    kind: ClassVar[str] = "test.work"
    shelf: dict[UUID, Record]
    starts: list[UUID] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)

    @override
    async def prepare(self, who: Principal, argument: Json) -> Planned:
        return Planned(
            subject="red", scope=project_scope(RED), project_id=RED, argument=argument
        )

    @override
    async def start(self, who: Principal, argument: Json, *, id: UUID) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.starts.append(id)
        made = Submission(id=id, kind=self.kind, argument=argument, subject="red/1")
        self.shelf.setdefault(id, queue(who, made, parent=None, at=NOON))


@dataclass
class OneKind(Kinds):
    work: Work

    @override
    async def get(self, kind: str) -> Schedulable:
        if kind != self.work.kind:
            raise BadSchedule(f"'{kind}' cannot be scheduled.")
        return self.work


@dataclass
class People(Directory):
    known: dict[UUID, bool] = field(default_factory=lambda: {ADA.id: False})

    @override
    async def get(self, user_id: UUID) -> User:
        if user_id not in self.known:
            raise UserNotFound("There is no such user.")
        return User(
            id=user_id,
            tenant_id=DEFAULT_TENANT,
            name="ada",
            disabled=self.known[user_id],
            created_at=NOON,
        )

    @override
    async def find(self, name: str) -> User:
        raise NotImplementedError

    @override
    async def verify(
        self, name: str, password: str, *, origin: Origin, code: str = ""
    ) -> User:
        raise NotImplementedError


class Keys(IdempotencyKeys):
    def __init__(self) -> None:
        self.claimed: dict[tuple[str, str], UUID] = {}

    @override
    async def claim(
        self, who: Principal, action: str, request: RequestKey, *, new: UUID
    ) -> UUID:
        return self.claimed.setdefault((action, request.key), new)


@dataclass
class Room:
    """All use cases over one shelf."""

    shelf: dict[UUID, Record] = field(default_factory=dict)
    schedules: dict[UUID, Schedule] = field(default_factory=dict)
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(NOON))
    people: People = field(default_factory=People)
    alarm: CountingAlarm = field(default_factory=CountingAlarm)
    trail: RecordingTrail = field(default_factory=RecordingTrail)
    keys: Keys = field(default_factory=Keys)
    calendar: CronCalendar = field(default_factory=CronCalendar)
    grants: tuple[str, ...] = EVERYTHING
    at_commit: NullWork = field(default_factory=NullWork)

    def __post_init__(self) -> None:
        self.work = Work(self.shelf)
        self.kinds = OneKind(self.work)
        self.store = MemoryScheduleStore(self.schedules, self.shelf, DEFAULT_TENANT)

    @property
    def find(self) -> FindSchedule:
        return FindSchedule(store=self.store, authorizer=GrantList(*self.grants))

    @property
    def editing(self) -> Editing:
        return Editing(
            store=self.store, trail=self.trail, work=self.at_commit, alarm=self.alarm
        )

    @property
    def starter(self) -> Starter:
        store = MemoryOperationStore(self.shelf, DEFAULT_TENANT)
        desk, may, work = IdleDesk(), GrantList(), NullWork()
        return Starter(
            store=store,
            operations=LocalOperations(
                submit_operation=SubmitOperation(
                    store=store, desk=desk, work=work, clock=self.clock
                ),
                get_operation=GetOperation(store=store, authorizer=may, desk=desk),
                list_operations=ListOperations(store=store, authorizer=may, desk=desk),
                cancel_operation=CancelOperation(
                    store=store, authorizer=may, trail=self.trail, desk=desk, work=work
                ),
                await_operation=AwaitOperation(store=store, desk=desk),
            ),
            kinds=self.kinds,
            directory=self.people,
        )

    async def create(self, timetable: Timetable = HOURLY, **changes: Any) -> Schedule:
        values: dict[str, Any] = {
            "kind": "test.work",
            "argument": {"n": 1},
            "timetable": timetable,
            **changes,
        }
        request = values.pop("request", None)
        create = CreateSchedule(
            editing=self.editing,
            kinds=self.kinds,
            authorizer=GrantList(*self.grants),
            calendar=self.calendar,
            keys=self.keys,
            clock=self.clock,
        )
        return (await create(ADA, Wanted(**values), request=request)).schedule

    async def tick(self, schedule: Schedule, *, work: NullWork | None = None) -> None:
        carry_out = CarryOutTick(
            store=self.store,
            starter=self.starter,
            calendar=self.calendar,
            work=work or NullWork(),
            clock=self.clock,
        )
        await carry_out(schedule)

    async def now(self, schedule: Schedule) -> Schedule:
        return (await self.store.get(str(schedule.id))).schedule

    def pause(self) -> PauseSchedule:
        return PauseSchedule(find=self.find, editing=self.editing)

    def resume(self) -> ResumeSchedule:
        return ResumeSchedule(
            find=self.find,
            editing=self.editing,
            calendar=self.calendar,
            clock=self.clock,
        )

    def run(self) -> RunSchedule:
        return RunSchedule(
            find=self.find,
            editing=self.editing,
            starter=self.starter,
            keys=self.keys,
            clock=self.clock,
        )

    def update(self, work: NullWork | None = None) -> UpdateSchedule:
        return UpdateSchedule(
            find=self.find,
            editing=replace(self.editing, work=work or self.at_commit),
            kinds=self.kinds,
            calendar=self.calendar,
            clock=self.clock,
        )

    def delete(self) -> DeleteSchedule:
        return DeleteSchedule(find=self.find, editing=self.editing)

    def end(self, operation_id: UUID) -> None:
        self.shelf[operation_id] = self.shelf[operation_id].end(CANCELLED, at=NOON)
