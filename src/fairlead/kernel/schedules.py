"""The ports for what happens at set times: reading timetables, and what may be run."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from fairlead.kernel.engine import Json
from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.principal import Principal


class BadTimetable(FairleadError):
    """A cron expression or a time zone cannot be read, or the time never comes."""

    kind = ErrorKind.INVALID
    code = "schedules.bad_timetable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """When something happens: five cron fields, read in a time zone (IANA name)."""

    cron: str
    time_zone: str = "UTC"


class Calendar(Protocol):
    """Reads timetables."""

    @abstractmethod
    def following(self, timetable: Timetable, *, after: datetime) -> datetime:
        """Return the first time later than `after`, in UTC.

        With `*` as the hour, time is counted as it passes. Otherwise a time of day
        that a day lacks (a clock put forward) comes once, at the next one there is,
        and one that a day has twice (a clock put back) comes the first time only.

        Raises:
            BadTimetable: it cannot be read, or no such time comes in 50 years.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Work that may be scheduled.

    Attributes:
        subject: What a person calls it, e.g. the project's name.
        scope: The authorisation scope it belongs to.
        argument: What `start` gets each time.
    """

    subject: str
    scope: str
    project_id: UUID | None
    argument: Json


class Schedulable(Protocol):
    """A kind of work that people may have started at set times."""

    kind: ClassVar[str]

    @abstractmethod
    async def prepare(self, who: Principal, argument: Json) -> Planned:
        """Check that `who` may start it now, and say what it is.

        Raises:
            FairleadError: it is unknown, wrong or not allowed.
        """

    @abstractmethod
    async def start(
        self,
        who: Principal,
        argument: Json,
        *,
        id: UUID,  # noqa: A002 - the operation's
    ) -> None:
        """Start the operation `id`, once per id, with the rights `who` has now.

        Raises:
            FairleadError: it is gone or no longer allowed, or cannot start now.
        """
