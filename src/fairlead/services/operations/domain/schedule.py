"""A schedule: what is started when, for whom, and how its last time went."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from fairlead.kernel.engine import Json
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.ids import derived_id
from fairlead.kernel.principal import Principal
from fairlead.kernel.schedules import Timetable
from fairlead.services.operations.public import Operation

MAX_JITTER_SECONDS = 3600
MAX_NAME = 100


class ScheduleNotFound(FairleadError):
    """No schedule has this id or name, or the caller may not see it."""

    kind = ErrorKind.NOT_FOUND
    code = "operations.schedule_not_found"


class ScheduleNameTaken(FairleadError):
    """Another schedule has this name."""

    kind = ErrorKind.CONFLICT
    code = "operations.schedule_name_taken"


class BadSchedule(FairleadError):
    """A schedule's name, kind or jitter breaks a rule; the message says which."""

    kind = ErrorKind.INVALID
    code = "operations.bad_schedule"


class JobFixed(FairleadError):
    """The schedule is declared by a module: it can be paused, not changed."""

    kind = ErrorKind.CONFLICT
    code = "operations.job_fixed"


class ScheduleChanged(FairleadError):
    """Somebody changed the schedule since the caller read it."""

    kind = ErrorKind.CONFLICT
    code = "operations.schedule_changed"


class ScheduleBusy(FairleadError):
    """What it started before still runs."""

    kind = ErrorKind.CONFLICT
    code = "operations.schedule_busy"


class OwnerGone(FairleadError):
    """The person a schedule acts for was disabled or deleted."""

    kind = ErrorKind.FORBIDDEN
    code = "operations.schedule_owner_gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Something to be started at set times.

    Attributes:
        job: Declared by a module; `kind` then is its workflow.
        owner: Whose rights count, each time anew; without origin and session.
        next_tick: The time it waits for; None while it is paused.
        last_tick: The last time it came to, also when nothing was started then.
        last_operation_id: What it started last.
        note: Why nothing was started at `last_tick`, one sentence; else empty.
        pause_reason: Who or what paused it; empty: it is not paused.
    """

    id: UUID
    name: str
    summary: str
    job: bool
    kind: str
    argument: Json
    subject: str
    scope: str
    project_id: UUID | None
    timetable: Timetable
    jitter_seconds: int
    owner: Principal
    created_at: datetime
    next_tick: datetime | None
    last_tick: datetime | None = None
    last_operation_id: UUID | None = None
    note: str = ""
    pause_reason: str = ""

    @property
    def paused(self) -> bool:
        """Tell whether it starts nothing for now."""
        return bool(self.pause_reason)

    @property
    def due_at(self) -> datetime | None:
        """Return when the next tick is carried out: with its jitter, never another."""
        if self.next_tick is None:
            return None
        return self.next_tick + timedelta(seconds=self._jitter(self.next_tick))

    @property
    def next_operation_id(self) -> UUID | None:
        """Return the id of what the next tick starts; the same after any restart."""
        if self.next_tick is None:
            return None
        return derived_id(self.id, self.next_tick.isoformat(), at=self.next_tick)

    @property
    def version(self) -> str:
        """Return a digest of what people can change."""
        values = (self.name, self.timetable, self.jitter_seconds, self.argument)
        return hashlib.sha256(repr(values).encode()).hexdigest()[:16]

    def pause(self, reason: str) -> Self:
        """Return it paused; times that come meanwhile are left out."""
        return replace(self, pause_reason=reason, next_tick=None)

    def resume(self, following: datetime) -> Self:
        """Return it waiting for the tick `following`."""
        return replace(self, pause_reason="", next_tick=following)

    def ticked(
        self, tick: datetime, *, started: UUID | None, note: str, following: datetime
    ) -> Self:
        """Return it past `tick`; it waits for `following`, unless changed meanwhile."""
        moved = replace(self, last_tick=tick, note=note)
        if started is not None:
            moved = replace(moved, last_operation_id=started)
        return replace(moved, next_tick=following) if self.next_tick == tick else moved

    def _jitter(self, tick: datetime) -> int:
        digest = hashlib.sha256(self.id.bytes + tick.isoformat().encode()).digest()
        return int.from_bytes(digest[:4], "big") % (self.jitter_seconds + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A schedule and what it started last; None: nothing, or it is not kept."""

    schedule: Schedule
    last: Operation | None = None


def checked_name(name: str) -> str:
    """Return a schedule's name.

    Raises:
        BadSchedule: it is empty, too long, not printable, or could be taken for an id.
    """
    if not 0 < len(name) <= MAX_NAME or not name.isprintable() or name.strip() != name:
        raise BadSchedule(
            f"Give the schedule a name of 1 to {MAX_NAME} printable characters.",
            name=name[:MAX_NAME],
        )
    if as_id(name) is not None:
        raise BadSchedule(
            f"'{name}' looks like an id: put a word into the name.", name=name
        )
    return name


def as_id(schedule: str) -> UUID | None:
    """Return the id that somebody wrote; None: it is no id, but a name."""
    try:
        return UUID(schedule)
    except ValueError:
        return None


def checked_jitter(seconds: int) -> int:
    """Return a jitter.

    Raises:
        BadSchedule: it is out of range.
    """
    if not 0 <= seconds <= MAX_JITTER_SECONDS:
        raise BadSchedule(
            f"Give a jitter from 0 to {MAX_JITTER_SECONDS} seconds.", jitter=seconds
        )
    return seconds
